//! When notices may be told: quiet hours, the daily digest, and how many messages become one. Pure.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::notice::Rank;

/// More messages than this at a time become one.
const MOST_AT_ONCE: usize = 5;

/// Hours of the day, local time, in which nothing is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    to: Time,
}

/// The text does not name two times of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two different times of day are expected, as in `22:00-07:00`")]
pub struct BadQuietHours;

impl QuietHours {
    /// Whether this time of day is quiet; the span may reach over midnight.
    pub fn contain(&self, time: Time) -> bool {
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

impl FromStr for QuietHours {
    type Err = BadQuietHours;

    /// Reads `22:00-07:00`, or `22-7`.
    fn from_str(text: &str) -> Result<Self, BadQuietHours> {
        let (from, to) = text.split_once(['-', '–']).ok_or(BadQuietHours)?;
        match (time(from), time(to)) {
            (Some(from), Some(to)) if from != to => Ok(Self { from, to }),
            _ => Err(BadQuietHours),
        }
    }
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
    let number = |text: &str| {
        text.parse::<i8>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.hour(), from.minute(), to.hour(), to.minute())
    }
}

/// When the operator wants to be told.
#[derive(Debug, Clone, Default)]
pub struct Habits {
    /// Nothing is told then.
    pub quiet: Option<QuietHours>,
    /// What is not urgent is told once a day, from this hour on.
    pub digest_hour: Option<i8>,
}

/// A notice that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// How urgent it is.
    pub rank: Rank,
    /// Since when it waits.
    pub at: Timestamp,
}

/// The messages that are due now: for each the positions of its notices, which keep their order. Nothing in quiet hours. What was held
/// back by them and is not urgent becomes one message, as does a digest, and as does everything when there is too much of it.
pub fn due(now: &Zoned, habits: &Habits, waiting: &[Waiting]) -> Vec<Vec<usize>> {
    if habits.quiet.is_some_and(|quiet| quiet.contain(now.time())) {
        return Vec::new();
    }
    let zone = now.time_zone();
    let digest = habits.digest_hour.map(|hour| last_digest(now, hour));
    let was_held = |at: Timestamp| {
        let time = at.to_zoned(zone.clone()).time();
        habits.quiet.is_some_and(|quiet| quiet.contain(time))
    };
    let (mut single, mut together) = (Vec::new(), Vec::new());
    for (position, notice) in waiting.iter().enumerate() {
        match (notice.rank, digest) {
            (Rank::Info, Some(digest)) if notice.at < digest => together.push(position),
            (Rank::Info, Some(_)) => {}
            (Rank::Info, None) if was_held(notice.at) => together.push(position),
            (Rank::Alert, _) | (Rank::Info, None) => single.push(vec![position]),
        }
    }
    if single.len() > MOST_AT_ONCE {
        single = vec![single.concat()];
    }
    if !together.is_empty() {
        single.push(together);
    }
    single
}

