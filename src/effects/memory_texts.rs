//! The texts of the pull request that carries memory: redaction happens once more where they leave (`jobs`).

use std::fmt::Write as _;

use super::texts;
use crate::domain::ids::{BranchName, RepoSlug};
use crate::domain::memory::{Change, FILE};
use crate::text::marker;

/// The kind of the marker of such a pull request.
const MARKER: &str = "memory-proposal";

/// Its title.
pub fn title() -> String {
    format!("memory: update {FILE}")
}

/// Its text: what it is, and what it carries. Titles are code: no word in them closes an issue or calls a person.
pub fn body(repo: &RepoSlug, base: &BranchName, changes: &[Change]) -> String {
    let mut text = format!(
        "{}\n**agentos** · memory of `{repo}`\n\n`{base}` takes no push of ours, so what tasks have left behind comes as this pull request. It changes \
         the memory (`{FILE}` and its archive) and nothing else, and belongs to no issue.\n\n",
        marker::render(MARKER, repo.as_str())
    );
    for change in changes {
        let _infallible = writeln!(text, "- {}: `{}`", change.subject(), change.title());
    }
    text.push_str(
        "\nWhat comes later is added in place, at most once in an hour. Close it, and what it carries is not proposed again.\n",
    );
    texts::bounded(&text)
}

/// The first line of the squashed commit: nobody has to test what only we write.
pub fn merge_title(changes: usize) -> String {
    let noun = if changes == 1 { "change" } else { "changes" };
    format!("memory: {changes} {noun} [skip ci]")
}

/// The rest of the squashed commit's message.
pub fn merge_message(keys: &[String]) -> String {
    let lines: Vec<String> = keys.iter().take(50).map(|key| format!("- {key}")).collect();
    format!("{}\n", lines.join("\n"))
}
