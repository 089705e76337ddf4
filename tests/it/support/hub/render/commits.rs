//! Commits, branches, files and references, as git has them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::git::{Changed, CommitInfo};
use super::super::state::{Protection, Repo, State, node};
use super::user;

/// Renders a commit.
pub(crate) fn commit(state: &State, repo: &Repo, info: &CommitInfo) -> Value {
    let api = state.api(repo);
    let url = format!("{api}/commits/{}", info.sha);
    let html = format!("{}/commit/{}", state.html(repo), info.sha);
    let person = json!({
        "name": info.author.0, "email": info.author.1, "date": info.at.to_string()
    });
    let account = user(state, &info.author.0);
    let account = if account.is_null() { json!({}) } else { account };
    let parents: Vec<Value> = info
        .parents
        .iter()
        .map(|sha| {
            json!({
                "sha": sha, "url": format!("{api}/commits/{sha}"),
                "html_url": format!("{}/commit/{sha}", state.html(repo)),
            })
        })
        .collect();
    json!({
        "sha": info.sha, "node_id": format!("C_{}", info.sha), "url": url, "html_url": html,
        "comments_url": format!("{url}/comments"), "author": account, "committer": account,
        "parents": parents,
        "commit": {
            "author": person, "committer": person, "message": info.message.trim_end(),
            "tree": { "sha": info.tree, "url": format!("{api}/git/trees/{}", info.tree) },
            "url": format!("{api}/git/commits/{}", info.sha), "comment_count": 0,
            "verification": {
                "verified": false, "reason": "unsigned", "signature": null, "payload": null,
                "verified_at": null,
            },
        },
    })
}

/// Renders a branch with what protects it.
pub(crate) fn branch(state: &State, repo: &Repo, name: &str, info: &CommitInfo) -> Value {
    let url = format!("{}/branches/{name}", state.api(repo));
    let rule = repo.protection.get(name);
    let checks: Vec<Value> = rule.map(checks).unwrap_or_default();
    let level = match rule {
        None => "off",
        Some(rule) if rule.admins_too => "everyone",
        Some(_) => "non_admins",
    };
    let contexts = rule.map(|rule| rule.checks.clone()).unwrap_or_default();
    json!({
        "name": name, "commit": commit(state, repo, info),
        "_links": { "self": url, "html": format!("{}/tree/{name}", state.html(repo)) },
        "protected": rule.is_some() || repo.rules.contains_key(name),
        "protection": {
            "enabled": rule.is_some(),
            "required_status_checks": {
                "enforcement_level": level, "contexts": contexts, "checks": checks,
            },
        },
        "protection_url": format!("{url}/protection"),
    })
}

fn checks(rule: &Protection) -> Vec<Value> {
    let all = rule.checks.iter();
    all.map(|context| json!({ "context": context, "app_id": null })).collect()
}

/// Renders the protection of a branch as administrators see it.
pub(crate) fn protection(state: &State, repo: &Repo, name: &str, rule: &Protection) -> Value {
    let url = format!("{}/branches/{name}/protection", state.api(repo));
    json!({
        "url": url,
        "required_status_checks": {
            "url": format!("{url}/required_status_checks"), "strict": rule.strict,
            "contexts": rule.checks,
            "contexts_url": format!("{url}/required_status_checks/contexts"),
            "checks": checks(rule),
        },
        "enforce_admins": { "url": format!("{url}/enforce_admins"), "enabled": rule.admins_too },
        "allow_force_pushes": { "enabled": false }, "allow_deletions": { "enabled": false },
    })
}

/// Renders a reference.
pub(crate) fn reference(state: &State, repo: &Repo, branch: &str, sha: &str) -> Value {
    let api = state.api(repo);
    json!({
        "ref": format!("refs/heads/{branch}"), "node_id": node("REF", repo.id),
        "url": format!("{api}/git/refs/heads/{branch}"),
        "object": { "type": "commit", "sha": sha, "url": format!("{api}/git/commits/{sha}") },
    })
}

/// Renders a changed file.
pub(crate) fn changed(state: &State, repo: &Repo, sha: &str, file: &Changed) -> Value {
    let html = state.html(repo);
    json!({
        "sha": file.blob, "filename": file.path, "status": file.status,
        "additions": file.additions, "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": format!("{html}/blob/{sha}/{}", file.path),
        "raw_url": format!("{html}/raw/{sha}/{}", file.path),
        "contents_url": format!("{}/contents/{}?ref={sha}", state.api(repo), file.path),
    })
}

/// Renders a file with its text in base 64.
pub(crate) fn content(
    state: &State,
    repo: &Repo,
    path: &str,
    (blob, bytes): (&str, &[u8]),
) -> Value {
    let url = format!("{}/contents/{path}", state.api(repo));
    let git_url = format!("{}/git/blobs/{blob}", state.api(repo));
    let html = format!("{}/blob/{}/{path}", state.html(repo), repo.default_branch);
    json!({
        "name": path.rsplit('/').next(), "path": path, "sha": blob, "size": bytes.len(),
        "url": url, "html_url": html, "git_url": git_url,
        "download_url": format!("{}/raw/{}/{path}", state.html(repo), repo.default_branch),
        "type": "file", "content": base64(bytes), "encoding": "base64",
        "_links": { "self": url, "git": git_url, "html": html },
    })
}

/// Writes bytes in base 64, in lines of sixty letters as GitHub does.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (place, three) in bytes.chunks(3).enumerate() {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for n in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * n) & 63) as usize];
            let used = n <= three.len();
            let _ = write!(text, "{}", if used { char::from(letter) } else { '=' });
        }
        if place % 15 == 14 {
            text.push('\n');
        }
    }
    text.push('\n');
    text
}
