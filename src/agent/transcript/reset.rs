//! When a limit ends, read from what the program says: "resets 6:32pm (UTC)", "try again at 6:35 PM",
//! "retry after 5h12m3s", a number of seconds, a time stamp.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Moment;

#[cfg(test)]
mod tests;

/// The longest limit that providers have is a month; what is further away was not understood.
const FURTHEST: SignedDuration = SignedDuration::from_hours(40 * 24);

/// The first instant after now that the text says the limit ends at.
pub(super) fn find(text: &str, moment: Moment<'_>) -> Option<Timestamp> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || ",;()[]{}\"'=|·".contains(c))
        .map(|word| word.trim_end_matches(['.', ':', '!']))
        .filter(|word| !word.is_empty())
        .collect();
    words.iter().enumerate().filter(|(_, word)| is_trigger(word)).find_map(|(at, trigger)| {
        let mut behind = words.get(at + 1..)?;
        while let Some((_, rest)) = behind.split_first().filter(|(word, _)| is_filler(word)) {
            behind = rest;
        }
        let found = instant(trigger, behind, moment)?;
        let ahead = found.duration_since(moment.now);
        (ahead.is_positive() && ahead <= FURTHEST).then_some(found)
    })
}

/// The instant so many seconds from now, as `Retry-After` gives them.
pub(super) fn after_seconds(seconds: &str, moment: Moment<'_>) -> Option<Timestamp> {
    let seconds: u32 = seconds.trim().parse().ok().filter(|seconds| *seconds > 0)?;
    let wait = SignedDuration::from_secs(i64::from(seconds));
    moment.now.checked_add(wait).ok().filter(|_| wait <= FURTHEST)
}

fn is_trigger(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["reset", "retry", "renew", "reached"].iter().any(|start| word.starts_with(start))
        || matches!(word.as_str(), "again" | "available" | "until")
}

fn is_filler(word: &str) -> bool {
    matches!(
        word.to_ascii_lowercase().as_str(),
        "at" | "in"
            | "after"
            | "on"
            | "by"
            | "the"
            | "again"
            | "your"
            | "limit"
            | "limits"
            | "quota"
            | "will"
            | "be"
            | "is"
            | "available"
            | "please"
            | "about"
            | "around"
            | "reset"
            | "resets"
            | "try"
    )
}

fn instant(trigger: &str, words: &[&str], moment: Moment<'_>) -> Option<Timestamp> {
    let first = words.first()?;
    if let Some(stamp) = epoch(first).or_else(|| first.parse().ok()) {
        return Some(stamp);
    }
    if trigger.to_ascii_lowercase().replace('_', "-").starts_with("retry-after")
        && first.bytes().all(|b| b.is_ascii_digit())
        && words.get(1).and_then(|word| unit_ms(word)).is_none()
    {
        return after_seconds(first, moment);
    }
    match duration(words) {
        Some(wait) => moment.now.checked_add(wait).ok(),
        None => clock(words, moment),
    }
}

/// Seconds or milliseconds since 1970, recognised by their length.
fn epoch(word: &str) -> Option<Timestamp> {
    let number: i64 = word.parse().ok()?;
    match word.len() {
        10 => Timestamp::from_second(number).ok(),
        13 => Timestamp::from_millisecond(number).ok(),
        _ => None,
    }
}

/// `5h12m3s`, `35.2s`, `3 days 4 hours`, `1 hour and 5 minutes`.
fn duration(words: &[&str]) -> Option<SignedDuration> {
    let mut total_ms: u64 = 0;
    let mut found = false;
    let mut rest =
        words.iter().copied().filter(|word| !word.eq_ignore_ascii_case("and")).peekable();
    while let Some(word) = rest.next() {
        let parts = if word.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            let unit = rest.next_if(|unit| unit_ms(unit).is_some());
            unit.and_then(|unit| scaled(word, unit))
        } else {
            compact(word)
        };
        let Some(ms) = parts else { break };
        total_ms = total_ms.checked_add(ms)?;
        found = true;
    }
    found.then(|| i64::try_from(total_ms).ok().map(SignedDuration::from_millis)).flatten()
}

/// A word of numbers and units without spaces, in milliseconds.
fn compact(word: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = word;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(number_end);
        let unit_end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        total = total.checked_add(scaled(number, unit)?)?;
        rest = behind;
    }
    (!word.is_empty()).then_some(total)
}

fn scaled(number: &str, unit: &str) -> Option<u64> {
    let unit = unit_ms(unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok()?;
    // Tenths are exact enough for a wait.
    let tenths = fraction.chars().next().and_then(|c| c.to_digit(10)).unwrap_or(0);
    whole.checked_mul(unit)?.checked_add(u64::from(tenths) * unit / 10)
}

fn unit_ms(word: &str) -> Option<u64> {
    match word.to_ascii_lowercase().as_str() {
        "ms" => Some(1),
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1000),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60_000),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3_600_000),
        "d" | "day" | "days" => Some(86_400_000),
        _ => None,
    }
}

/// A date or a time of day, each as far as it was said.
#[derive(Debug, Default)]
struct Said {
    time: Option<Time>,
    date: Option<Date>,
    weekday: Option<Weekday>,
    month: Option<i8>,
    day: Option<i8>,
    year: Option<i16>,
    tomorrow: bool,
    zone: Option<TimeZone>,
}