/// The moment of the last digest that is due at `now`: today's, or yesterday's before that hour.
fn last_digest(now: &Zoned, hour: i8) -> Timestamp {
    let of = |date: jiff::civil::Date, zone: TimeZone| {
        // An hour that a clock change leaves out is the one behind it.
        date.at(hour, 0, 0, 0).to_zoned(zone).map(|moment| moment.timestamp())
    };
    let today = of(now.date(), now.time_zone().clone());
    match today {
        Ok(today) if today <= now.timestamp() => today,
        _ => now
            .date()
            .yesterday()
            .and_then(|date| of(date, now.time_zone().clone()))
            .unwrap_or(Timestamp::MIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(text: &str) -> QuietHours {
        text.parse().unwrap()
    }

    fn moment(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    fn waiting(rank: Rank, at: &str) -> Waiting {
        Waiting { rank, at: moment(at).timestamp() }
    }

    #[test]
    fn quiet_hours_reach_over_midnight() {
        for (span, time, is_quiet) in [
            ("22:00-07:00", "21:59", false),
            ("22:00-07:00", "22:00", true),
            ("22:00-07:00", "23:59", true),
            ("22:00-07:00", "00:00", true),
            ("22:00-07:00", "06:59", true),
            ("22:00-07:00", "07:00", false),
            ("22-7", "03:00", true),
            ("12:30-13:15", "12:29", false),
            ("12:30-13:15", "12:30", true),
            ("12:30-13:15", "13:15", false),
            ("23-0", "23:30", true),
            ("23-0", "00:00", false),
        ] {
            let hours: QuietHours = span.parse().unwrap();
            assert_eq!(hours.contain(time.parse().unwrap()), is_quiet, "{span} {time}");
        }
    }

    #[test]
    fn quiet_hours_have_one_spelling_and_nonsense_has_none() {
        assert_eq!("22-7".parse::<QuietHours>().unwrap().to_string(), "22:00-07:00");
        for bad in
            ["", "22", "always", "22-22", "24-7", "22:60-7", "-1-7", "+22-7", "22:00-07:00-1"]
        {
            assert!(bad.parse::<QuietHours>().is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_is_due_in_quiet_hours_and_alerts_come_one_by_one_behind_them() {
        let habits = Habits { quiet: Some(quiet("22-7")), digest_hour: None };
        let notices = [
            waiting(Rank::Info, "2026-01-05T23:00[UTC]"),
            waiting(Rank::Alert, "2026-01-05T23:10[UTC]"),
            waiting(Rank::Info, "2026-01-06T03:00[UTC]"),
            waiting(Rank::Info, "2026-01-06T07:01[UTC]"),
        ];
        for night in ["2026-01-05T23:30[UTC]", "2026-01-06T06:59[UTC]"] {
            assert!(due(&moment(night), &habits, &notices).is_empty(), "{night}");
        }
        let morning = due(&moment("2026-01-06T07:02[UTC]"), &habits, &notices);
        assert_eq!(morning, [vec![1], vec![3], vec![0, 2]]);
    }

    #[test]
    fn quiet_hours_are_the_operators_own_time() {
        let habits = Habits { quiet: Some(quiet("22-7")), digest_hour: None };
        let notices = [waiting(Rank::Alert, "2026-01-05T12:00[UTC]")];
        let evening = "2026-01-05T21:30+00:00[UTC]".parse::<Zoned>().unwrap();
        assert_eq!(due(&evening, &habits, &notices).len(), 1);
        let berlin = evening.with_time_zone(TimeZone::fixed(jiff::tz::offset(1)));
        assert!(due(&berlin, &habits, &notices).is_empty());
    }

    #[test]
    fn a_digest_holds_what_happened_before_its_hour_and_alerts_do_not_wait_for_it() {
        let habits = Habits { quiet: None, digest_hour: Some(9) };
        let notices = [
            waiting(Rank::Info, "2026-01-05T10:00[UTC]"),
            waiting(Rank::Info, "2026-01-06T08:59[UTC]"),
            waiting(Rank::Info, "2026-01-06T09:00[UTC]"),
            waiting(Rank::Alert, "2026-01-06T08:30[UTC]"),
        ];
        let due_at = |now: &str| due(&moment(now), &habits, &notices);
        assert_eq!(due_at("2026-01-06T08:59[UTC]"), [vec![3]]);
        assert_eq!(due_at("2026-01-06T09:00[UTC]"), [vec![3], vec![0, 1]]);
        assert_eq!(due_at("2026-01-07T09:05[UTC]"), [vec![3], vec![0, 1, 2]]);
    }

    #[test]
    fn a_digest_that_falls_into_quiet_hours_comes_behind_them() {
        let habits = Habits { quiet: Some(quiet("22-7")), digest_hour: Some(5) };
        let notices = [waiting(Rank::Info, "2026-01-05T10:00[UTC]")];
        assert!(due(&moment("2026-01-06T05:30[UTC]"), &habits, &notices).is_empty());
        assert_eq!(due(&moment("2026-01-06T07:00[UTC]"), &habits, &notices), [vec![0]]);
    }

    #[test]
    fn too_many_messages_become_one() {
        let five = [waiting(Rank::Info, "2026-01-05T10:00[UTC]"); 5];
        let six = [waiting(Rank::Alert, "2026-01-05T10:00[UTC]"); 6];
        let now = moment("2026-01-05T10:05[UTC]");
        assert_eq!(due(&now, &Habits::default(), &five).len(), 5);
        assert_eq!(due(&now, &Habits::default(), &six), [vec![0, 1, 2, 3, 4, 5]]);
    }
}
