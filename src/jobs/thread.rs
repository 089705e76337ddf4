//! What people say on an issue behind our last question or escalation: it belongs to whoever works on the task next.

use crate::domain::command;
use crate::domain::ids::TaskId;
use crate::domain::issue::{Comment, Trust};
use crate::effects::texts;
use crate::text::{clean, marker, sections};

/// The comments behind the last question or escalation of a task; none where we have said neither.
pub(super) fn behind_our_last<'a>(comments: &'a [Comment], task: &TaskId) -> &'a [Comment] {
    let prefix = format!("{task}/");
    let is_call = |comment: &Comment| {
        comment.ours
            && marker::find_all(&comment.body).iter().any(|marker| {
                let kind = marker.kind.as_str();
                (kind == texts::QUESTION || kind == texts::ESCALATION)
                    && marker.key.starts_with(&prefix)
            })
    };
    let last = comments.iter().rposition(is_call);
    last.and_then(|at| comments.get(at + 1..)).unwrap_or_default()
}

/// What people with write access say in these comments, for the task's file; nothing where they say nothing. A command is no word to an
/// agent: it says itself what is to happen.
pub(super) fn words(comments: &[Comment]) -> Option<String> {
    let said: Vec<String> = comments
        .iter()
        .filter(|comment| {
            !comment.ours
                && comment.author_trust == Trust::Trusted
                && command::parse(&comment.body).is_none()
        })
        .map(|comment| {
            let author = clean::one_line(&clean::untrusted(&comment.author).text, 60);
            format!("{author}, {}:\n\n{}", comment.created_at, quoted(&comment.body))
        })
        .collect();
    (!said.is_empty()).then(|| said.join("\n\n"))
}

fn quoted(text: &str) -> String {
    sections::fence(clean::untrusted(text).text.trim(), "text")
}
