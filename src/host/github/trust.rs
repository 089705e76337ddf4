//! Who may make work for us: what GitHub says about accounts, and who made an issue Ready.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::endpoints;
use super::host::GithubHost;
use super::wire::{Permission, User, malformed, present};
use crate::domain::admission::READY;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::Trust;
use crate::host::{HostError, MadeReady};

/// Whether the author of an issue may make work, by what GitHub calls the author's association.
pub(super) fn of_author(user: Option<&User>, association: Option<&str>) -> Trust {
    match (user, association) {
        // Nobody can be asked about a deleted account.
        (None, _) | (_, None) => Trust::Unknown,
        (Some(_), Some("OWNER" | "MEMBER" | "COLLABORATOR")) => Trust::Trusted,
        (Some(_), Some(_)) => Trust::Untrusted,
    }
}

/// What an association alone says about write access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It says enough.
    Is(Trust),
    /// Only the permission tells.
    Ask,
}

/// Sorts an author of a comment by association: members may be without write access, and whoever has some is no stranger.
pub(super) fn standing(user: Option<&User>, association: Option<&str>) -> Standing {
    match (user, association) {
        (None, _) => Standing::Is(Trust::Unknown),
        (Some(user), _) if user.is_bot() => Standing::Ask,
        (Some(_), Some("OWNER")) => Standing::Is(Trust::Trusted),
        (Some(_), Some("NONE" | "FIRST_TIMER" | "FIRST_TIME_CONTRIBUTOR" | "MANNEQUIN")) => {
            Standing::Is(Trust::Untrusted)
        }
        (Some(_), _) => Standing::Ask,
    }
}

/// Whether a permission lets its owner write.
pub(super) fn by_permission(word: &str) -> Trust {
    match word {
        "admin" | "maintain" | "write" => Trust::Trusted,
        "triage" | "read" | "none" => Trust::Untrusted,
        _ => Trust::Unknown,
    }
}

impl GithubHost {
    /// Whether an account may write here. Asked once per process; what cannot be found out is unknown.
    ///
    /// # Errors
    ///
    /// Trouble that passes by itself, so that the caller can come back later instead of going on with an unknown.
    pub(super) async fn permission_of(&self, user: &User) -> Result<Trust, HostError> {
        let login = user.login.to_lowercase();
        if let Some(trust) = self.remembered_trust(&login) {
            return Ok(trust);
        }
        let call = self.call(&endpoints::COLLABORATOR).with("username", &user.login);
        let trust = match self.get::<Permission>(call).await {
            Ok(answer) => by_permission(&answer.permission),
            Err(error @ (HostError::RateLimited { .. } | HostError::Unavailable { .. })) => {
                return Err(error);
            }
            // GitHub knows no such person here, and a program without an entry has no rights of its own.
            Err(HostError::NotFound { .. }) if user.is_bot() => Trust::Untrusted,
            Err(error) => {
                tracing::debug!(login = %user.login, %error, "permission cannot be read");
                Trust::Unknown
            }
        };
        self.remember_trust(login, trust);
        Ok(trust)
    }

    /// Whether the author of a comment may write here.
    pub(super) async fn commenter(
        &self,
        user: Option<&User>,
        association: Option<&str>,
    ) -> Result<Trust, HostError> {
        match (standing(user, association), user) {
            (Standing::Is(trust), _) => Ok(trust),
            (Standing::Ask, Some(user)) => self.permission_of(user).await,
            (Standing::Ask, None) => Ok(Trust::Unknown),
        }
    }

    /// Who made an issue Ready last, by a label that is still on or a card that still lies in Ready.
    pub(super) async fn who_made_ready(
        &self,
        number: IssueNumber,
    ) -> Result<Option<MadeReady>, HostError> {
        let call = self.call(&endpoints::TIMELINE).with("issue_number", number.0);
        let timeline = self.list::<Value>(call).await;
        let timeline = self.of_issue(timeline, number).await?;
        let mut moments: Vec<Moment> = standing_label(timeline, number)?.into_iter().collect();
        moments.extend(self.moved_to_ready(number).await?);
        moments.sort_by_key(|moment| Reverse(moment.at));
        // The newest counts alone: an older one by somebody we know must not vouch for it.
        let Some(Moment { at, by: Some(user) }) = moments.into_iter().next() else {
            return Ok(None);
        };
        let trust = self.permission_of(&user).await?;
        Ok(Some(MadeReady { by: user.login, trust, at }))
    }

    /// The move of its card to Ready, if it still lies there.
    async fn moved_to_ready(&self, number: IssueNumber) -> Result<Option<Moment>, HostError> {
        let Some(board) = self.board() else { return Ok(None) };
        Ok(board
            .status_events(self.slug(), number)
            .await?
            .map(|event| Moment { at: event.at, by: event.by.map(|login| User::named(&login)) }))
    }
}

/// Something that made an issue Ready.
#[derive(Debug, PartialEq, Eq)]
struct Moment {
    at: Timestamp,
    /// Nobody where the account is gone.
    by: Option<User>,
}

