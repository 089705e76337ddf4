//! A pull request as a file: what is read from it, and what a new one is made of.

use std::str::FromStr;

use jiff::Timestamp;

use super::card::Card;
use super::failure;
use super::local_host::shown;
use super::values::one_line;
use super::yaml_lines::Change;
use crate::domain::ids::{BranchName, CommitSha, IssueNumber, PrNumber};
use crate::domain::pull::{PullRequest, PullState};
use crate::host::{HostError, NewPullRequest};
use crate::text::yaml::Value;

/// Who merged a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergedBy {
    /// This program, by its own verdict.
    Agentos,
    /// A person, by command or by hand.
    Person,
}

impl MergedBy {
    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agentos => "agentos",
            Self::Person => "person",
        }
    }
}

/// A pull request as its file has it; the tip of its branch is not looked at.
#[derive(Debug, Clone)]
pub(super) struct StoredPull {
    pub(super) number: PrNumber,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) state: PullState,
    pub(super) draft: bool,
    pub(super) head: BranchName,
    pub(super) base: BranchName,
    pub(super) head_sha: Option<CommitSha>,
    /// The head whose squash may have been pushed already: a merge that has begun and not been written down.
    pub(super) merging: Option<CommitSha>,
    pub(super) issue: Option<IssueNumber>,
    pub(super) labels: Vec<String>,
    pub(super) url: String,
    pub(super) created_at: Timestamp,
}

/// Reads a pull request; its number is the one in the file's name.
///
/// # Errors
///
/// [`HostError::Malformed`] when a branch is missing, or a branch, a commit or the state is none.
pub(super) fn read(card: &Card, number: PrNumber) -> Result<StoredPull, HostError> {
    let head: BranchName = required(card, "head")?;
    let base = required(card, "base")?;
    let created_at = match card.moment("created_at") {
        Some(moment) => moment,
        None => card.modified()?,
    };
    Ok(StoredPull {
        number,
        title: card.text("title").map_or_else(|| head.to_string(), |title| one_line(&title)),
        body: card.body().to_owned(),
        state: state(card)?,
        draft: draft(card)?,
        base,
        head_sha: optional(card, "head_sha")?,
        merging: optional(card, "merging")?,
        issue: card.number("issue").map(IssueNumber).or_else(|| closes(card.body())),
        labels: card.list("labels"),
        url: shown(card.path()),
        created_at,
        head,
    })
}

impl StoredPull {
    /// The snapshot with this commit as its head.
    pub(super) fn with_head(self, head_sha: CommitSha) -> PullRequest {
        PullRequest {
            number: self.number,
            title: self.title,
            body: self.body,
            state: self.state,
            draft: self.draft,
            head: self.head,
            base: self.base,
            head_sha,
            same_repository: true,
            issue: self.issue,
            labels: self.labels,
            url: self.url,
            created_at: self.created_at,
        }
    }
}

fn state(card: &Card) -> Result<PullState, HostError> {
    match card.text("state").map(|state| state.to_lowercase()).as_deref() {
        None | Some("open") => Ok(PullState::Open),
        Some("closed") => Ok(PullState::Closed),
        Some("merged") => Ok(PullState::Merged { commit: optional(card, "merged_sha")? }),
        Some(_) => Err(card.malformed("state", "`state` must be `open`, `merged` or `closed`")),
    }
}

/// Reads whether it is a draft; what is neither yes nor no must not be merged by mistake.
pub(super) fn draft(card: &Card) -> Result<bool, HostError> {
    match card.text("draft") {
        None => Ok(false),
        Some(_) => card
            .flag("draft")
            .ok_or_else(|| card.malformed("draft", "`draft` must be `true` or `false`")),
    }
}

fn required<T: FromStr>(card: &Card, key: &str) -> Result<T, HostError>
where
    T::Err: std::fmt::Display,
{
    optional(card, key)?.ok_or_else(|| card.malformed(key, &format!("`{key}` is missing")))
}

fn optional<T: FromStr>(card: &Card, key: &str) -> Result<Option<T>, HostError>
where
    T::Err: std::fmt::Display,
{
    let parsed = card.text(key).map(|text| text.parse::<T>()).transpose();
    parsed.map_err(|error| card.malformed(key, &format!("`{key}`: {error}")))
}

/// Finds the issue that a text says it closes.
fn closes(text: &str) -> Option<IssueNumber> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).find_map(|pair| {
        let &[verb, number] = pair else { return None };
        let verb = verb.trim_end_matches(':').to_lowercase();
        let closes = matches!(verb.as_str(), "closes" | "fixes" | "resolves");
        let number = number.strip_prefix('#')?.trim_end_matches(['.', ',', ';', ')']);
        if closes { number.parse().ok().map(IssueNumber) } else { None }
    })
}

/// Makes the front matter of a new pull request, all but its number.
///
/// # Errors
///
/// [`HostError::Refused`] when it has no title.
pub(super) fn fresh(
    pull: &NewPullRequest,
    head_sha: &CommitSha,
    stamp: &str,
) -> Result<Vec<Change>, HostError> {
    let title = one_line(&pull.title);
    if title.is_empty() {
        return Err(failure::refused("open a pull request", "it needs a title"));
    }
    let issue = pull.issue.map(|issue| Change::Set("issue", issue.0.into()));
    let keys = vec![
        Change::text("title", title),
        Change::text("state", "open"),
        Change::Set("draft", Value::Bool(false)),
        Change::text("head", pull.head.as_str()),
        Change::text("base", pull.base.as_str()),
        Change::text("head_sha", head_sha.as_str()),
        Change::Set("labels", Value::Sequence(Vec::new())),
        Change::text("created_at", stamp),
        Change::text("updated_at", stamp),
    ];
    let at = keys.len() - 3;
    let (before, after) = keys.split_at(at);
    Ok(before.iter().cloned().chain(issue).chain(after.iter().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issue_is_found_in_the_text_where_nobody_wrote_it_down() {
        assert_eq!(closes("Closes #42\n\nAdds a cart."), Some(IssueNumber(42)));
        assert_eq!(closes("A cart.\nfixes: #7."), Some(IssueNumber(7)));
        assert_eq!(closes("See #42, it closes the shop. #x closes"), None);
        assert_eq!(closes(""), None);
    }
}