fn clock(words: &[&str], moment: Moment<'_>) -> Option<Timestamp> {
    let mut said = Said::default();
    let mut rest = words.iter().copied().take(12).peekable();
    while let Some(word) = rest.next() {
        let half = rest.peek().copied().and_then(half_of_day);
        if said.time.is_none()
            && let Some((time, took_half)) = time_of_day(word, half)
        {
            said.time = Some(time);
            if took_half {
                rest.next();
            }
        } else if !said.take(word) && !is_filler(word) {
            break;
        }
    }
    said.next_instant(moment)
}

impl Said {
    /// Takes a word that is part of a date or a zone; `false` when it is neither.
    fn take(&mut self, word: &str) -> bool {
        let lower = word.to_ascii_lowercase();
        if let Some(weekday) = weekday(&lower) {
            self.weekday = Some(weekday);
        } else if let Some(month) = month(&lower) {
            self.month = Some(month);
        } else if let Some(stamp) =
            word.contains('T').then(|| word.parse::<DateTime>().ok()).flatten()
        {
            (self.date, self.time) = (Some(stamp.date()), Some(stamp.time()));
        } else if let Ok(date) = word.parse::<Date>() {
            self.date = Some(date);
        } else if let Some(year) = lower.parse().ok().filter(|year| (2000..2200).contains(year)) {
            self.year = Some(year);
        } else if let Some(day) = day_of_month(&lower) {
            self.day = Some(day);
        } else if lower == "tomorrow" || lower == "today" {
            self.tomorrow = lower == "tomorrow";
        } else if let Some(zone) = zone(word) {
            self.zone = Some(zone);
        } else {
            return false;
        }
        true
    }

    fn next_instant(self, moment: Moment<'_>) -> Option<Timestamp> {
        let zone = self.zone.clone().unwrap_or_else(|| moment.zone.clone());
        let today = moment.now.to_zoned(zone.clone()).date();
        let time = match self.time {
            Some(time) => time,
            None if self.date.is_some() || self.month.is_some() || self.weekday.is_some() => {
                Time::midnight()
            }
            None => return None,
        };
        let at = |date: Date| {
            let there = date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp();
            (there > moment.now).then_some(there)
        };
        if let Some(date) = self.date {
            return at(date);
        }
        if self.month.is_some() != self.day.is_some() {
            return None;
        }
        if let (Some(month), Some(day)) = (self.month, self.day) {
            let years = self.year.map_or(vec![today.year(), today.year() + 1], |year| vec![year]);
            return years.into_iter().find_map(|year| at(Date::new(year, month, day).ok()?));
        }
        let start = if self.tomorrow { today.tomorrow().ok()? } else { today };
        let mut days = start.series(jiff::Span::new().days(1)).take(9);
        days.find_map(|date| {
            at(date).filter(|_| self.weekday.is_none_or(|weekday| date.weekday() == weekday))
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

fn half_of_day(word: &str) -> Option<Half> {
    match word.to_ascii_lowercase().replace('.', "").as_str() {
        "am" => Some(Half::Morning),
        "pm" => Some(Half::Afternoon),
        _ => None,
    }
}

/// `6:32pm`, `6:35` before `PM`, `3pm`, `18:35:10`; and whether the next word was needed for it.
fn time_of_day(word: &str, next: Option<Half>) -> Option<(Time, bool)> {
    let letters = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
    let (digits, suffix) = word.split_at(letters);
    let own = if suffix.is_empty() { None } else { Some(half_of_day(suffix)?) };
    let half = own.or(next);
    if half.is_none() && !digits.contains(':') {
        return None;
    }
    let mut numbers = digits.split(':').map(str::parse::<i8>);
    let hour = numbers.next()?.ok()?;
    let minute = numbers.next().transpose().ok()?.unwrap_or(0);
    let second = numbers.next().transpose().ok()?.unwrap_or(0);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(Half::Morning) => hour % 12,
        Some(Half::Afternoon) => hour % 12 + 12,
        None => hour,
    };
    Some((Time::new(hour, minute, second, 0).ok()?, own.is_none() && half.is_some()))
}

fn day_of_month(word: &str) -> Option<i8> {
    let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = word.get(number.len()..)?;
    matches!(suffix, "" | "st" | "nd" | "rd" | "th").then_some(())?;
    number.parse().ok().filter(|day| (1..=31).contains(day))
}

fn weekday(word: &str) -> Option<Weekday> {
    match word.get(..3)? {
        "mon" if "monday".starts_with(word) => Some(Weekday::Monday),
        "tue" if "tuesday".starts_with(word) => Some(Weekday::Tuesday),
        "wed" if "wednesday".starts_with(word) => Some(Weekday::Wednesday),
        "thu" if "thursday".starts_with(word) => Some(Weekday::Thursday),
        "fri" if "friday".starts_with(word) => Some(Weekday::Friday),
        "sat" if "saturday".starts_with(word) => Some(Weekday::Saturday),
        "sun" if "sunday".starts_with(word) => Some(Weekday::Sunday),
        _ => None,
    }
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = MONTHS.iter().position(|month| word.len() >= 3 && month.starts_with(word))?;
    i8::try_from(at + 1).ok()
}

fn zone(word: &str) -> Option<TimeZone> {
    match word.to_ascii_uppercase().as_str() {
        "UTC" | "GMT" | "Z" => Some(TimeZone::UTC),
        _ if word.contains('/') => TimeZone::get(word).ok(),
        _ => None,
    }
}
