// Tells one story through @octokit/rest against the address in HUB_URL, and prints what it was answered as one line of JSON.
import { Octokit } from "@octokit/rest";

const octokit = new Octokit({ auth: process.env.HUB_TOKEN, baseUrl: process.env.HUB_URL });
const shop = { owner: "acme", repo: "shop" };

const viewer = (await octokit.rest.users.getAuthenticated()).data.login;
const issues = await octokit.paginate(octokit.rest.issues.listForRepo, { ...shop, per_page: 2, direction: "asc" });
await octokit.rest.issues.addLabels({ ...shop, issue_number: 1, labels: ["ready"] });
const comment = (await octokit.rest.issues.createComment({ ...shop, issue_number: 1, body: "On it." })).data;
await octokit.rest.issues.updateComment({ ...shop, comment_id: comment.id, body: "Done." });
const comments = await octokit.paginate(octokit.rest.issues.listComments, { ...shop, issue_number: 1 });
const pull = (await octokit.rest.pulls.create({ ...shop, title: "Cart", head: "work", base: "main", body: "Closes #1" })).data;
const status = { ...shop, sha: pull.head.sha, state: "success", context: "ci" };
await octokit.rest.repos.createCommitStatus(status);
const combined = (await octokit.rest.repos.getCombinedStatusForRef({ ...shop, ref: pull.head.sha })).data.state;
const merge = { ...shop, pull_number: pull.number, merge_method: "squash", sha: pull.head.sha };
const merged = (await octokit.rest.pulls.merge(merge)).data.merged;
const closed = (await octokit.rest.issues.get({ ...shop, issue_number: 1 })).data.state;
const refused = await octokit.rest.pulls.merge(merge).catch((error) => error.status);
const search = (await octokit.rest.search.issuesAndPullRequests({ q: "repo:acme/shop is:pr" })).data.total_count;

console.log(JSON.stringify({
  viewer,
  issues: issues.map((issue) => issue.number),
  comments: comments.map((one) => one.body),
  pull: pull.number,
  combined,
  merged,
  closed,
  refused,
  search,
}));
