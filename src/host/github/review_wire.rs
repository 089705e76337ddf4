//! Reviews of pull requests as GitHub sends them, only the fields that we read.

use serde::Deserialize;

use super::wire::{User, present};
use crate::domain::pull::{Review, ReviewState};
use crate::text::clean;

/// Most characters of a login in a message.
const MAX_LOGIN_CHARS: usize = 60;

/// A review, from a list.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ReviewWire {
    /// Nothing where the account was deleted.
    #[serde(deserialize_with = "present")]
    user: Option<Reviewer>,
    state: String,
    author_association: String,
    #[serde(deserialize_with = "present")]
    commit_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Reviewer {
    login: String,
    #[serde(rename = "type")]
    kind: String,
}

/// What the reviews say, in GitHub's order, which is the order of their time. One that was not sent yet says nothing.
pub(super) fn understood(listed: Vec<ReviewWire>) -> Vec<Review> {
    listed.into_iter().filter_map(ReviewWire::into_domain).collect()
}

impl ReviewWire {
    /// The same from another interface than REST.
    pub(super) fn of(
        by: Option<User>,
        state: String,
        author_association: String,
        commit_id: Option<String>,
    ) -> Self {
        let user = by.map(|user| {
            let kind = if user.is_bot() { "Bot" } else { "User" };
            Reviewer { login: user.login, kind: kind.to_owned() }
        });
        Self { user, state, author_association, commit_id }
    }

    fn into_domain(self) -> Option<Review> {
        let state = match self.state.to_uppercase().as_str() {
            "APPROVED" => ReviewState::Approved,
            "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
            "DISMISSED" => ReviewState::Dismissed,
            "PENDING" => return None,
            _ => ReviewState::Commented,
        };
        // A deleted account is a person who cannot take back what was said, and nobody whose approval counts.
        let is_person = self.user.as_ref().is_none_or(|user| user.kind != "Bot");
        let may = matches!(self.author_association.as_str(), "OWNER" | "MEMBER" | "COLLABORATOR");
        let by = self.user.as_ref().map_or("ghost", |user| user.login.as_str());
        Some(Review {
            by: clean::one_line(by, MAX_LOGIN_CHARS),
            is_person,
            has_say: may && is_person && self.user.is_some(),
            state,
            head: self.commit_id.and_then(|commit| commit.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HEAD: &str = "1111111111111111111111111111111111111111";

    fn read(changes: &Value) -> Option<Review> {
        let mut answer = json!({
            "user": {"login": "ann", "type": "User"}, "state": "APPROVED",
            "author_association": "MEMBER", "commit_id": HEAD,
        });
        for (key, value) in changes.as_object().unwrap() {
            answer[key] = value.clone();
        }
        serde_json::from_value::<ReviewWire>(answer).unwrap().into_domain()
    }

    #[test]
    fn each_state_of_a_review_is_known_and_an_unsent_one_says_nothing() {
        for (state, expected) in [
            ("APPROVED", Some(ReviewState::Approved)),
            ("approved", Some(ReviewState::Approved)),
            ("CHANGES_REQUESTED", Some(ReviewState::ChangesRequested)),
            ("COMMENTED", Some(ReviewState::Commented)),
            ("DISMISSED", Some(ReviewState::Dismissed)),
            ("SOMETHING_NEW", Some(ReviewState::Commented)),
            ("PENDING", None),
        ] {
            let review = read(&json!({"state": state}));
            assert_eq!(review.map(|review| review.state), expected, "{state}");
        }
    }

    #[test]
    fn only_people_of_the_house_have_a_say() {
        for (changes, is_person, has_say) in [
            (json!({}), true, true),
            (json!({"author_association": "OWNER"}), true, true),
            (json!({"author_association": "COLLABORATOR"}), true, true),
            (json!({"author_association": "CONTRIBUTOR"}), true, false),
            (json!({"author_association": "NONE"}), true, false),
            (json!({"user": {"login": "review[bot]", "type": "Bot"}}), false, false),
            (json!({"user": null}), true, false),
        ] {
            let review = read(&changes).unwrap();
            assert_eq!((review.is_person, review.has_say), (is_person, has_say), "{changes}");
        }
    }

    #[test]
    fn the_head_that_a_review_is_about_may_be_gone() {
        assert_eq!(read(&json!({})).unwrap().head.unwrap().as_str(), HEAD);
        assert_eq!(read(&json!({"commit_id": null})).unwrap().head, None);
        assert_eq!(read(&json!({"commit_id": "x"})).unwrap().head, None);
        assert_eq!(read(&json!({"user": null})).unwrap().by, "ghost");
    }
}
