//! What is not green or does not merge goes back to the inbox, on the same lineage, branch and counters; or is given up to a person.

use super::{Hand, Taken, Trouble, logs};
use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::escalation::{Cause, Failing};
use crate::domain::memory::is_memory_file;
use crate::domain::pull::Check;
use crate::domain::task::{Folder, Task};
use crate::effects::{Effect, texts};
use crate::git::{GitError, MergeState};
use crate::journal::Event;
use crate::mailbox::Lease;
use crate::text::clean;

use super::super::memory;
use super::super::queue;
use super::super::reconcile::tell;

/// Queues the repair of red checks: the agent that made the work first, with what their logs say.
pub(super) async fn red(mut hand: Hand<'_>, checks: &[Check]) -> Result<&'static str, Trouble> {
    let most = hand.repository.settings.ci_max_retries;
    let red = logs::read(&hand, checks).await?;
    let task = &mut hand.task;
    task.counters.repairs += 1;
    task.failed_checks = red.iter().map(|check| check.name.clone()).collect();
    let section = texts::repair_section(task, &red, most);
    task.body = format!("{}\n\n{section}", task.body.trim_end());
    task.reason = Some(format!("red: {}", task.failed_checks.join(", ")));
    // Until the host shows this repair: whoever finds it in the inbox behind a crash tells the host.
    task.host_state = None;
    next_attempt(task);
    send_to(hand, Folder::Inbox).await?;
    Ok("repair_queued")
}

/// The lineage goes on with a new round of agents, beginning with the one that knows the work.
fn next_attempt(task: &mut Task) {
    let last = task.tried.last().cloned();
    task.begin_round();
    task.second_chance = last;
    task.attempt += 1;
    task.end_attempt();
}

/// Why a pull request is rebased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Because {
    /// It conflicts with its base.
    OfConflict,
    /// Its base has moved, and the merged result is to be tested.
    BaseMoved,
}

/// Rebases what git can rebase; the rest becomes a repair by an agent.
pub(super) async fn conflict(
    mut hand: Hand<'_>,
    taken: &Taken,
    because: Because,
) -> Result<&'static str, Trouble> {
    let Some(base_tip) = &taken.base_tip else { return Ok("waiting") };
    let head = taken.snapshot.pull.head_sha.clone();
    let mirror = hand.repository.mirror()?;
    let effects = hand.repository.effects()?;
    let rebased = {
        let _lock = effects.lock_mirror()?;
        if !mirror.has_commit(&head) || !mirror.has_commit(base_tip) {
            mirror.fetch()?;
        }
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
            match because {
                Because::OfConflict => hand.task.counters.rebases += 1,
                Because::BaseMoved => hand.task.counters.updates += 1,
            }
            hand.task.moved_to(rebased);
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
            send_to(hand, Folder::Inbox).await?;
            Ok("conflict_queued")
        }
        Err(error) => Err(error.into()),
    }
}

fn queue_conflict(task: &mut Task, files: Vec<String>) {
    let names: Vec<String> =
        files.iter().map(|file| format!("`{}`", clean::one_line(file, 120))).collect();
    let memory = files.iter().any(|file| is_memory_file(file));
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

/// Hands a lineage whose checks stay red to a person, with what their logs say.
pub(super) async fn red_for_good(
    mut hand: Hand<'_>,
    checks: &[Check],
) -> Result<&'static str, Trouble> {
    let red = logs::read(&hand, checks).await?;
    let names: Vec<String> = red.iter().map(|check| check.name.clone()).collect();
    let why =
        format!("still red after {} repairs: {}", hand.task.counters.repairs, names.join(", "));
    hand.task.failed_checks.clone_from(&names);
    let failing = red.into_iter().map(|check| Failing {
        name: check.name,
        summary: check.summary,
        excerpt: check.excerpt,
    });
    give_up(hand, (&Cause::Checks { names }, &why), failing.collect()).await
}

/// Hands the lineage to a person.
pub(super) async fn give_up(
    mut hand: Hand<'_>,
    (cause, why): (&Cause, &str),
    failing: Vec<Failing>,
) -> Result<&'static str, Trouble> {
    hand.task.reason = Some(clean::one_line(why, 300));
    queue::escalation_note(hand.app, hand.repository, &mut hand.task, (cause, why), failing);
    memory::given_up(hand.app, hand.repository, Folder::Escalated, &hand.task)?;
    send_to(hand, Folder::Escalated).await?;
    Ok("escalated")
}

async fn send_to(mut hand: Hand<'_>, folder: Folder) -> Result<(), Trouble> {
    hand.app.mailbox.transfer(hand.lease, &mut hand.task, Folder::Done, folder)?;
    crash_point!("repair.sent");
    let why = hand.task.reason.clone().unwrap_or_default();
    let event = Event::moved(hand.app.now(), hand.task.id.as_str(), folder.as_str(), &why);
    hand.app.journal.append(&event)?;
    let extras = queue::extras(&hand.task, folder);
    hand.tell(folder, &extras).await
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
