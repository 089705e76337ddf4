//! How long it is from one start to the next, as a line of a crontab or a timer says it. Pure.

use jiff::SignedDuration;
use jiff::civil::date;

/// Two years, the first of them a leap year: whatever comes once a year has its pause in them.
const DAYS: u32 = 366 + 365 + 1;

/// The times at which a line of a crontab starts its command.
struct Times {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Both days are restricted: then either is enough.
    either: bool,
}

/// The longest time between two starts of a line of a crontab, from the fields before its command; `None` where they cannot be read, or
/// where no time is named at all (`@reboot`).
pub fn longest_pause(fields: &str) -> Option<SignedDuration> {
    let times = match fields.trim() {
        "@hourly" => times("0 * * * *"),
        "@daily" | "@midnight" => times("0 0 * * *"),
        "@weekly" => times("0 0 * * 0"),
        "@monthly" => times("0 0 1 * *"),
        "@yearly" | "@annually" => times("0 0 1 1 *"),
        fields => times(fields),
    }?;
    let mut starts = starts(&times);
    let mut before = starts.next()?;
    let mut longest = None;
    for at in starts {
        longest = longest.max(Some(at - before));
        before = at;
    }
    longest.map(|minutes| SignedDuration::from_mins(i64::from(minutes)))
}

/// The minutes of these years at which something starts.
fn starts(times: &Times) -> impl Iterator<Item = u32> {
    let is_in = |set: u64, value: u32| set & (1 << value) != 0;
    let days = (0..DAYS).zip(date(2024, 1, 1).series(jiff::ToSpan::days(1)));
    let on = days.filter(move |(_, day)| {
        let of_month = is_in(times.days, u32::from(day.day().unsigned_abs()));
        let weekday = day.weekday().to_sunday_zero_offset().unsigned_abs();
        let of_week = is_in(times.weekdays, u32::from(weekday));
        let is_day = if times.either { of_month || of_week } else { of_month && of_week };
        is_day && is_in(times.months, u32::from(day.month().unsigned_abs()))
    });
    on.flat_map(move |(number, _)| {
        let of_day = (0..24 * 60).filter(move |minute| {
            is_in(times.hours, minute / 60) && is_in(times.minutes, minute % 60)
        });
        of_day.map(move |minute| number * 24 * 60 + minute)
    })
}

fn times(fields: &str) -> Option<Times> {
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let [minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
    let weekdays_set = set(weekdays, 0, 7, &WEEKDAYS)?;
    // Seven is Sunday too.
    let weekdays_set = weekdays_set | (weekdays_set >> 7 & 1);
    Some(Times {
        minutes: set(minutes, 0, 59, &[])?,
        hours: set(hours, 0, 23, &[])?,
        days: set(days, 1, 31, &[])?,
        months: set(months, 1, 12, &MONTHS)?,
        weekdays: weekdays_set,
        either: !days.starts_with('*') && !weekdays.starts_with('*'),
    })
}

const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MONTHS: [&str; 13] =
    ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// One field: numbers, ranges, steps, names, separated by commas.
fn set(field: &str, first: u32, last: u32, names: &[&str]) -> Option<u64> {
    let number = |text: &str| -> Option<u32> {
        let by_name =
            names.iter().position(|name| !name.is_empty() && text.eq_ignore_ascii_case(name));
        by_name.and_then(|at| u32::try_from(at).ok()).or_else(|| text.parse().ok())
    };
    let mut set = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (first, last),
            (_, Some((from, to))) => (number(from)?, number(to)?),
            (single, None) if part.contains('/') => (number(single)?, last),
            (single, None) => (number(single)?, number(single)?),
        };
        if from < first || to > last || from > to {
            return None;
        }
        for value in (from..=to).step_by(step) {
            set |= 1_u64 << value;
        }
    }
    Some(set)
}

/// The time between two starts of a timer, from its `OnCalendar=`; `None` for forms that we do not write.
pub fn pause_of_timer(on_calendar: &str) -> Option<SignedDuration> {
    use super::Pace;
    let of = |text: &str| text.strip_prefix("*-*-* *:00/")?.strip_suffix(":00")?.parse().ok();
    let pace = match on_calendar.trim() {
        "*-*-* *:*:00" | "minutely" => Pace::EveryMinute,
        "*-*-* *:00:00" | "hourly" => Pace::Hourly,
        text if text.starts_with("Mon *-*-* ") => Pace::Weekly { minute: 0 },
        text => Pace::EveryMinutes(of(text)?),
    };
    Some(pace.period())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::Pace;

    #[test]
    fn the_longest_pause_of_a_line_is_found() {
        let minutes = |fields| longest_pause(fields).map(|pause| pause.as_mins());
        let day = 24 * 60;
        for (fields, pause) in [
            ("* * * * *", Some(1)),
            ("*/5 * * * *", Some(5)),
            ("0,30 * * * *", Some(30)),
            ("*/25 * * * *", Some(25)),
            ("7 * * * *", Some(60)),
            ("@hourly", Some(60)),
            ("0 9-17 * * *", Some(16 * 60)),
            ("0 7 * * 1", Some(7 * day)),
            ("0 7 * * MON", Some(7 * day)),
            ("0 7 * * 1-5", Some(3 * day)),
            ("0 0 * * 0,7", Some(7 * day)),
            ("0 0 1 * *", Some(31 * day)),
            ("0 0 1,15 * fri", Some(7 * day)),
            ("0 0 1 jan *", Some(366 * day)),
            ("@reboot", None),
            ("60 * * * *", None),
            ("*/0 * * * *", None),
            ("5-1 * * * *", None),
            ("0 0 30 2 *", None),
            ("* * * *", None),
            ("", None),
        ] {
            assert_eq!(minutes(fields), pause, "{fields}");
        }
    }

    #[test]
    fn what_we_write_we_can_read() {
        for pace in
            [Pace::EveryMinute, Pace::EveryMinutes(5), Pace::Hourly, Pace::Weekly { minute: 15 }]
        {
            assert_eq!(longest_pause(&pace.fields()), Some(pace.period()), "{pace:?}");
            assert_eq!(pause_of_timer(&pace.on_calendar()), Some(pace.period()), "{pace:?}");
        }
        assert_eq!(pause_of_timer("*-*-01 04:00:00"), None);
    }
}
