//! An issue as a file: what is read from it, and what a new one is made of.

use super::card::Card;
use super::failure;
use super::local_host::shown;
use super::title;
use super::values::one_line;
use super::yaml_lines::Change;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{BoardStatus, Issue, IssueState, Trust};
use crate::host::{HostError, NewIssue};
use crate::text::yaml::Value;

/// The author of what somebody wrote without saying who.
pub(super) const SOMEBODY: &str = "person";

/// Reads an issue; its number is the one in the file's name.
///
/// # Errors
///
/// [`HostError::Malformed`] when there is no title, or the state is neither open nor closed.
pub(super) fn read(card: &Card, number: IssueNumber) -> Result<Issue, HostError> {
    let (title, body) = title_and_body(card)?;
    let state = state(card)?;
    let (created_at, updated_at) = match (card.moment("created_at"), card.moment("updated_at")) {
        (Some(created), Some(updated)) => (created, updated),
        // The clock may be one that a test or a rule set: a file's time is never before what the file itself says.
        (Some(created), None) => (created, card.modified()?.max(created)),
        (None, Some(updated)) => (card.modified()?.min(updated), updated),
        (None, None) => {
            let modified = card.modified()?;
            (modified, modified)
        }
    };
    Ok(Issue {
        number,
        title,
        body,
        state,
        status: card.text("status").as_deref().and_then(BoardStatus::parse_lenient),
        labels: card.list("labels"),
        author: card.text("author").unwrap_or_else(|| SOMEBODY.to_owned()),
        // Whoever can write into the board's folder could as well do what we would do for them.
        author_trust: Trust::Trusted,
        url: shown(card.path()),
        created_at,
        updated_at,
        closed_at: card.moment("closed_at"),
    })
}

fn title_and_body(card: &Card) -> Result<(String, String), HostError> {
    if let Some(title) = card.text("title") {
        return Ok((one_line(&title), card.body().to_owned()));
    }
    let found = title::find(card.body()).ok_or_else(|| {
        card.malformed("title", "there is no title; write one into the first line")
    })?;
    Ok((found.title, found.body.to_owned()))
}

/// Reads whether it is open, which it is as long as nobody said otherwise.
pub(super) fn state(card: &Card) -> Result<IssueState, HostError> {
    match card.text("state").map(|state| state.to_lowercase()).as_deref() {
        None | Some("open") => Ok(IssueState::Open),
        Some("closed") => Ok(IssueState::Closed),
        Some(_) => Err(card.malformed("state", "`state` must be `open` or `closed`")),
    }
}

/// Makes the front matter of a new issue, all but its number.
///
/// # Errors
///
/// [`HostError::Refused`] when it has no title.
pub(super) fn fresh(issue: &NewIssue, author: &str, stamp: &str) -> Result<Vec<Change>, HostError> {
    let title = one_line(&issue.title);
    if title.is_empty() {
        return Err(failure::refused("make an issue", "it needs a title"));
    }
    let status = issue.status.unwrap_or(BoardStatus::Backlog);
    Ok(vec![
        Change::text("title", title),
        Change::text("status", status.as_str()),
        Change::Set("labels", words(&merged_labels(&[], &issue.labels, &[]))),
        Change::text("author", author),
        Change::text("state", "open"),
        Change::text("created_at", stamp),
        Change::text("updated_at", stamp),
    ])
}

/// The labels `present` without those to remove, and with those to add; what is to be added wins.
pub(super) fn merged_labels(present: &[String], add: &[String], remove: &[String]) -> Vec<String> {
    let has = |list: &[String], label: &str| list.iter().any(|l| l.eq_ignore_ascii_case(label));
    let kept = present.iter().filter(|label| !has(remove, label) || has(add, label));
    let mut labels: Vec<String> = kept.cloned().collect();
    for label in add.iter().map(|label| one_line(label)).filter(|label| !label.is_empty()) {
        if !has(&labels, &label) {
            labels.push(label);
        }
    }
    labels
}

/// A list of words as YAML.
pub(super) fn words(words: &[String]) -> Value {
    Value::Sequence(words.iter().cloned().map(Value::String).collect())
}
