//! Every text that we post on a host, one function each. What comes from outside is cleaned, bounded and can forge none of our markers;
//! redaction happens once more where the text leaves (`jobs`).

mod checks;
mod escalation;
mod grooming;
mod pull;
mod sprint;

pub use checks::{RedCheck, checks, green_again, repair_section};
pub use escalation::{escalation, escalation_key, next_step, with_escalation};
pub use grooming::{QUIET_KEY, quiet};
pub use pull::with_later_run;
pub use sprint::{sprint_end, sprint_issue, sprint_plan};

use std::fmt::Write as _;

use crate::domain::brief;
use crate::domain::command::{self, Asked};
use crate::domain::ids::TaskId;
use crate::domain::installation::{self, Installation};
use crate::domain::result::AgentResult;
use crate::domain::task::{Folder, Outcome, Task};
use crate::text::closing::closes_nothing;
use crate::text::{clean, marker, sections};

/// Kind of the marker of the status comment, one per issue.
pub const STATUS: &str = "status";
/// Kind of the marker of a question.
pub const QUESTION: &str = "question";
/// Kind of the marker of an escalation note.
pub const ESCALATION: &str = "escalation";
/// Kind of the marker of the comment about red checks, one per issue.
pub const CHECKS: &str = "checks";
/// Kind of the marker of a notice that is given once.
pub const NOTICE: &str = "notice";

/// A comment of ours holds at most so much of an agent's or a log's text.
const MAX_QUOTE: usize = 12_000;

/// A host takes at most 65,536 characters; what is cut off says so.
const MAX_COMMENT: usize = 60_000;

