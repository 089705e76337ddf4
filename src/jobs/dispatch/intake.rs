//! From an issue to a task file: the brief is frozen, the file delivered, the host told.

use std::fmt::Write as _;
use std::time::Duration;

use crate::app::{App, Repository};
use crate::domain::ids::{AgentName, BranchName, TaskId};
use crate::domain::issue::Issue;
use crate::domain::proposal::Proposal;
use crate::domain::task::{Counters, Folder, Outcome, Task};
use crate::domain::{body, brief};
use crate::git::{GitError, Heads, presentable};

use super::super::reconcile::tell;
use super::super::thread;
use super::Failure;

/// A person waits for the answer of a remote that is only looked at.
const LOOK: Duration = Duration::from_secs(20);

/// Delivers the task of an issue; nothing when another process has it in hand just now.
pub(super) async fn deliver(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    generation: u32,
    proposal: Option<&Proposal>,
) -> Result<Option<TaskId>, Failure> {
    let id = TaskId::of(&repository.key, issue.number, generation);
    let Some(lease) = app.mailbox.lease(&id)? else { return Ok(None) };
    if app.mailbox.whereabouts(&id).is_some() {
        return Ok(None);
    }
    let mut task = draft(app, repository, issue, &id, proposal)?;
    if generation > 1 {
        task.generation = generation;
        let mut earlier = earlier(app, repository, issue, generation)?;
        let before = TaskId::of(&repository.key, issue.number, generation - 1);
        let comments = repository.host.comments(issue.number).await?;
        if let Some(said) = thread::words(thread::behind_our_last(&comments, &before)) {
            let _infallible = write!(earlier, "\n\n### Said since\n\n{said}");
        }
        task.body = body::with_context(&task.body, &earlier);
    }
    app.mailbox.prepare()?;
    app.state.record_prefix(repository.slug(), &repository.key)?;
    app.mailbox.deliver(&task)?;
    tell(app, repository, &lease, Folder::Inbox, &mut task, &[]).await?;
    Ok(Some(id))
}

fn draft(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    id: &TaskId,
    proposal: Option<&Proposal>,
) -> Result<Task, Failure> {
    let agents: Vec<AgentName> = app.agents.keys().cloned().collect();
    let brief = brief::freeze_with(issue, &agents, proposal);
    let base_branch = base_branch(repository, brief.base_branch)?;
    let checks = &repository.settings.outcome_attribution;
    let outcome_checks = checks.counting(brief.outcome_checks, |label| issue.has_label(label));
    Ok(Task {
        branch: id.branch(),
        id: id.clone(),
        repo: repository.slug().clone(),
        issue: issue.number,
        title: brief.title,
        url: issue.url.clone(),
        task_type: brief.task_type.unwrap_or(repository.settings.default_task_type),
        priority: brief.priority,
        agent: brief.agent.or_else(|| app.settings.default_agent.clone()),
        attempt: 1,
        max_attempts: repository.settings.default_max_attempts,
        base_branch,
        stage: None,
        not_before: None,
        outcome_checks,
        failed_checks: Vec::new(),
        counters: Counters::default(),
        tried: Vec::new(),
        earlier_rounds: 0,
        cost_usd_micros: 0,
        pr: None,
        head_sha: None,
        next_head: None,
        rerun_head: None,
        approved_head: None,
        objection: None,
        outcome: None,
        generation: 1,
        brief_sha256: brief.sha256,
        created_at: whole_seconds(app.now()),
        assigned: None,
        second_chance: None,
        conflicts: Vec::new(),
        conflict_base: None,
        parked_minutes: 0,
        reason: None,
        blocker: None,
        waits_for: Vec::new(),
        approved_by: None,
        last_command: None,
        settling: None,
        trouble: None,
        host_state: None,
        unknown: Vec::new(),
        body: brief.body,
    })
}

/// Why the base branch that the issue names cannot be had, if it names one: work for one branch must not be merged into another.
pub(super) fn missing_base(
    repository: &Repository,
    issue: &Issue,
) -> Result<Option<String>, Failure> {
    let wanted = match brief::wanted_base(&issue.body) {
        None => return Ok(None),
        Some(Ok(wanted)) => wanted,
        Some(Err(said)) => {
            return Ok(Some(format!("its section `## Base Branch` names no branch: {said}")));
        }
    };
    let is_ours = wanted.as_str().starts_with("agent/");
    if !is_ours && repository.mirror()?.remote_tip(&wanted)?.is_some() {
        return Ok(None);
    }
    let why = if is_ours { "is for the work of a task" } else { "does not exist" };
    Ok(Some(format!("the branch `{wanted}` of its section `## Base Branch` {why}")))
}

