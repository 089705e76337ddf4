//! The words about red checks: the section of the task that an agent repairs by, and the one comment that people follow. The comment is made
//! from the task alone, so that whoever finds it missing can post it.

use std::fmt::Write as _;

use super::{CHECKS, quoted, quoted_line};
use crate::domain::body;
use crate::domain::task::{Folder, Task};
use crate::text::count::counted;
use crate::text::{marker, sections};

/// The heading of a repair's section, before its number.
const HEADING: &str = "# Repair ";

/// A red check, without secrets, as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedCheck {
    /// Its name.
    pub name: String,
    /// What it said, in one line.
    pub summary: String,
    /// The job behind it, where there is one.
    pub job: Option<u64>,
    /// What its log says of the failure.
    pub excerpt: Option<String>,
    /// Why its log could not be read, where it could not.
    pub missing_log: Option<String>,
}

/// The section of a task that tells which checks are red and when the repair is done.
pub fn repair_section(task: &Task, checks: &[RedCheck], most: u32) -> String {
    let head = task.head_sha.as_ref().map(|head| format!(" at `{}`", head.short()));
    let mut text = format!(
        "{HEADING}{}\n\nRed{}. The repair is done when these checks are green on a new commit; at most {most} are made:\n",
        task.counters.repairs,
        head.unwrap_or_default(),
    );
    for check in checks {
        let job = check.job.map(|job| format!(" (job {job})")).unwrap_or_default();
        let (name, summary) = (quoted_line(&check.name), quoted_line(&check.summary));
        let _infallible = writeln!(text, "\n- **{name}**: {summary}{job}");
        if let Some(reason) = &check.missing_log {
            let _infallible =
                writeln!(text, "\nIts log could not be read: {}", quoted_line(reason));
        }
        if let Some(excerpt) = &check.excerpt {
            let _infallible = writeln!(text, "\n{}", sections::fence(&quoted(excerpt), "text"));
        }
    }
    text
}

/// The comment about red checks as it is to stand while they are: queued, pushed, or given up; nothing where none is red.
pub fn checks(folder: Folder, task: &Task) -> Option<String> {
    if task.failed_checks.is_empty() || task.pr.is_none() || task.outcome.is_some() {
        return None;
    }
    let repairs = task.counters.repairs;
    let names: Vec<String> =
        task.failed_checks.iter().map(|name| format!("`{}`", quoted_line(name))).collect();
    let names = names.join(", ");
    let (headline, shows_section) = match folder {
        Folder::Inbox | Folder::Processing => {
            (format!("is red in {names}, and repair {repairs} is queued."), true)
        }
        Folder::Done => {
            let head = task
                .head_sha
                .as_ref()
                .map_or_else(String::new, |head| format!(" as `{}`", head.short()));
            (
                format!(
                    "was red in {names}. Repair {repairs} is pushed{head} and waits for these checks."
                ),
                true,
            )
        }
        Folder::Escalated => (
            format!(
                "is still red in {names} after {}, and is given up to a person: see the note.",
                counted(repairs, "repair")
            ),
            false,
        ),
        Folder::Blocked | Folder::Failed => return None,
    };
    let mut text = format!("{}\n**agentos** · `{}` {headline}\n", begin(task), task.id);
    if let Some(section) = body::last_section(&task.body, HEADING).filter(|_| shows_section) {
        let _infallible = writeln!(text, "\n{}", marker::neutralize(section));
    }
    Some(text)
}

fn begin(task: &Task) -> String {
    marker::render(CHECKS, task.id.as_str())
}

/// The same comment when the checks are green again.
pub fn green_again(task: &Task) -> String {
    let repairs = match task.counters.repairs {
        0 => String::new(),
        1 => " after one repair".to_owned(),
        repairs => format!(" after {repairs} repairs"),
    };
    format!(
        "{}\n**agentos** · the checks of `{}` are green again{repairs}.\n",
        begin(task),
        task.id
    )
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
