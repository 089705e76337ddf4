//! Pull requests as GitHub's REST interface sends them, only the fields that we read, and what they are to us.

use jiff::Timestamp;
use serde::Deserialize;

use super::wire::{Label, malformed, names, present};
use crate::domain::ids::{CommitSha, IssueNumber, PrNumber, RepoSlug};
use crate::domain::pull::{HostWord, Mergeable, PullRequest, PullState};
use crate::host::HostError;

/// A pull request, from a list or alone.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    title: String,
    #[serde(deserialize_with = "present")]
    body: Option<String>,
    state: String,
    draft: bool,
    head: Side,
    base: Side,
    #[serde(deserialize_with = "present")]
    merged_at: Option<Timestamp>,
    #[serde(deserialize_with = "present")]
    merge_commit_sha: Option<String>,
    labels: Vec<Label>,
    html_url: String,
    created_at: Timestamp,
    /// Only a pull request that was asked for alone says so.
    #[serde(default)]
    merged: Option<bool>,
    /// Likewise, and `null` as long as GitHub has not computed it.
    #[serde(default)]
    mergeable: Option<bool>,
    /// GitHub's own word on a merge, which knows rules that a token may not read.
    #[serde(default)]
    mergeable_state: Option<String>,
}

/// Head or base.
#[derive(Debug, Clone, Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
    /// Nothing where a fork was deleted.
    #[serde(deserialize_with = "present")]
    repo: Option<RepositoryName>,
}

#[derive(Debug, Clone, Deserialize)]
struct RepositoryName {
    full_name: String,
}

impl Pull {
    /// Whether its head is exactly this branch of exactly this repository.
    pub(super) fn is_from(&self, slug: &RepoSlug, branch: &str) -> bool {
        self.head.branch == branch && self.head.is_in(slug)
    }

    /// Whether its branches have names that a branch of ours could have; others cannot be ours and must not stop us.
    pub(super) fn has_usable_branches(&self) -> bool {
        let usable = |side: &Side| side.branch.parse::<crate::domain::ids::BranchName>().is_ok();
        usable(&self.head) && usable(&self.base)
    }

    /// Whether head and base merge cleanly, as far as GitHub knows.
    pub(super) fn mergeable(&self) -> Mergeable {
        match self.mergeable {
            Some(true) => Mergeable::Clean,
            Some(false) => Mergeable::Conflict,
            None => Mergeable::Unknown,
        }
    }

    /// What GitHub says of a merge.
    pub(super) fn word(&self) -> HostWord {
        word(self.mergeable_state.as_deref().unwrap_or_default())
    }

    fn pull_state(&self, what: &str) -> Result<PullState, HostError> {
        let is_merged = self.merged_at.is_some() || self.merged == Some(true);
        match (self.state.as_str(), is_merged) {
            ("open", false) => Ok(PullState::Open),
            ("closed", false) => Ok(PullState::Closed),
            // Before a merge the same field names a commit that GitHub made to try it.
            ("closed", true) => {
                let commit = self.merge_commit_sha.as_deref();
                let commit = commit.map(|commit| sha(what, commit)).transpose()?;
                Ok(PullState::Merged { commit })
            }
            ("open", true) => Err(malformed(what, "it is both open and merged")),
            (other, _) => {
                Err(malformed(what, format!("`state` is `{other}`, neither `open` nor `closed`")))
            }
        }
    }

    /// What it is to us.
    ///
    /// # Errors
    ///
    /// [`HostError::Malformed`] when it is in no state that we know, or names of branches and commits cannot be such.
    pub(super) fn into_domain(self, slug: &RepoSlug) -> Result<PullRequest, HostError> {
        let number = PrNumber(self.number);
        let what = format!("pull request {} of {slug}", number.0);
        let branch = |name: &str| name.parse().map_err(|error| bad(&what, &error));
        let body = self.body.clone().unwrap_or_default();
        Ok(PullRequest {
            number,
            state: self.pull_state(&what)?,
            draft: self.draft,
            head: branch(&self.head.branch)?,
            base: branch(&self.base.branch)?,
            head_sha: sha(&what, &self.head.sha)?,
            same_repository: self.head.is_in(slug),
            issue: closes(&body),
            title: self.title,
            body,
            labels: names(self.labels),
            url: self.html_url,
            created_at: self.created_at,
        })
    }
}

