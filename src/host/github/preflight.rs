//! Whether account, token and repository allow work to be ended, found out before it is begun.

use async_trait::async_trait;
use serde::Deserialize;

use super::host::{Account, GithubHost};
use crate::domain::ids::RepoSlug;
use crate::host::{Access, HostError};

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields are GitHub's")]
pub(super) struct Repository {
    full_name: String,
    private: bool,
    archived: bool,
    disabled: bool,
    has_issues: bool,
    /// Shown only to those who may write.
    #[serde(default)]
    allow_squash_merge: Option<bool>,
    #[serde(default)]
    permissions: Option<Permissions>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Permissions {
    push: bool,
}

/// What was found out once in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    Denied { reason: String, mend: String },
    Refused { reason: String },
}

impl Verdict {
    fn denied(reason: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Denied { reason: reason.into(), mend: mend.into() }
    }

    fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }

    /// What the board says; only trouble that passes by itself stays an error and is asked about again.
    fn of_board(checked: Result<(), HostError>) -> Result<Self, HostError> {
        match checked {
            Ok(()) => Ok(Self::Allowed),
            Err(HostError::Denied { what, reason, mend }) => {
                Ok(Self::denied(format!("{what}: {reason}"), mend))
            }
            Err(HostError::Refused { what, reason }) => {
                Ok(Self::refused(format!("{what}: {reason}")))
            }
            Err(error) => Err(error),
        }
    }

    fn into_result(self, slug: &RepoSlug) -> Result<(), HostError> {
        let what = format!("work on {slug}");
        match self {
            Self::Allowed => Ok(()),
            Self::Denied { reason, mend } => Err(HostError::Denied { what, reason, mend }),
            Self::Refused { reason } => Err(HostError::Refused { what, reason }),
        }
    }
}

/// What is judged.
struct Facts<'a> {
    slug: &'a RepoSlug,
    account: &'a Account,
    repository: &'a Repository,
    /// What a classic token may do; nothing for other kinds of token, whose permissions GitHub does not tell.
    scopes: Option<&'a [String]>,
    has_board: bool,
}

/// Judges whether work can be ended. Pure.
fn judge(facts: &Facts<'_>) -> Verdict {
    let Facts { slug, repository, .. } = facts;
    if !repository.full_name.eq_ignore_ascii_case(slug.as_str()) {
        let name = &repository.full_name;
        let mend = format!("write `repo: {name}` in the configuration");
        return Verdict::denied(format!("it was renamed to `{name}`"), mend);
    }
    if repository.archived {
        return Verdict::refused("it is archived, so nothing in it can be changed");
    }
    if repository.disabled {
        return Verdict::refused("GitHub has disabled it");
    }
    if let Some(scope) = missing_scope(facts) {
        let reason = format!("the token lacks the scope `{scope}`");
        return Verdict::denied(reason, "`gh auth refresh -s repo,project`");
    }
    if let Some(verdict) = without_push(facts) {
        return verdict;
    }
    if !repository.has_issues {
        return Verdict::refused(
            "its issues are switched off; switch them on under Settings, General, Features",
        );
    }
    if repository.allow_squash_merge == Some(false) {
        return Verdict::refused(
            "it does not allow squash merging; allow it under Settings, General, Pull Requests",
        );
    }
    Verdict::Allowed
}

