//! When the weekly jobs are due: once the last Monday 07:00, where the operator lives, has passed since they last ran (seed 000). Pure.

use jiff::civil::{Weekday, time};
use jiff::{Timestamp, Zoned};

/// The Monday 07:00 that was last reached.
pub fn last_monday(now: &Zoned) -> Option<Timestamp> {
    let date = now.date();
    let days = date.weekday().since(Weekday::Monday);
    let monday = date.checked_sub(jiff::ToSpan::days(i64::from(days))).ok()?;
    let at = |date: jiff::civil::Date| {
        date.to_datetime(time(7, 0, 0, 0)).to_zoned(now.time_zone().clone()).ok()
    };
    let this_week = at(monday)?;
    if this_week <= *now {
        return Some(this_week.timestamp());
    }
    Some(at(monday.checked_sub(jiff::ToSpan::days(7)).ok()?)?.timestamp())
}

/// The Monday 07:00 that comes next.
pub fn next_monday(now: &Zoned) -> Option<Timestamp> {
    let in_a_week = now.checked_add(jiff::ToSpan::days(7)).ok()?;
    last_monday(&in_a_week)
}

/// Whether a job is due: it last ran before that Monday, or never, and the installation had begun by then.
pub fn is_due(last: Option<Timestamp>, began: Option<Timestamp>, now: &Zoned) -> bool {
    let Some(monday) = last_monday(now) else { return false };
    match last {
        Some(last) => last < monday,
        None => began.is_some_and(|began| began < monday),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zoned(text: &str) -> Zoned {
        format!("{text}[Europe/Berlin]").parse().unwrap()
    }

    #[test]
    fn the_week_begins_on_monday_at_seven_where_the_operator_lives() {
        // 2026-11-16 is a Monday; Berlin is an hour ahead of UTC in November and two in summer.
        for (now, monday) in [
            ("2026-11-16T06:59:59+01:00", "2026-11-09T06:00:00Z"),
            ("2026-11-16T07:00:00+01:00", "2026-11-16T06:00:00Z"),
            ("2026-11-22T23:59:00+01:00", "2026-11-16T06:00:00Z"),
            ("2026-07-01T12:00:00+02:00", "2026-06-29T05:00:00Z"),
            // The clocks were put back on Sunday the 25th of October.
            ("2026-10-26T06:30:00+01:00", "2026-10-19T05:00:00Z"),
            ("2026-10-26T07:00:00+01:00", "2026-10-26T06:00:00Z"),
        ] {
            assert_eq!(last_monday(&zoned(now)), Some(monday.parse().unwrap()), "{now}");
        }
        // An hour more than a week: the clocks are put back meanwhile.
        let next = next_monday(&zoned("2026-10-19T07:00:00+02:00"));
        assert_eq!(next, Some("2026-10-26T06:00:00Z".parse().unwrap()));
    }

    #[test]
    fn a_job_is_due_once_a_week_and_not_before_the_first_monday() {
        let now = zoned("2026-11-18T12:00:00+01:00");
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let (before, after) = (at("2026-11-16T05:59:59Z"), at("2026-11-16T06:00:00Z"));
        for (last, first, due) in [
            (None, None, false),
            (None, after, false),
            (None, before, true),
            (before, before, true),
            (after, before, false),
            (at("2026-11-18T10:00:00Z"), before, false),
        ] {
            assert_eq!(is_due(last, first, &now), due, "{last:?} {first:?}");
        }
    }
}