/// A text that a host takes: cut where it is too long.
pub fn bounded(text: &str) -> String {
    if text.len() <= MAX_COMMENT {
        return text.to_owned();
    }
    let end = (0..=MAX_COMMENT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let kept = text.get(..end).unwrap_or_default();
    // A fence that was cut open would swallow the note.
    let fence = if kept.matches("\n```").count() % 2 == 1 { "\n```" } else { "" };
    format!("{kept}{fence}\n\n(cut here: the text was {} bytes long)\n", text.len())
}

/// The status comment, edited in place: where the work on an issue stands. On a host that others share it names its installation.
pub fn status(folder: Folder, task: &Task, by: Option<&Installation>) -> String {
    let mut text = format!("{}\n", marker::render(STATUS, task.id.as_str()));
    if let Some(by) = by {
        let _infallible = writeln!(text, "{}", marker::render(installation::MARKER, &by.key()));
    }
    let _infallible = write!(text, "**agentos** · `{}`\n\n", task.id);
    let _infallible = writeln!(text, "{}", headline(folder, task));
    text.push('\n');
    let agents: Vec<&str> = task.tried.iter().map(AsRef::as_ref).collect();
    let agents = if agents.is_empty() { "none yet".to_owned() } else { agents.join(", ") };
    let _infallible = writeln!(
        text,
        "- Attempt {} (at most {}), agents so far: {agents}",
        task.attempt, task.max_attempts
    );
    let _infallible = writeln!(text, "- Branch `{}`, base `{}`", task.branch, task.base_branch);
    if let Some(pr) = task.pr {
        let _infallible = writeln!(text, "- Pull request {}", pr.0);
    }
    if let Some(head) = &task.head_sha {
        let _infallible = writeln!(text, "- Commit `{head}`");
    }
    if task.counters.repairs > 0 {
        let _infallible = writeln!(text, "- Repairs: {}", task.counters.repairs);
    }
    for note in removed_from_brief(task) {
        let _infallible = writeln!(text, "- {}", quoted_line(note));
    }
    text
}

/// What was taken out of the issue's text when it was frozen: hidden comments and characters that nobody saw.
fn removed_from_brief(task: &Task) -> impl Iterator<Item = &str> {
    let brief = task.body.split_once("\n# Source\n").map_or("", |(brief, _)| brief);
    brief.lines().filter(|line| line.starts_with(brief::REMOVED))
}

fn headline(folder: Folder, task: &Task) -> String {
    let because =
        task.reason.as_deref().map(|why| format!(": {}", quoted_line(why))).unwrap_or_default();
    match (folder, task.outcome) {
        (Folder::Inbox | Folder::Processing, _) if task.is_repair() => {
            format!("Being repaired{because}")
        }
        (Folder::Inbox, _) => format!("Waiting for a worker{because}"),
        (Folder::Processing, _) => "Being worked on.".to_owned(),
        (Folder::Blocked, _) => format!("Waiting for a person{because}"),
        (Folder::Escalated, _) => format!("Given up to a person{because}"),
        (Folder::Failed, _) => format!("The system could not go on{because}"),
        (Folder::Done, None) => "The pull request is open and waits for its checks.".to_owned(),
        (Folder::Done, Some(Outcome::Merged)) => "Merged.".to_owned(),
        (Folder::Done, Some(Outcome::Closed)) => {
            "A person closed the pull request; the branch is kept.".to_owned()
        }
        (Folder::Done, Some(Outcome::Cancelled)) => format!("Cancelled{because}"),
        (Folder::Done, Some(Outcome::NoChange)) => format!("Nothing had to be changed{because}"),
    }
}

/// A question to a person: posted once per attempt.
pub fn question(task: &Task, code: &str, headline: &str, details: &str) -> String {
    // A person may have set it aside before anybody ran.
    let details = match details {
        "" => String::new(),
        details => format!("{}\n\n", sections::fence(&quoted(details), "text")),
    };
    format!(
        "{}\n**agentos** · `{}` needs an answer before it can go on (`{code}`): {headline}\n\n{details}Answer in a comment, or mark the issue Ready again.\n",
        marker::render(QUESTION, &format!("{}/{}", task.id, task.attempt)),
        task.id,
    )
}

/// The key of a question's marker.
pub fn question_key(task: &Task) -> String {
    format!("{}/{}", task.id, task.attempt)
}

/// A notice that is given once per `topic`.
pub fn notice(task: &Task, topic: &str, text: &str) -> String {
    notice_of(&task.id, topic, text)
}

/// The same for a task whose file cannot be read.
pub fn notice_of(task: &TaskId, topic: &str, text: &str) -> String {
    format!(
        "{}\n**agentos** · `{task}`: {}\n",
        marker::render(NOTICE, &format!("{task}/{topic}")),
        quoted_line(text)
    )
}

/// The answer to a command to a task or a sprint, found again by the comment that held it.
pub fn command_answer(to: &impl std::fmt::Display, asked: &Asked, text: &str) -> String {
    let verb = format!("/agent {}", asked.command.verb.as_str());
    let head = format!(
        "{}\n**agentos** · `{to}`, to `{}` of {}:",
        marker::render(command::MARKER, &asked.comment.to_string()),
        quoted_line(verb.trim_end()).replace('`', ""),
        quoted_line(&asked.author)
    );
    if text.contains('\n') {
        format!("{head}\n\n{}\n", sections::fence(&quoted(text), "text"))
    } else {
        format!("{head} {}\n", quoted_line(text))
    }
}

/// The key of a notice's marker.
pub fn notice_key(task: &Task, topic: &str) -> String {
    format!("{}/{topic}", task.id)
}

/// The title of a pull request and the first line of its squashed commit.
pub fn pull_title(task: &Task) -> String {
    // It is a line of a commit on the base branch, too.
    let title = closes_nothing(&clean::one_line(&task.title, 120));
    if title.trim().is_empty() { format!("Issue {}", task.issue) } else { title }
}

/// The text of a pull request.
pub fn pull_body(task: &Task, result: &AgentResult, agent: &str) -> String {
    let mut text =
        format!("Closes {}\n\n{}\n", task.issue, closes_nothing(&quoted(&result.summary)));
    bulleted(&mut text, "Done", &result.done);
    bulleted(&mut text, "Tests", &result.tests_run);
    bulleted(&mut text, "Risks", &result.risks);
    bulleted(&mut text, "Left for a person", &result.manual_steps);
    let _infallible = writeln!(
        text,
        "\n---\nMade by the agent `{agent}` for task `{}` (attempt {}), checked and committed by agentos.\n{}",
        task.id,
        task.attempt,
        marker::render("pull", task.id.as_str())
    );
    text
}

fn bulleted(text: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _infallible = writeln!(text, "\n## {title}\n");
    for item in items.iter().take(20) {
        let _infallible = writeln!(text, "- {}", closes_nothing(&quoted_line(item)));
    }
}

/// The message of an attempt's commit.
pub fn commit_message(task: &Task, agent: &str) -> String {
    format!(
        "{}\n\nIssue {}, attempt {} by {agent}.\n\nAgent-Task: {}\n",
        pull_title(task),
        task.issue,
        task.attempt,
        task.id
    )
}

/// The rest of the message of a squashed commit.
pub fn merge_message(task: &Task) -> String {
    format!("Closes {}\n\nAgent-Task: {}\n", task.issue, task.id)
}

/// Text from outside: without hidden or control characters, without markers, bounded at its end.
fn quoted(text: &str) -> String {
    let text = marker::neutralize(&clean::untrusted(text).text);
    let text = text.trim();
    if text.len() <= MAX_QUOTE {
        return text.to_owned();
    }
    let begin =
        (text.len() - MAX_QUOTE..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("…\n{}", text.get(begin..).unwrap_or_default())
}

fn quoted_line(text: &str) -> String {
    clean::one_line(&marker::neutralize(&clean::untrusted(text).text), 400)
}