/// An entry of the timeline about a label.
#[derive(Debug, Deserialize)]
struct LabelEvent {
    #[serde(deserialize_with = "present")]
    actor: Option<User>,
    label: LabelName,
    created_at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct LabelName {
    name: String,
}

/// The moment at which the label `ready` that is on now was put on. Entries of other kinds may have any form.
fn standing_label(timeline: Vec<Value>, number: IssueNumber) -> Result<Option<Moment>, HostError> {
    let mut standing = None;
    for entry in timeline {
        let puts_on = match entry.get("event").and_then(Value::as_str) {
            Some("labeled") => true,
            Some("unlabeled") => false,
            _ => continue,
        };
        let event: LabelEvent = serde_json::from_value(entry).map_err(|error| {
            malformed(format!("the timeline of issue {number}"), error.to_string())
        })?;
        if event.label.name.eq_ignore_ascii_case(READY) {
            standing = puts_on.then_some(Moment { at: event.created_at, by: event.actor });
        }
    }
    Ok(standing)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(login: &str, kind: &str) -> User {
        serde_json::from_value(json!({"login": login, "type": kind})).unwrap()
    }

    #[test]
    fn the_author_of_an_issue_is_judged_by_association() {
        let ann = user("ann", "User");
        for (association, expected) in [
            (Some("OWNER"), Trust::Trusted),
            (Some("MEMBER"), Trust::Trusted),
            (Some("COLLABORATOR"), Trust::Trusted),
            (Some("CONTRIBUTOR"), Trust::Untrusted),
            (Some("FIRST_TIMER"), Trust::Untrusted),
            (Some("FIRST_TIME_CONTRIBUTOR"), Trust::Untrusted),
            (Some("MANNEQUIN"), Trust::Untrusted),
            (Some("NONE"), Trust::Untrusted),
            (Some("SOMETHING_NEW"), Trust::Untrusted),
            (None, Trust::Unknown),
        ] {
            assert_eq!(of_author(Some(&ann), association), expected, "{association:?}");
            assert_eq!(of_author(None, association), Trust::Unknown, "{association:?}");
        }
    }

    #[test]
    fn a_commenter_who_may_have_write_access_is_asked_about() {
        let ann = user("ann", "User");
        for (association, expected) in [
            (Some("OWNER"), Standing::Is(Trust::Trusted)),
            (Some("MEMBER"), Standing::Ask),
            (Some("COLLABORATOR"), Standing::Ask),
            (Some("CONTRIBUTOR"), Standing::Ask),
            (Some("SOMETHING_NEW"), Standing::Ask),
            (None, Standing::Ask),
            (Some("NONE"), Standing::Is(Trust::Untrusted)),
            (Some("FIRST_TIMER"), Standing::Is(Trust::Untrusted)),
            (Some("FIRST_TIME_CONTRIBUTOR"), Standing::Is(Trust::Untrusted)),
            (Some("MANNEQUIN"), Standing::Is(Trust::Untrusted)),
        ] {
            assert_eq!(standing(Some(&ann), association), expected, "{association:?}");
            assert_eq!(standing(None, association), Standing::Is(Trust::Unknown));
        }
        let bot = user("helper[bot]", "Bot");
        assert_eq!(standing(Some(&bot), Some("NONE")), Standing::Ask);
    }

    #[test]
    fn write_access_is_what_counts() {
        for (word, expected) in [
            ("admin", Trust::Trusted),
            ("maintain", Trust::Trusted),
            ("write", Trust::Trusted),
            ("triage", Trust::Untrusted),
            ("read", Trust::Untrusted),
            ("none", Trust::Untrusted),
            ("", Trust::Unknown),
            ("emperor", Trust::Unknown),
        ] {
            assert_eq!(by_permission(word), expected, "{word}");
        }
    }

    fn entry(event: &str, label: &str, by: Option<&str>, minute: u8) -> Value {
        let actor = by.map(|login| json!({"login": login, "type": "User"}));
        let at = format!("2026-01-05T09:{minute:02}:00Z");
        json!({"event": event, "label": {"name": label}, "actor": actor, "created_at": at})
    }

    fn found(timeline: Vec<Value>) -> Option<(String, String)> {
        let moment = standing_label(timeline, IssueNumber(7)).unwrap()?;
        Some((moment.at.to_string(), moment.by.map_or_else(String::new, |user| user.login)))
    }

    #[test]
    fn the_newest_ready_label_that_is_still_on_counts() {
        let at =
            |minute: u8, by: &str| Some((format!("2026-01-05T09:{minute:02}:00Z"), by.to_owned()));
        assert_eq!(found(Vec::new()), None);
        assert_eq!(found(vec![entry("labeled", "Ready", Some("ann"), 1)]), at(1, "ann"));
        assert_eq!(
            found(vec![
                entry("labeled", "ready", Some("ann"), 1),
                entry("unlabeled", "ready", Some("ann"), 2),
                entry("labeled", "ready", Some("eve"), 3),
                entry("labeled", "bug", Some("ann"), 4),
            ]),
            at(3, "eve")
        );
        let taken_off = vec![
            entry("labeled", "ready", Some("ann"), 1),
            entry("unlabeled", "ready", Some("ann"), 2),
        ];
        assert_eq!(found(taken_off), None);
        assert_eq!(found(vec![entry("labeled", "ready", None, 1)]), at(1, ""));
    }

    #[test]
    fn entries_of_other_kinds_may_have_any_form_and_broken_ones_of_ours_are_errors() {
        let odd = vec![
            json!({"sha": "1", "author": {"name": "x"}}),
            json!({"event": "committed", "label": 7}),
            json!("text"),
            json!({"event": 7}),
        ];
        assert_eq!(found(odd), None);
        for broken in [
            json!({"event": "labeled", "label": {"name": "ready"}, "actor": null}),
            json!({"event": "labeled", "label": {"name": "ready"}, "created_at": "2026-01-05T09:00:00Z"}),
            json!({"event": "labeled", "actor": null, "created_at": "2026-01-05T09:00:00Z"}),
        ] {
            let error = standing_label(vec![broken], IssueNumber(7)).unwrap_err();
            assert!(matches!(error, HostError::Malformed { .. }), "{error}");
        }
    }
}