impl Side {
    fn is_in(&self, slug: &RepoSlug) -> bool {
        self.repo.as_ref().is_some_and(|repo| repo.full_name.eq_ignore_ascii_case(slug.as_str()))
    }
}

/// What a word of GitHub's about a merge says.
pub(super) fn word(word: &str) -> HostWord {
    match word {
        // Hooks of a GitHub Enterprise server are run by the push that the merge is.
        "clean" | "has_hooks" => HostWord::Clean,
        "behind" => HostWord::Behind,
        "blocked" => HostWord::Blocked,
        "unstable" => HostWord::Unstable,
        "draft" => HostWord::Draft,
        "dirty" => HostWord::Dirty,
        _ => HostWord::Unknown,
    }
}

/// Reads a commit id.
pub(super) fn sha(what: &str, text: &str) -> Result<CommitSha, HostError> {
    text.parse().map_err(|error| bad(what, &error))
}

fn bad(what: &str, error: &crate::domain::ids::BadId) -> HostError {
    malformed(what, error.to_string())
}

/// The issue that a text closes by its first words, `Closes #42`.
pub(super) fn closes(body: &str) -> Option<IssueNumber> {
    let body = body.trim_start();
    let (word, rest) = body.split_at_checked("closes".len())?;
    let number = rest.trim_start_matches([' ', '\t']).strip_prefix('#')?;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let (digits, behind) = number.split_at_checked(end)?;
    let is_whole = !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let number = digits.parse().ok().filter(|_| is_whole && word.eq_ignore_ascii_case("closes"));
    number.map(IssueNumber)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HEAD: &str = "1111111111111111111111111111111111111111";
    const MERGE: &str = "2222222222222222222222222222222222222222";

    fn slug() -> RepoSlug {
        "acme/web".parse().unwrap()
    }

    #[expect(clippy::needless_pass_by_value, reason = "a table reads better so")]
    fn answer(changes: Value) -> Value {
        let mut answer = json!({
            "number": 7, "title": "Add a cart", "body": "Closes #42\n\nText", "state": "open", "draft": false,
            "head": {"ref": "agent/web-42", "sha": HEAD, "repo": {"full_name": "acme/web"}},
            "base": {"ref": "main", "sha": MERGE, "repo": {"full_name": "acme/web"}},
            "merged_at": null, "merge_commit_sha": MERGE, "labels": [{"name": "hold"}],
            "html_url": "https://github.com/acme/web/pull/7", "created_at": "2026-01-05T09:00:00Z",
        });
        for (key, value) in changes.as_object().unwrap() {
            answer[key] = value.clone();
        }
        answer
    }

    fn pull(changes: Value) -> Pull {
        serde_json::from_value(answer(changes)).unwrap()
    }

    fn read(changes: Value) -> Result<PullRequest, HostError> {
        pull(changes).into_domain(&slug())
    }

    #[test]
    fn a_pull_request_is_read_as_it_is() {
        let pull = read(json!({})).unwrap();
        assert_eq!((pull.number, pull.state), (PrNumber(7), PullState::Open));
        assert_eq!((pull.head.as_str(), pull.base.as_str()), ("agent/web-42", "main"));
        assert_eq!(pull.head_sha.as_str(), HEAD);
        assert_eq!((pull.draft, pull.same_repository), (false, true));
        assert_eq!(pull.issue, Some(IssueNumber(42)));
        assert_eq!(pull.labels, ["hold"]);
        assert_eq!(read(json!({"body": null})).unwrap().body, "");
    }

    #[test]
    fn closed_is_never_taken_for_merged() {
        let merged = PullState::Merged { commit: Some(MERGE.parse().unwrap()) };
        let at = "2026-01-06T09:00:00Z";
        for (changes, expected) in [
            (json!({"state": "closed"}), PullState::Closed),
            (json!({"state": "closed", "merged": false}), PullState::Closed),
            (json!({"state": "closed", "merged": true}), merged.clone()),
            (json!({"state": "closed", "merged_at": at}), merged.clone()),
            (
                json!({"state": "closed", "merged_at": at, "merge_commit_sha": null}),
                PullState::Merged { commit: None },
            ),
        ] {
            assert_eq!(read(changes.clone()).unwrap().state, expected, "{changes}");
        }
    }

    #[test]
    fn states_that_cannot_be_are_errors() {
        for changes in [
            json!({"state": "merged"}),
            json!({"state": "queued", "merged": true}),
            json!({"state": "open", "merged_at": "2026-01-06T09:00:00Z"}),
            json!({"state": "closed", "merged": true, "merge_commit_sha": "abc"}),
            json!({"head": {"ref": "a", "sha": "abc", "repo": null}}),
            json!({"head": {"ref": "a b", "sha": HEAD, "repo": null}}),
        ] {
            let error = read(changes.clone()).unwrap_err();
            assert!(matches!(error, HostError::Malformed { .. }), "{changes}");
        }
    }

    #[test]
    fn the_head_of_a_fork_is_never_in_the_same_repository() {
        let head =
            |repo: Value| json!({"head": {"ref": "agent/web-42", "sha": HEAD, "repo": repo}});
        for (repo, expected) in [
            (json!({"full_name": "acme/web"}), true),
            (json!({"full_name": "Acme/Web"}), true),
            (json!({"full_name": "eve/web"}), false),
            (Value::Null, false),
        ] {
            let changes = head(repo);
            assert_eq!(read(changes.clone()).unwrap().same_repository, expected, "{changes}");
            assert_eq!(pull(changes.clone()).is_from(&slug(), "agent/web-42"), expected);
            assert!(!pull(changes).is_from(&slug(), "agent/web-4"));
        }
    }

    #[test]
    fn mergeable_is_unknown_until_github_knows() {
        for (changes, expected) in [
            (json!({}), Mergeable::Unknown),
            (json!({"mergeable": null}), Mergeable::Unknown),
            (json!({"mergeable": true}), Mergeable::Clean),
            (json!({"mergeable": false}), Mergeable::Conflict),
        ] {
            assert_eq!(pull(changes.clone()).mergeable(), expected, "{changes}");
        }
    }

    #[test]
    fn each_word_of_github_about_a_merge_is_known_and_a_new_one_means_wait() {
        for (changes, expected) in [
            (json!({"mergeable_state": "clean"}), HostWord::Clean),
            (json!({"mergeable_state": "has_hooks"}), HostWord::Clean),
            (json!({"mergeable_state": "behind"}), HostWord::Behind),
            (json!({"mergeable_state": "blocked"}), HostWord::Blocked),
            (json!({"mergeable_state": "unstable"}), HostWord::Unstable),
            (json!({"mergeable_state": "draft"}), HostWord::Draft),
            (json!({"mergeable_state": "dirty"}), HostWord::Dirty),
            (json!({"mergeable_state": "unknown"}), HostWord::Unknown),
            (json!({"mergeable_state": "enlightened"}), HostWord::Unknown),
            (json!({"mergeable_state": null}), HostWord::Unknown),
            (json!({}), HostWord::Unknown),
        ] {
            assert_eq!(pull(changes.clone()).word(), expected, "{changes}");
        }
    }

    #[test]
    fn a_missing_field_is_an_error() {
        for field in [
            "number",
            "title",
            "body",
            "state",
            "draft",
            "head",
            "base",
            "merged_at",
            "merge_commit_sha",
            "labels",
            "html_url",
            "created_at",
        ] {
            let mut answer = answer(json!({}));
            answer.as_object_mut().unwrap().remove(field);
            assert!(serde_json::from_value::<Pull>(answer).is_err(), "{field}");
        }
    }

    #[test]
    fn the_issue_stands_in_the_first_words_of_the_text() {
        for (body, expected) in [
            ("Closes #42\n\nText", Some(42)),
            ("\r\n closes #42, closes #43", Some(42)),
            ("Closes #42", Some(42)),
            ("Closes #42b", None),
            ("Closes #", None),
            ("Closes 42", None),
            ("Fixes #42", None),
            ("It closes #42", None),
            ("Closes #99999999999999999999999", None),
            ("Closé", None),
            ("", None),
        ] {
            assert_eq!(closes(body), expected.map(IssueNumber), "{body:?}");
        }
    }

    #[test]
    fn branches_that_cannot_be_ours_are_known_before_they_are_read() {
        let long = "x".repeat(300);
        for (branch, expected) in [("patch-1", true), ("-x", false), (long.as_str(), false)] {
            let head = json!({"head": {"ref": branch, "sha": HEAD, "repo": null}});
            assert_eq!(pull(head).has_usable_branches(), expected, "{branch}");
        }
    }
}