/// What the remote lacks for work to begin, where the issue names no branch itself: for those who only look, hence without a mirror and
/// without a write. A remote that does not answer says nothing here.
pub(super) fn lacking_base(repository: &Repository, issue: &Issue) -> Option<String> {
    if brief::wanted_base(&issue.body).is_some() {
        return None;
    }
    match repository.look_at_remote(LOOK) {
        Ok(heads) => lack_of(&heads, repository.settings.base_branch.as_ref(), repository.remote()),
        Err(error @ GitError::NotFound { .. }) => Some(error.to_string()),
        Err(_) => None,
    }
}

/// What a remote with these branches lacks.
fn lack_of(heads: &Heads, configured: Option<&BranchName>, remote: &str) -> Option<String> {
    let remote = presentable(remote);
    if heads.branches.is_empty() {
        return Some(GitError::NoCommits { remote }.to_string());
    }
    match configured {
        Some(base) if heads.branches.iter().any(|name| name == base.as_str()) => None,
        Some(base) => Some(format!("the base branch `{base}` of {remote} does not exist")),
        None if heads.default.is_some() || heads.branches.len() == 1 => None,
        None => Some(format!("`{remote}` names no default branch: set `base_branch` for it")),
    }
}

/// The base branch that the issue names, if the remote has it; else the repository's.
pub(super) fn base_branch(
    repository: &Repository,
    wanted: Option<BranchName>,
) -> Result<BranchName, Failure> {
    let mirror = repository.mirror()?;
    if let Some(branch) = wanted
        && !branch.as_str().starts_with("agent/")
        && mirror.remote_tip(&branch)?.is_some()
    {
        return Ok(branch);
    }
    let base = repository.base_branch()?;
    if mirror.remote_tip(&base)?.is_none() {
        return Err(GitError::NotFound {
            what: format!("the base branch `{base}` of {}", repository.remote()),
        }
        .into());
    }
    Ok(base)
}

/// The history of the generation before this one, for a task that is made once more.
fn earlier(
    app: &App,
    repository: &Repository,
    issue: &Issue,
    generation: u32,
) -> Result<String, Failure> {
    let before = TaskId::of(&repository.key, issue.number, generation - 1);
    let found = app.mailbox.find(&before)?;
    let found = found.or_else(|| Some((Folder::Done, app.mailbox.archived_task(&before)?)));
    let Some((folder, task)) = found else { return Ok(String::new()) };
    let history = body::history(&task.body);
    let outcome = task.outcome.map_or(folder.as_str(), Outcome::as_str);
    let history: Vec<String> = history
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .map_or_else(|| line.to_owned(), |title| format!("### Earlier: {title}"))
        })
        .collect();
    let history = history.join("\n");
    Ok(format!("## Earlier Generation\n\n`{before}` ended as {outcome}.\n{history}"))
}

/// Stamps in task files are for people too.
fn whole_seconds(now: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_lacks_its_first_commit_the_configured_branch_or_a_default_one() {
        let heads = |default: Option<&str>, branches: &[&str]| Heads {
            default: default.map(str::to_owned),
            branches: branches.iter().map(ToString::to_string).collect(),
        };
        let dev: BranchName = "dev".parse().unwrap();
        for (heads, configured, lack) in [
            (heads(None, &[]), None, Some("has no commits yet: push a first commit")),
            (heads(None, &[]), Some(&dev), Some("has no commits yet: push a first commit")),
            (heads(Some("main"), &["main"]), Some(&dev), Some("base branch `dev`")),
            (heads(None, &["a", "b"]), None, Some("set `base_branch`")),
            (heads(None, &["a", "dev"]), Some(&dev), None),
            (heads(None, &["only"]), None, None),
            (heads(Some("main"), &["main", "x"]), None, None),
        ] {
            let said = lack_of(&heads, configured, "remotes/shop.git");
            let is_so = match (lack, &said) {
                (Some(words), Some(said)) => said.contains(words),
                (lack, said) => lack.is_none() && said.is_none(),
            };
            assert!(is_so, "{heads:?} {configured:?}: {said:?} instead of {lack:?}");
        }
    }
}
