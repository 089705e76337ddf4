//! Numbers of the report in words, the same on terminals and pages.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::blocker::BlockerCode;
use crate::domain::execution::Interval;
use crate::domain::reliability::day;
use crate::text::clean;

/// What stands where nothing is known.
pub(super) const UNKNOWN: &str = "–";

/// A share from 0 to 1.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A share with the range in which the true one lies.
pub(super) fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || UNKNOWN.to_owned(),
        |found| {
            let (low, high) = (found.low * 100.0, found.high * 100.0);
            format!("{} ({low:.0}–{high:.0} %)", percent(found.rate))
        },
    )
}

/// Dollars; small sums with more digits.
pub(super) fn money(usd: f64) -> String {
    match usd {
        0.0 => "$0".to_owned(),
        usd if usd < 0.1 => format!("${usd:.4}"),
        usd if usd < 1000.0 => format!("${usd:.2}"),
        usd => format!("${usd:.0}"),
    }
}

/// A duration by its two largest units.
pub(super) fn duration(seconds: f64) -> String {
    // Shorter than a century, and never below zero.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
    let whole = seconds.round().clamp(0.0, 4e9) as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60);
    match whole {
        0..60 => format!("{whole} s"),
        60..600 if !whole.is_multiple_of(60) => format!("{minutes} min {} s", whole % 60),
        60..3600 => format!("{minutes} min"),
        3600..86_400 if minutes > 0 => format!("{hours} h {minutes} min"),
        3600..86_400 => format!("{hours} h"),
        _ if hours > 0 => format!("{days} d {hours} h"),
        _ => format!("{days} d"),
    }
}

/// The same, or that it is not known.
pub(super) fn known<T>(value: Option<T>, word: impl Fn(T) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), word)
}

/// A business score, with its sign.
pub(super) fn score(score: f64) -> String {
    format!("{score:+.2}").replace('-', "−")
}

/// A day with its year.
pub(super) fn date(at: Timestamp) -> String {
    day(at).strftime("%-d %B %Y").to_string()
}

/// A day without its year.
pub(super) fn short(date: Date) -> String {
    date.strftime("%-d %b").to_string()
}

/// What stood in the way, by its code; a code that is none is somebody else's text.
pub(super) fn obstacle(code: &str) -> String {
    match code.parse::<BlockerCode>() {
        Ok(BlockerCode::None) => "unfinished work".to_owned(),
        Ok(known) => known.as_str().replace('_', " "),
        Err(_) => clean::one_line(code, 34),
    }
}

/// A number with its noun.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_people_say_them() {
        let durations = [0.4, 59.6, 61.0, 600.0, 3600.0, 7860.0, 90_000.0, 172_800.0, -5.0];
        assert_eq!(
            durations.map(duration),
            ["0 s", "1 min", "1 min 1 s", "10 min", "1 h", "2 h 11 min", "1 d 1 h", "2 d", "0 s"]
        );
        assert_eq!([0.0, 0.0123, 1.5, 2345.6].map(money), ["$0", "$0.0123", "$1.50", "$2346"]);
        assert_eq!([0.25, -0.4].map(score), ["+0.25", "−0.40"]);
        let rate = Interval { rate: 0.6, low: 0.2307, high: 0.8824 };
        assert_eq!(interval(Some(rate)), "60 % (23–88 %)");
        assert_eq!(interval(None), "–");
        assert_eq!(count(1, "run", "runs"), "1 run");
        assert_eq!(date("2026-11-09T23:00:00Z".parse().unwrap()), "9 November 2026");
    }
}
