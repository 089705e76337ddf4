//! What follows from a command, given where its task stands.

use super::parse::{VERBS, Verb};
use crate::domain::task::{Folder, Outcome};

/// Where a task stands when somebody commands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact that was looked at by itself")]
pub struct View {
    /// Its folder.
    pub folder: Folder,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Whether it has a pull request.
    pub has_pull: bool,
    /// Whether it is paused.
    pub is_paused: bool,
    /// Whether a living worker has it.
    pub is_running: bool,
    /// Whether its issue is open.
    pub is_issue_open: bool,
    /// Whether this very command was carried out before, and its answer was lost.
    pub is_carried_out: bool,
    /// Whether the comment was edited.
    pub is_edited: bool,
}

/// What is to be done about a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Pause the task.
    Pause,
    /// Let it go on.
    Resume,
    /// Give it one more attempt.
    Retry,
    /// End it without a merge.
    Cancel,
    /// Stop its worker first; the rest follows when it has stopped.
    StopFirst,
    /// Say where it stands.
    Status,
    /// Let the present head of its pull request pass.
    Approve {
        /// The beginning of the commit id that is meant, if one is named.
        head: Option<String>,
    },
    /// Only answer.
    Say(String),
}

/// Decides what is to be done about a command.
pub fn decide(verb: &Verb, view: View) -> Ruling {
    if view.is_edited {
        return say(
            "this comment was edited after it was written, and an edited command is not carried out: write a new comment",
        );
    }
    match verb {
        Verb::Status => Ruling::Status,
        Verb::Developer => say(
            "there is no command that starts the work: mark the issue Ready (label `ready`, or its column)",
        ),
        Verb::Unknown(word) if word.is_empty() => {
            say(&format!("a verb is missing: use one of {VERBS}"))
        }
        Verb::Unknown(word) => say(&format!("`{word}` is not a verb: use one of {VERBS}")),
        Verb::Pause if view.outcome.is_some() => say(&ended(view)),
        Verb::Pause => Ruling::Pause,
        Verb::Resume if view.is_paused => Ruling::Resume,
        Verb::Resume => say("it is not paused"),
        Verb::Retry => retry(view),
        Verb::Cancel => cancel(view),
        Verb::Approve { head } => approve(head.as_ref(), view),
    }
}

fn say(text: &str) -> Ruling {
    Ruling::Say(text.to_owned())
}

fn ended(view: View) -> String {
    format!("it has ended already: {}", view.outcome.map_or("", Outcome::as_str))
}

fn retry(view: View) -> Ruling {
    if view.is_carried_out {
        return say("it has one more attempt");
    }
    if view.outcome == Some(Outcome::Merged) {
        return say("it is merged: file a new issue for what is left");
    }
    if !view.is_issue_open {
        return say("its issue is closed: reopen it first");
    }
    if view.is_running {
        return say("a worker has it just now: there is nothing to retry");
    }
    Ruling::Retry
}

fn cancel(view: View) -> Ruling {
    // Somebody may have called it back before its end was answered: then it is to end all the same.
    if view.is_carried_out && view.outcome.is_some() {
        return say("it is cancelled; its branch is kept");
    }
    if view.outcome.is_some() {
        return say(&ended(view));
    }
    if view.is_running { Ruling::StopFirst } else { Ruling::Cancel }
}

fn approve(head: Option<&String>, view: View) -> Ruling {
    if view.is_carried_out {
        return say("the present head was approved with this comment");
    }
    if view.outcome.is_some() {
        return say(&ended(view));
    }
    if !view.has_pull || view.folder != Folder::Done {
        return say("it has no pull request that waits for an approval");
    }
    Ruling::Approve { head: head.cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> View {
        View {
            folder: Folder::Done,
            outcome: None,
            has_pull: true,
            is_paused: false,
            is_running: false,
            is_issue_open: true,
            is_carried_out: false,
            is_edited: false,
        }
    }

    fn words(ruling: Ruling) -> String {
        match ruling {
            Ruling::Say(text) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_command_has_its_ruling() {
        let escalated = View { folder: Folder::Escalated, has_pull: false, ..open() };
        let running = View { folder: Folder::Processing, is_running: true, ..escalated };
        let paused = View { is_paused: true, ..open() };
        let ended = |outcome| View { outcome: Some(outcome), ..open() };
        let approve = Verb::Approve { head: None };
        for (verb, view, expected) in [
            (Verb::Pause, open(), "Pause"),
            (Verb::Pause, paused, "Pause"),
            (Verb::Pause, running, "Pause"),
            (Verb::Pause, ended(Outcome::Closed), "it has ended already: closed"),
            (Verb::Resume, paused, "Resume"),
            (Verb::Resume, open(), "it is not paused"),
            (Verb::Retry, escalated, "Retry"),
            (Verb::Retry, open(), "Retry"),
            (Verb::Retry, ended(Outcome::Closed), "Retry"),
            (Verb::Retry, ended(Outcome::Cancelled), "Retry"),
            (
                Verb::Retry,
                ended(Outcome::Merged),
                "it is merged: file a new issue for what is left",
            ),
            (Verb::Retry, running, "a worker has it just now: there is nothing to retry"),
            (
                Verb::Retry,
                View { is_issue_open: false, ..escalated },
                "its issue is closed: reopen it first",
            ),
            (Verb::Retry, View { is_carried_out: true, ..running }, "it has one more attempt"),
            (Verb::Cancel, escalated, "Cancel"),
            (Verb::Cancel, running, "StopFirst"),
            (Verb::Cancel, ended(Outcome::Merged), "it has ended already: merged"),
            (
                Verb::Cancel,
                View { is_carried_out: true, ..ended(Outcome::Cancelled) },
                "it is cancelled; its branch is kept",
            ),
            (Verb::Cancel, View { is_carried_out: true, ..escalated }, "Cancel"),
            (Verb::Status, running, "Status"),
            (approve.clone(), open(), "Approve { head: None }"),
            (approve.clone(), escalated, "it has no pull request that waits for an approval"),
            (approve.clone(), ended(Outcome::Merged), "it has ended already: merged"),
            (
                approve,
                View { is_carried_out: true, ..open() },
                "the present head was approved with this comment",
            ),
        ] {
            assert_eq!(words(decide(&verb, view)), expected, "{verb:?} {view:?}");
        }
    }

    #[test]
    fn an_edited_comment_is_answered_and_never_carried_out() {
        for verb in [Verb::Pause, Verb::Resume, Verb::Retry, Verb::Cancel, Verb::Status] {
            let ruling = decide(&verb, View { is_edited: true, ..open() });
            assert!(words(ruling).contains("edited"), "{verb:?}");
        }
    }

    #[test]
    fn what_is_no_verb_is_told_the_verbs() {
        assert!(words(decide(&Verb::Unknown("dance".to_owned()), open())).contains("`approve`"));
        assert!(words(decide(&Verb::Unknown(String::new()), open())).contains("missing"));
        assert!(words(decide(&Verb::Developer, open())).contains("mark the issue Ready"));
    }
}
