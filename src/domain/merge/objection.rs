//! What stands against the merge of one head though everything that can be read lets it pass: the host refused it, or a person closed a pull
//! request with this very commit. Kept in the task's file, so that a host is not asked the same again in every run, and so that nobody's
//! decision is undone by the next run of an agent.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::ids::{CommitSha, PrNumber};

/// After its first refusal of a head a host is asked again so soon: GitHub refuses for a moment too, while it computes.
const SOON: SignedDuration = SignedDuration::from_mins(5);

/// After each further one: a rule may have changed, which no answer of the host tells.
const LATER: SignedDuration = SignedDuration::from_hours(1);

/// An objection to the merge of one head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// The head that is meant; another one is free of it.
    pub head: CommitSha,
    /// Why, in one line, for people.
    pub reason: String,
    /// When it ends by itself; a person's does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How often the host has refused this head.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Objection {
    /// The host refused to merge this head, with its reason, behind what was known before.
    pub fn of_host(head: CommitSha, reason: &str, now: Timestamp, before: Option<&Self>) -> Self {
        let earlier = before.filter(|before| before.head == head).map_or(0, |it| it.refused);
        let after = if earlier == 0 { SOON } else { LATER };
        let until = now.checked_add(after).unwrap_or(Timestamp::MAX);
        let reason = format!("the host refuses the merge: {reason}");
        Self { head, reason, until: Some(until), refused: earlier.saturating_add(1) }
    }

    /// A person closed this pull request, whose head it was.
    pub fn of_closing(head: CommitSha, pr: PrNumber) -> Self {
        let reason = format!(
            "pull request {} was closed with this very commit, and nothing was changed since: look at it again; `/agent approve` lets it pass",
            pr.0
        );
        Self { head, reason, until: None, refused: 0 }
    }

    /// Whether it stands against a merge of this head now.
    pub fn stands_against(&self, head: &CommitSha, now: Timestamp) -> bool {
        self.head == *head && self.until.is_none_or(|until| now < until)
    }

    /// Whether a person is needed: a single refusal may be over by itself.
    pub fn needs_person(&self) -> bool {
        self.refused != 1
    }

    /// Our own rebase, or a repair of ours, put the same work on another commit: what a person objected to is still the same.
    pub fn follow(&mut self, from: Option<&CommitSha>, to: &CommitSha) {
        if self.until.is_none() && from == Some(&self.head) {
            self.head = to.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(letter: char) -> CommitSha {
        letter.to_string().repeat(40).parse().unwrap()
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    #[test]
    fn a_host_is_asked_again_after_an_hour_and_a_person_never_by_itself() {
        let first = Objection::of_host(sha('a'), "a review is missing", at(-5), None);
        assert_eq!(first.reason, "the host refuses the merge: a review is missing");
        assert!(first.stands_against(&sha('a'), at(-1)) && !first.needs_person());
        assert!(!first.stands_against(&sha('a'), at(0)), "asked again soon");
        let other = Objection::of_host(sha('b'), "a review is missing", at(0), Some(&first));
        assert!(!other.needs_person(), "the first refusal of another head");
        let host = Objection::of_host(sha('a'), "a review is missing", at(0), Some(&first));
        let person = Objection::of_closing(sha('a'), PrNumber(7));
        for (objection, head, minute, stands) in [
            (&host, 'a', 0, true),
            (&host, 'a', 59, true),
            (&host, 'a', 60, false),
            (&host, 'b', 1, false),
            (&person, 'a', 99_999, true),
            (&person, 'b', 1, false),
        ] {
            assert!(objection.needs_person());
            let got = objection.stands_against(&sha(head), at(minute));
            assert_eq!(got, stands, "{} {head} {minute}", objection.reason);
        }
    }

    #[test]
    fn a_persons_objection_follows_a_rebase_and_that_of_a_host_does_not() {
        let mut person = Objection::of_closing(sha('a'), PrNumber(7));
        person.follow(Some(&sha('b')), &sha('c'));
        assert_eq!(person.head, sha('a'), "another commit was moved");
        person.follow(Some(&sha('a')), &sha('c'));
        assert_eq!(person.head, sha('c'));
        let mut host = Objection::of_host(sha('a'), "no", at(0), None);
        host.follow(Some(&sha('a')), &sha('c'));
        assert_eq!(host.head, sha('a'));
    }
}
