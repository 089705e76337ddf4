//! Which tasks may be commanded, and what is said in their threads.

use std::collections::BTreeMap;

use crate::app::{App, Repository};
use crate::domain::command::{Asked, Begin, pending};
use crate::domain::ids::IssueNumber;
use crate::domain::task::{Folder, Outcome, Task};
use crate::effects::texts;
use crate::host::{Host, HostError};
use crate::mailbox::{Head, MailboxError};

/// Of the tasks that ended without a merge so many can still be called back by a comment: the newest.
const MOST_ENDED: usize = 10;
/// For so many merged ones a command is still answered: it may have been given a moment before the merge.
const MOST_MERGED: usize = 3;

/// The tasks of a repository that may be commanded: the newest one of each issue; of those that have ended only the newest.
pub(super) fn tasks(app: &App, repository: &Repository) -> Result<Vec<Task>, MailboxError> {
    let mut newest: BTreeMap<IssueNumber, Task> = BTreeMap::new();
    for folder in Folder::ALL {
        for task in app.mailbox.heads_of(folder, &repository.key)?.tasks.iter().map(Head::keys) {
            let is_newer =
                newest.get(&task.issue).is_none_or(|known| known.generation < task.generation);
            let is_gone = || app.state.flag_gone(&task.id).exists();
            if task.repo == *repository.slug() && is_newer && !is_gone() {
                newest.insert(task.issue, task.clone());
            }
        }
    }
    let (mut heard, mut ended): (Vec<Task>, Vec<Task>) =
        newest.into_values().partition(|task| task.outcome.is_none());
    ended.sort_by_key(|task| std::cmp::Reverse(task.created_at));
    let (merged, ended): (Vec<Task>, Vec<Task>) =
        ended.into_iter().partition(|task| task.outcome == Some(Outcome::Merged));
    heard.extend(ended.into_iter().take(MOST_ENDED));
    heard.extend(merged.into_iter().take(MOST_MERGED));
    Ok(heard)
}

/// What waits for an answer in the threads of a task.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The commands with their threads, oldest first.
    pub(super) asked: Vec<(IssueNumber, Asked)>,
    /// Authors of commands who may give none.
    pub(super) unheard: Vec<String>,
}

/// Reads the thread of a task's issue and, where it has one, of its pull request.
pub(super) async fn asked(
    repository: &Repository,
    host: &dyn Host,
    task: &Task,
) -> Result<Heard, HostError> {
    let behind =
        Begin::Behind { kind: texts::STATUS, key: task.id.as_str(), made: task.created_at };
    let mut threads = vec![(task.issue, behind)];
    // On a local board only issues have threads.
    if repository.local.is_none() {
        threads.extend(task.pr.map(|pr| (IssueNumber(pr.0), Begin::Thread)));
    }
    let mut heard = Heard::default();
    for (thread, begin) in threads {
        let found = pending(&host.comments(thread).await?, begin);
        heard.asked.extend(found.asked.into_iter().map(|asked| (thread, asked)));
        heard.unheard.extend(found.unheard);
    }
    // What was said at the same moment stays in the order of its thread.
    heard.asked.sort_by_key(|(_, asked)| asked.at);
    Ok(heard)
}
