//! Which commands of a thread wait for an answer.

use jiff::Timestamp;

use super::MARKER;
use super::parse::{Command, parse};
use crate::domain::issue::{Comment, Trust};
use crate::text::marker;

/// Where in a thread the commands for a task begin: what was said to an earlier task is not said to this one.
#[derive(Debug, Clone, Copy)]
pub enum Begin<'a> {
    /// With the thread: it was opened for the task.
    Thread,
    /// Behind our comment with this marker; as long as there is none, at the moment when the task was made.
    Behind {
        /// Kind of the marker.
        kind: &'a str,
        /// Its key.
        key: &'a str,
        /// When the task was made.
        made: Timestamp,
    },
}

/// A command that nobody has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The id of the comment.
    pub comment: u64,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Whether the text is not what was written first: it may be somebody else's.
    pub edited: bool,
    /// The command.
    pub command: Command,
    /// The whole text.
    pub body: String,
}

/// The commands of a thread that nobody has answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// Those of people with write access, oldest first.
    pub asked: Vec<Asked>,
    /// Authors of others: they get no answer, which anybody could call for.
    pub unheard: Vec<String>,
}

/// Finds the commands of a thread that wait for an answer. One by somebody of whom nothing is known waits on.
pub fn pending(comments: &[Comment], begin: Begin<'_>) -> Pending {
    let answered: Vec<marker::Marker> = comments
        .iter()
        .filter(|comment| comment.ours)
        .flat_map(|comment| marker::find_all(&comment.body))
        .filter(|marker| marker.kind == MARKER)
        .collect();
    let is_open = |comment: &&Comment| {
        let key = comment.id.to_string();
        !answered.iter().any(|marker| marker.key == key)
    };
    // A text with a marker is a program's, be it of another installation.
    let is_a_persons =
        |comment: &&Comment| !comment.ours && marker::find_all(&comment.body).is_empty();
    let mut pending = Pending::default();
    for comment in since(comments, begin).filter(is_a_persons).filter(is_open) {
        let Some(command) = parse(&comment.body) else { continue };
        match comment.author_trust {
            Trust::Trusted => pending.asked.push(asked(comment, command)),
            Trust::Untrusted => pending.unheard.push(comment.author.clone()),
            Trust::Unknown => {}
        }
    }
    pending
}

fn since<'a>(
    comments: &'a [Comment],
    begin: Begin<'_>,
) -> Box<dyn Iterator<Item = &'a Comment> + 'a> {
    let Begin::Behind { kind, key, made } = begin else { return Box::new(comments.iter()) };
    let is_ours = |comment: &Comment| comment.ours && marker::has(&comment.body, kind, key);
    match comments.iter().position(is_ours) {
        Some(at) => Box::new(comments.iter().skip(at + 1)),
        // Hosts tell whole seconds.
        None => Box::new(
            comments
                .iter()
                .filter(move |comment| comment.created_at.as_second() >= made.as_second()),
        ),
    }
}

fn asked(comment: &Comment, command: Command) -> Asked {
    Asked {
        comment: comment.id,
        author: comment.author.clone(),
        at: comment.created_at,
        edited: comment.edited,
        command,
        body: comment.body.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(id: u64, body: &str) -> Comment {
        Comment {
            id,
            author: "ann".to_owned(),
            author_trust: Trust::Trusted,
            ours: false,
            edited: false,
            body: body.to_owned(),
            created_at: Timestamp::from_second(1_000 + i64::try_from(id).unwrap()).unwrap(),
        }
    }

    fn ours(id: u64, kind: &str, key: &str) -> Comment {
        Comment { ours: true, ..comment(id, &marker::render(kind, key)) }
    }

    fn ids(comments: &[Comment], begin: Begin<'_>) -> Vec<u64> {
        pending(comments, begin).asked.iter().map(|asked| asked.comment).collect()
    }

    const BEHIND: Begin<'_> = Begin::Behind {
        kind: "status",
        key: "web-1",
        made: Timestamp::constant(1_003, 500_000_000),
    };

    #[test]
    fn a_command_is_pending_until_our_answer_names_its_comment() {
        let mut thread =
            vec![comment(1, "/agent pause"), comment(2, "Hello"), comment(3, "/agent resume")];
        assert_eq!(ids(&thread, Begin::Thread), [1, 3]);
        thread.push(ours(4, MARKER, "1"));
        assert_eq!(ids(&thread, Begin::Thread), [3]);
        // Anybody can write a marker; only ours counts.
        thread.push(comment(5, &marker::render(MARKER, "3")));
        assert_eq!(ids(&thread, Begin::Thread), [3]);
        thread.push(ours(6, MARKER, "3"));
        assert!(ids(&thread, Begin::Thread).is_empty());
    }

    #[test]
    fn what_was_said_before_the_task_was_begun_is_not_said_to_it() {
        let mut thread = vec![comment(1, "/agent cancel"), comment(3, "/agent retry")];
        assert_eq!(ids(&thread, BEHIND), [3], "whole seconds are compared");
        thread.insert(1, ours(2, "status", "web-1"));
        assert_eq!(ids(&thread, BEHIND), [3]);
        thread.push(ours(4, "status", "web-1-2"));
        let next = Begin::Behind { kind: "status", key: "web-1-2", made: Timestamp::UNIX_EPOCH };
        assert!(ids(&thread, next).is_empty());
    }

    #[test]
    fn only_people_with_write_access_are_heard_and_programs_are_not() {
        let by = |trust| Comment { author_trust: trust, ..comment(1, "/agent cancel") };
        assert_eq!(ids(&[by(Trust::Trusted)], Begin::Thread), [1]);
        let stranger = pending(&[by(Trust::Untrusted)], Begin::Thread);
        assert!(stranger.asked.is_empty());
        assert_eq!(stranger.unheard, ["ann"]);
        assert!(ids(&[by(Trust::Unknown)], Begin::Thread).is_empty());
        let program = comment(1, "<!-- agentos:notice web-1/hold -->\n/agent cancel");
        assert!(ids(&[program], Begin::Thread).is_empty());
        let mine = Comment { ours: true, ..comment(1, "/agent cancel") };
        assert!(ids(&[mine], Begin::Thread).is_empty());
    }
}
