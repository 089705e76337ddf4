//! What is not green or does not merge goes back to the inbox, on the same lineage, branch and counters; or is given up to a person.

use std::fmt::Write as _;

use super::{Hand, Taken, Trouble};
use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::memory::MEMORY_FILES;
use crate::domain::pull::Check;
use crate::domain::task::{Folder, Task};
use crate::effects::{Effect, texts};
use crate::git::{GitError, MergeState};
use crate::journal::Event;
use crate::mailbox::Lease;
use crate::text::redact::Redactor;
use crate::text::{clean, sections};

use super::super::queue;
use super::super::reconcile::{Extra, tell};

/// Bytes of a check's output that go into the task.
const EXCERPT_BYTES: usize = 6000;

/// Queues the repair of red checks: the agent that made the work first, with their output.
pub(super) async fn red(mut hand: Hand<'_>, checks: &[Check]) -> Result<&'static str, Trouble> {
    let most = hand.repository.settings.ci_max_retries;
    let checks = &redacted(checks, &hand.app.redactor);
    let task = &mut hand.task;
    task.counters.repairs += 1;
    task.failed_checks = checks.iter().map(|check| check.name.clone()).collect();
    let section = section(task, checks);
    task.body = format!("{}\n\n{section}", task.body.trim_end());
    task.reason = Some(format!("red: {}", task.failed_checks.join(", ")));
    next_attempt(task);
    let comment = Extra {
        kind: texts::CHECKS,
        key: task.id.to_string(),
        body: texts::red_checks(task, checks, (task.counters.repairs, most)),
        sticky: true,
    };
    send_to(hand, Folder::Inbox, vec![comment]).await?;
    Ok("repair_queued")
}

/// The checks without secrets in their output: before anything is cut, since half a secret has no form by which it could be found.
fn redacted(checks: &[Check], redactor: &Redactor) -> Vec<Check> {
    let mut checks = checks.to_vec();
    for check in &mut checks {
        check.name = redactor.redact(&check.name);
        check.summary = redactor.redact(&check.summary);
        check.log_excerpt = check.log_excerpt.as_deref().map(|text| redactor.redact(text));
    }
    checks
}

fn section(task: &Task, checks: &[Check]) -> String {
    let mut text = format!("# Repair {}\n\nThese checks are red:\n", task.counters.repairs);
    for check in checks {
        let name = clean::one_line(&check.name, 100);
        let _infallible =
            writeln!(text, "\n- **{name}**: {}", clean::one_line(&check.summary, 200));
        if let Some(excerpt) = &check.log_excerpt {
            let excerpt = clean::untrusted(queue::tail_of(excerpt, EXCERPT_BYTES)).text;
            let _infallible = writeln!(text, "\n{}", sections::fence(excerpt.trim_end(), "text"));
        }
    }
    text
}

/// The lineage goes on with a new round of agents, beginning with the one that knows the work.
fn next_attempt(task: &mut Task) {
    let last = task.tried.last().cloned();
    task.begin_round();
    task.second_chance = last;
    task.attempt += 1;
    task.end_attempt();
}

/// Rebases what git can rebase; the rest becomes a repair by an agent.
pub(super) async fn conflict(mut hand: Hand<'_>, taken: &Taken) -> Result<&'static str, Trouble> {
    let Some(base_tip) = &taken.base_tip else { return Ok("waiting") };
    let head = taken.snapshot.pull.head_sha.clone();
    let mirror = hand.repository.mirror()?;
    let effects = hand.repository.effects()?;
    let rebased = {
        let _lock = effects.lock_mirror()?;
        mirror.rebase(&head, base_tip, hand.app.now())
    };
    match rebased {
        Ok(rebased) => {
            crash_point!("repair.rebased");
            let push = Effect::Push {
                branch: hand.task.branch.clone(),
                head: rebased.clone(),
                expected: Some(head),
            };
            // Announced first: a worker that dies behind its push must not take its own commit for a stranger's.
            hand.task.next_head = Some(rebased.clone());
            hand.app.mailbox.update(hand.lease, Folder::Done, &hand.task)?;
            crash_point!("repair.announced");
            effects.carry_out(&push, hand.lease).await?;
            hand.task.counters.rebases += 1;
            hand.task.head_sha = Some(rebased);
            hand.task.next_head = None;
            hand.app.mailbox.update(hand.lease, Folder::Done, &hand.task)?;
            Ok("rebased")
        }
        Err(GitError::Conflict { files }) => {
            let files = match mirror.merge_state(&head, base_tip)? {
                MergeState::Conflict(files) => files,
                _ => files,
            };
            hand.task.counters.rebases += 1;
            queue_conflict(&mut hand.task, files);
            send_to(hand, Folder::Inbox, Vec::new()).await?;
            Ok("conflict_queued")
        }
        Err(error) => Err(error.into()),
    }
}

fn queue_conflict(task: &mut Task, files: Vec<String>) {
    let names: Vec<String> =
        files.iter().map(|file| format!("`{}`", clean::one_line(file, 120))).collect();
    let memory = files.iter().any(|file| MEMORY_FILES.contains(&file.as_str()));
    let hint = if memory { " Keep every entry of the memory file." } else { "" };
    task.reason = Some(format!("conflicts with `{}` in {}", task.base_branch, names.join(", ")));
    task.body = format!(
        "{}\n\n# Conflict {}\n\nThe base branch `{}` has moved, and the change conflicts with it in {}.{hint}\n",
        task.body.trim_end(),
        task.counters.rebases,
        task.base_branch,
        names.join(", ")
    );
    task.conflicts = files;
    task.conflict_base = None;
    next_attempt(task);
}

/// Hands the lineage to a person.
pub(super) async fn give_up(mut hand: Hand<'_>, why: &str) -> Result<&'static str, Trouble> {
    hand.task.reason = Some(clean::one_line(why, 300));
    let extras = queue::extras(&hand.task, Folder::Escalated);
    send_to(hand, Folder::Escalated, extras).await?;
    Ok("escalated")
}

async fn send_to(mut hand: Hand<'_>, folder: Folder, extras: Vec<Extra>) -> Result<(), Trouble> {
    hand.app.mailbox.transfer(hand.lease, &mut hand.task, Folder::Done, folder)?;
    crash_point!("repair.sent");
    let why = hand.task.reason.clone().unwrap_or_default();
    let event = Event::moved(hand.app.now(), hand.task.id.as_str(), folder.as_str(), &why);
    hand.app.journal.append(&event)?;
    tell(hand.app, hand.repository, hand.lease, folder, &mut hand.task, &extras).await?;
    Ok(())
}

/// Finishes a move that a crash had cut off.
pub(super) async fn finish_move(
    app: &App,
    repository: &Repository,
    lease: &Lease,
    task: &mut Task,
    to: Folder,
) -> Result<(String, Option<String>), Trouble> {
    app.mailbox.transfer(lease, task, Folder::Done, to)?;
    let extras = queue::extras(task, to);
    tell(app, repository, lease, to, task, &extras).await?;
    Ok(("resumed".to_owned(), task.reason.clone()))
}
