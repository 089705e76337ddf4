//! When a job that has a pace of its own is due for a repository (`CONTRACT.md` section 6: `sprint_cadence_days`,
//! `groomer_cadence_days`). Pure.

use jiff::{SignedDuration, Timestamp};

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Whether it is time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It is.
    Now,
    /// Not before then.
    At(Timestamp),
    /// Never: its pace is 0.
    Dormant,
}

/// When a job is due that last ran then, and runs every so many days (fractions allowed, 0 = dormant). A clock that went back makes nothing
/// due: the pace is a promise about money.
pub fn due(last: Option<Timestamp>, days: f64, now: Timestamp) -> Due {
    if days <= 0.0 || !days.is_finite() {
        return Due::Dormant;
    }
    let Some(last) = last else { return Due::Now };
    let pace = SignedDuration::try_from_secs_f64(days * DAY).unwrap_or(SignedDuration::MAX);
    let next = last.checked_add(pace).unwrap_or(Timestamp::MAX);
    if next <= now { Due::Now } else { Due::At(next) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_job_is_due_when_its_pace_has_passed() {
        let last = Some(at("2026-11-20T00:00:00Z"));
        let rows = [
            (None, 7.0, "2026-11-20T00:00:00Z", Due::Now),
            (None, 0.0, "2026-11-20T00:00:00Z", Due::Dormant),
            (last, 0.0, "2027-11-20T00:00:00Z", Due::Dormant),
            (last, 3.5, "2026-11-23T11:59:59Z", Due::At(at("2026-11-23T12:00:00Z"))),
            (last, 3.5, "2026-11-23T12:00:00Z", Due::Now),
            (last, 0.01, "2026-11-20T00:14:24Z", Due::Now),
            (last, 7.0, "2026-11-01T00:00:00Z", Due::At(at("2026-11-27T00:00:00Z"))),
            (last, 1e300, "2026-11-21T00:00:00Z", Due::At(Timestamp::MAX)),
        ];
        for (last, days, now, wanted) in rows {
            assert_eq!(due(last, days, at(now)), wanted, "{last:?} every {days} days, at {now}");
        }
    }
}
