//! The issue that asks about a sprint, what is said when it has ended, and how its plan reads in `STRATEGY.md`.

use std::fmt::Write as _;

use crate::domain::ids::IssueNumber;
use crate::domain::origin;
use crate::domain::sprint::{Planned, Sprint, Status, plain};
use crate::text::marker;

use super::NOTICE;

/// The job in the markers of its issues.
const JOB: &str = "plan";

/// Longest title that is shown.
const TITLE: usize = 120;

/// Longest word of a model that is shown.
const WORDS: usize = 300;

/// The text of the issue that asks whether a sprint is wanted.
pub fn sprint_issue(sprint: &Sprint) -> String {
    let id = &sprint.id;
    let mut text = format!(
        "{}\n\nThese issues of the backlog are to become Ready, in this order. Nothing happens before somebody with write access says so.\n\n{}",
        origin::markers(JOB, 1, &sprint.signature()),
        sprint_plan(sprint)
    );
    if let Some(before) = &sprint.before {
        let _infallible =
            write!(text, "\n## The sprint before (`{}`)\n\n{}", before.sprint, before.text);
    }
    let _infallible = write!(
        text,
        "\n## Your answer\n\nOne of these:\n\n- a comment `/agent approve` or `/agent cancel` here\n- `agentos plan approve {id}` or `agentos plan reject {id}`\n- `status` in `runtime/state/approvals/{id}.yaml`, where lines of `tasks` may be taken out as well\n"
    );
    if let Some(until) = sprint.expires_at {
        let _infallible =
            write!(text, "\nWithout an answer until {until} nothing of it is done.\n");
    }
    text
}

/// What a sprint is to do, with the reasons of each choice.
pub fn sprint_plan(sprint: &Sprint) -> String {
    let mut text = String::new();
    for (task, n) in sprint.tasks.iter().zip(1..) {
        let Planned { issue, title, reasons, .. } = task;
        let _infallible = writeln!(text, "{n}. {issue} `{}`", plain(title, TITLE));
        let reasons: Vec<String> = reasons.iter().map(|why| plain(why, WORDS)).collect();
        if !reasons.is_empty() {
            let _infallible = writeln!(text, "   {}", reasons.join("; "));
        }
    }
    let by = sprint.chosen_by.as_deref().map(|by| plain(by, 60));
    let by = by.map_or_else(
        || "the ranking alone".to_owned(),
        |by| format!("the model behind `{by}`, from the ranking"),
    );
    let _infallible = write!(text, "\nChosen by {by}.");
    if let Some(focus) = &sprint.focus {
        let _infallible = write!(text, " In its words: `{}`", plain(focus, WORDS));
    }
    text.push('\n');
    for note in &sprint.notes {
        let _infallible = writeln!(text, "- left out: {}", plain(note, WORDS));
    }
    text
}

/// What is said in the sprint's issue when it has ended; the key of its marker comes first.
pub fn sprint_end(sprint: &Sprint) -> (String, String) {
    let key = format!("{}/end", sprint.id);
    let by = sprint.decided_by.as_deref().map(|by| plain(by, 100));
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    let reason = sprint.reason.as_deref().map(|why| plain(why, WORDS));
    let reason = reason.map(|why| format!(": {why}")).unwrap_or_default();
    let what = match sprint.status {
        Status::Approved if sprint.promoted.is_empty() => {
            format!("approved{by}, but none of its issues may be chosen any more")
        }
        Status::Approved => {
            let ready: Vec<String> = sprint.promoted.iter().map(IssueNumber::to_string).collect();
            format!("approved{by}; Ready now: {}", ready.join(", "))
        }
        Status::Rejected => format!("rejected{by}{reason}; nothing of it is done"),
        Status::Expired => format!("left{reason}; nothing of it is done"),
        Status::Waiting => "waiting".to_owned(),
    };
    let mut text =
        format!("{}\n**agentos** · `{}`: {what}.\n", marker::render(NOTICE, &key), sprint.id);
    if sprint.status == Status::Approved {
        for note in &sprint.notes {
            let _infallible = writeln!(text, "- left out: {}", plain(note, WORDS));
        }
    }
    (key, text)
}