fn missing_scope(facts: &Facts<'_>) -> Option<&'static str> {
    let scopes = facts.scopes?;
    let has = |scope: &str| scopes.iter().any(|granted| granted == scope);
    if !has("repo") && (facts.repository.private || !has("public_repo")) {
        return Some("repo");
    }
    (facts.has_board && !has("project")).then_some("project")
}

fn without_push(facts: &Facts<'_>) -> Option<Verdict> {
    // For an installation GitHub shows the rights of a person, of which it has none.
    let Account::User(login) = facts.account else { return None };
    let mend = format!("give `{login}` write access to {}, or use another token", facts.slug);
    match &facts.repository.permissions {
        Some(Permissions { push: true }) => None,
        Some(Permissions { push: false }) => {
            Some(Verdict::denied(format!("`{login}` has no write access"), mend))
        }
        None => Some(Verdict::denied(
            format!("GitHub does not say whether `{login}` has write access"),
            mend,
        )),
    }
}

impl Repository {
    /// The same as a document of GraphQL shows it. What only an App's installation is not told is `None`.
    pub(super) fn seen(seen: &super::sight_wire::RepositorySeen) -> Self {
        let push = seen.viewer_permission.as_deref().map(|word| {
            let push = matches!(word, "WRITE" | "MAINTAIN" | "ADMIN");
            Permissions { push }
        });
        Self {
            full_name: seen.name_with_owner.clone(),
            private: seen.is_private,
            archived: seen.is_archived,
            disabled: seen.is_disabled,
            has_issues: seen.has_issues_enabled,
            allow_squash_merge: Some(seen.squash_merge_allowed),
            permissions: push,
        }
    }
}

#[async_trait(?Send)]
impl Access for GithubHost {
    fn charged(&self) -> u64 {
        let usage = self.client().usage();
        usage.charged + usage.graphql
    }

    async fn preflight(&self) -> Result<(), HostError> {
        if let Some(verdict) = self.remembered_verdict() {
            return verdict.into_result(self.slug());
        }
        let account = self.account().await?;
        let repository = self.glance().repository().await?;
        let scopes = self.client().scopes();
        let mut verdict = judge(&Facts {
            slug: self.slug(),
            account: &account,
            repository: &repository,
            scopes: scopes.as_deref(),
            has_board: self.board().is_some(),
        });
        if let (Verdict::Allowed, Some(board)) = (&verdict, self.board()) {
            verdict = Verdict::of_board(board.check().await)?;
        }
        self.remember_verdict(verdict.clone());
        verdict.into_result(self.slug())
    }

    async fn missing_labels(&self, names: &[&str]) -> Result<Vec<String>, HostError> {
        self.look_at_labels().await?;
        let is_missing = |name: &&&str| self.has_label(name) != Some(true);
        Ok(names.iter().filter(is_missing).map(ToString::to_string).collect())
    }

    async fn make_labels(&self, names: &[&str]) -> Result<(), HostError> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        self.ensure_labels(&names).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "a table reads better so")]
    fn repository(changes: Value) -> Repository {
        let mut answer = json!({
            "full_name": "acme/web", "private": false, "archived": false, "disabled": false,
            "has_issues": true, "allow_squash_merge": true, "permissions": {"push": true},
        });
        for (key, value) in changes.as_object().unwrap() {
            answer[key] = value.clone();
        }
        serde_json::from_value(answer).unwrap()
    }

    fn verdict(changes: Value, scopes: Option<&[&str]>, has_board: bool) -> Verdict {
        as_account(&Account::User("bot".to_owned()), changes, scopes, has_board)
    }

    fn as_account(
        account: &Account,
        changes: Value,
        scopes: Option<&[&str]>,
        has_board: bool,
    ) -> Verdict {
        let scopes: Option<Vec<String>> =
            scopes.map(|scopes| scopes.iter().map(ToString::to_string).collect());
        judge(&Facts {
            slug: &"acme/web".parse().unwrap(),
            account,
            repository: &repository(changes),
            scopes: scopes.as_deref(),
            has_board,
        })
    }

    #[test]
    fn a_classic_token_needs_its_scopes() {
        let private = || json!({"private": true});
        for (changes, scopes, has_board, lacks) in [
            (json!({}), Some(&["repo"][..]), false, None),
            (json!({}), Some(&["public_repo"]), false, None),
            (private(), Some(&["public_repo"]), false, Some("repo")),
            (private(), Some(&["repo"]), false, None),
            (json!({}), Some(&[]), false, Some("repo")),
            (json!({}), Some(&["repo"]), true, Some("project")),
            (json!({}), Some(&["repo", "read:project"]), true, Some("project")),
            (json!({}), Some(&["repo", "project"]), true, None),
            (private(), None, true, None),
        ] {
            let found = verdict(changes.clone(), scopes, has_board);
            let expected = lacks.map_or(Verdict::Allowed, |scope| {
                let reason = format!("the token lacks the scope `{scope}`");
                Verdict::denied(reason, "`gh auth refresh -s repo,project`")
            });
            assert_eq!(found, expected, "{changes} {scopes:?}");
        }
    }

    #[test]
    fn everything_that_would_stop_the_work_later_stops_it_now() {
        for (changes, words) in [
            (json!({"archived": true}), "it is archived"),
            (json!({"disabled": true}), "disabled it"),
            (json!({"has_issues": false}), "issues are switched off"),
            (json!({"allow_squash_merge": false}), "Pull Requests"),
        ] {
            match verdict(changes, None, false) {
                Verdict::Refused { reason } => assert!(reason.contains(words), "{reason}"),
                other => panic!("{other:?} instead of {words}"),
            }
        }
        for (changes, words, mended) in [
            (json!({"full_name": "acme/shop"}), "renamed", "write `repo: acme/shop`"),
            (json!({"permissions": {"push": false}}), "no write access", "give `bot`"),
            (json!({"permissions": null}), "does not say", "give `bot`"),
        ] {
            match verdict(changes, None, false) {
                Verdict::Denied { reason, mend } => {
                    assert!(reason.contains(words) && mend.contains(mended), "{reason} {mend}");
                }
                other => panic!("{other:?} instead of {words}"),
            }
        }
    }

    #[test]
    fn what_github_does_not_show_is_no_hindrance_where_it_never_shows_it() {
        let hidden = json!({"allow_squash_merge": null, "full_name": "Acme/Web"});
        assert_eq!(verdict(hidden, None, false), Verdict::Allowed);
        let app = Account::App("house[bot]".to_owned());
        for permissions in [json!({"push": false}), Value::Null] {
            let changes = json!({"permissions": permissions});
            assert_eq!(as_account(&app, changes, None, true), Verdict::Allowed);
        }
    }

    #[test]
    fn the_reason_reaches_the_operator_with_what_mends_it() {
        let error =
            Verdict::denied("why", "how").into_result(&"acme/web".parse().unwrap()).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.mend()),
            ("work on acme/web: why", Some("how"))
        );
    }
}
