//! Answers of GitHub's: what they say is what we make of them, and nothing is taken for better than it is.

use agentos::domain::ids::RepoSlug;
use agentos::domain::issue::IssueState;
use agentos::domain::pull::{Mergeable, PullState, Standing};
use agentos::host::github::reading;
use serde_json::Value;

/// A field that is missing is an error and never empty; an issue is open where GitHub says so and nowhere else.
pub(super) fn issue(input: &[u8]) {
    let Ok(Some(issue)) = reading::issue(input) else { return };
    let said = said(input);
    let state = if issue.state == IssueState::Open { "open" } else { "closed" };
    assert_eq!(said.get("state").and_then(Value::as_str), Some(state));
    assert_eq!(said.get("number").and_then(Value::as_u64), Some(issue.number.0));
    assert_eq!(said.get("title").and_then(Value::as_str), Some(issue.title.as_str()));
    assert!(said.get("body").is_some() && said.get("user").is_some(), "{said}");
}

/// A pull request of the REST interface.
pub(super) fn pull(input: &[u8]) {
    let Some(slug) = slug() else { return };
    let Ok(standing) = reading::pull_request(input, &slug) else { return };
    let said = said(input);
    assert_eq!(standing.mergeable == Mergeable::Clean, said.get("mergeable") == Some(&true.into()));
    let merged_at = said.get("merged_at").is_some_and(|at| !at.is_null());
    let merged = merged_at || said.get("merged") == Some(&true.into());
    assert_eq!(matches!(standing.pull.state, PullState::Merged { .. }), merged, "{said}");
    let home = said.pointer("/head/repo/full_name").and_then(Value::as_str);
    is_sound(&standing, home);
}

/// What one GraphQL document shows of a pull request and its issue.
pub(super) fn sight(input: &[u8]) {
    let Some(slug) = slug() else { return };
    let Ok(sight) = reading::sight(input, &slug) else { return };
    let said = said(input);
    let pull = |field: &str| said.pointer(&format!("/repository/pullRequest/{field}"));
    let Some(standing) = &sight.standing else { return };
    let word = pull("mergeable").and_then(Value::as_str);
    assert_eq!(standing.mergeable == Mergeable::Clean, word == Some("MERGEABLE"), "{word:?}");
    let state = pull("state").and_then(Value::as_str);
    let is_merged = matches!(standing.pull.state, PullState::Merged { .. });
    assert_eq!(is_merged, state == Some("MERGED"), "{state:?}");
    let goes_on = |list: &str| {
        pull(&format!("{list}/pageInfo/hasNextPage")).is_none_or(|more| *more != Value::Bool(false))
    };
    assert!(sight.reviews.is_none() || !goes_on("reviews"), "half a list of reviews");
    is_sound(standing, pull("headRepository/nameWithOwner").and_then(Value::as_str));
}

fn is_sound(standing: &Standing, home: Option<&str>) {
    let pull = &standing.pull;
    let is_here = home.is_some_and(|home| home.eq_ignore_ascii_case("acme/web"));
    assert_eq!(pull.same_repository, is_here, "{home:?}");
    let sha = pull.head_sha.as_str();
    assert!(sha.len() >= 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sha}");
    for branch in [pull.head.as_str(), pull.base.as_str()] {
        assert!(!branch.starts_with('-') && !branch.contains(".."), "{branch}");
        assert!(!branch.contains(|c: char| c.is_control() || c == ' '), "{branch}");
    }
}

/// As much as the client reads: text that is not UTF-8 in a field that it does not look at is none of its business.
fn said(input: &[u8]) -> Value {
    serde_json::from_str(&String::from_utf8_lossy(input)).unwrap_or_default()
}

fn slug() -> Option<RepoSlug> {
    "acme/web".parse().ok()
}
