//! The time that is reported, and its weeks: Monday to Monday, in UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// 1970-01-05 was a Monday.
const MONDAY: i64 = 4 * DAY;

/// So many days before now, cut into weeks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// What happened at this moment or before it is not reported.
    pub since: Timestamp,
    /// What happens after this moment is not reported.
    pub until: Timestamp,
    /// The number of its first week, counted from the first Monday of 1970.
    first: i64,
    /// How many weeks it touches.
    weeks: usize,
}

impl Window {
    /// The last so many days.
    pub fn of(days: u32, now: Timestamp) -> Self {
        let long = SignedDuration::from_hours(i64::from(days) * 24);
        let since = now.checked_sub(long).unwrap_or(Timestamp::MIN);
        let (first, last) = (number(since), number(now));
        let weeks = usize::try_from(last - first).unwrap_or_default() + 1;
        Self { since, until: now, first, weeks }
    }

    /// Whether a moment lies in it.
    pub fn has(&self, at: Timestamp) -> bool {
        at > self.since && at <= self.until
    }

    /// How many weeks it touches; the first and the last are seldom whole.
    pub fn weeks(&self) -> usize {
        self.weeks
    }

    /// The week of a moment in it.
    pub fn week(&self, at: Timestamp) -> Option<usize> {
        if !self.has(at) {
            return None;
        }
        usize::try_from(number(at) - self.first).ok()
    }

    /// When a week begins and ends, as far as it lies in the window.
    pub fn span(&self, week: usize) -> (Timestamp, Timestamp) {
        let begin = self.first.saturating_add(i64::try_from(week).unwrap_or(i64::MAX));
        let at = |number: i64| {
            let seconds = number.saturating_mul(WEEK).saturating_add(MONDAY);
            Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
        };
        (at(begin).max(self.since), at(begin.saturating_add(1)).min(self.until))
    }

    /// Whether a week lies in it from its first to its last second.
    pub fn is_whole(&self, week: usize) -> bool {
        let (from, to) = self.span(week);
        to.duration_since(from).as_secs() == WEEK
    }
}

fn number(at: Timestamp) -> i64 {
    (at.as_second() - MONDAY).div_euclid(WEEK)
}

/// The day of a moment in UTC.
pub fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
