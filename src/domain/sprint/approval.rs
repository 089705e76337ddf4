//! How a sprint waits for a person: until when, and what follows from what it meets.

use jiff::{SignedDuration, Timestamp};

use super::record::{Sprint, Status};

/// A person needs at least so long.
const SHORTEST: SignedDuration = SignedDuration::from_mins(10);

/// A weekend passes within so long; a plan that is older was made on another world.
const LONGEST: SignedDuration = SignedDuration::from_hours(72);

/// This share of the pace is left for an answer.
const SHARE: f64 = 0.8;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// How long a sprint waits for an answer.
pub fn window(cadence_days: f64) -> SignedDuration {
    let share = SignedDuration::try_from_secs_f64(cadence_days * SECONDS_OF_A_DAY * SHARE);
    share.unwrap_or(LONGEST).clamp(SHORTEST, LONGEST)
}

/// What a waiting sprint meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whether a person has closed its issue.
    pub is_issue_closed: bool,
    /// Whether nothing is planned any more (`sprint_cadence_days: 0`).
    pub is_dormant: bool,
    /// When it is looked at.
    pub now: Timestamp,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Nothing yet.
    Wait,
    /// Its issues become Ready.
    Approve {
        /// Who said so.
        by: String,
    },
    /// Nothing of it is done.
    Reject {
        /// Who said so.
        by: String,
    },
    /// Nobody answered in time: nothing of it is done.
    Expire {
        /// Why.
        reason: String,
    },
}

/// Decides about a sprint. What its file says counts, by whose hand or command whatever; no answer is never a yes.
pub fn rule(sprint: &Sprint, facts: &Facts) -> Ruling {
    let by = sprint.decided_by.clone();
    let by_file = || by.clone().unwrap_or_else(|| "a person, in its file".to_owned());
    match sprint.status {
        Status::Approved => return Ruling::Approve { by: by_file() },
        Status::Rejected => return Ruling::Reject { by: by_file() },
        Status::Expired => {
            let reason = sprint.reason.clone();
            let reason = reason.unwrap_or_else(|| "its file says so".to_owned());
            return Ruling::Expire { reason };
        }
        Status::Waiting => {}
    }
    if facts.is_issue_closed {
        return Ruling::Reject { by: "a person, who closed its issue".to_owned() };
    }
    if facts.is_dormant {
        let reason = "`sprint_cadence_days` is 0: nothing is planned any more".to_owned();
        return Ruling::Expire { reason };
    }
    match sprint.expires_at {
        Some(until) if until <= facts.now => {
            Ruling::Expire { reason: format!("nobody answered until {until}") }
        }
        _ => Ruling::Wait,
    }
}
