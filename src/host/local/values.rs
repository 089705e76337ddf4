//! Values of front matter as people write them: labels as a list or on one line, numbers with `#`, dates without a time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::text::yaml::Value;

/// Reads a word, a number or a truth value as text; nothing when it is empty or something else.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Reads a list, or a line with commas, as words in their order, each one once.
pub(super) fn list(value: &Value) -> Vec<String> {
    let words: Vec<String> = match value {
        Value::Sequence(items) => items.iter().filter_map(item).collect(),
        Value::String(line) => line.split(',').map(|word| word.trim().to_owned()).collect(),
        other => text(other).into_iter().collect(),
    };
    let mut list: Vec<String> = Vec::new();
    for word in words {
        if !word.is_empty() && !list.iter().any(|known| known.eq_ignore_ascii_case(&word)) {
            list.push(word);
        }
    }
    list
}

/// An item of a list. With a space behind its colon, `prio: high` is a map to YAML and a label to people.
fn item(value: &Value) -> Option<String> {
    match value {
        Value::Mapping(map) if map.len() == 1 => {
            let (key, value) = map.iter().next()?;
            Some(format!("{}:{}", text(key)?, text(value)?))
        }
        other => text(other),
    }
}

/// Reads a number, also as `"7"` or `"#7"`.
pub(super) fn number(value: &Value) -> Option<u64> {
    text(value)?.trim_start_matches('#').parse().ok()
}

/// Reads a truth value, also as `yes` or `no`.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match text(value)?.to_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Reads a moment as RFC 3339, or a date with or without a time, which is taken for UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let civil = text
        .parse::<DateTime>()
        .or_else(|_| {
            text.parse::<Date>().map(|date| date.to_datetime(jiff::civil::Time::midnight()))
        })
        .ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Cuts a moment to whole seconds, which is how the board writes it.
pub(super) fn seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

/// Makes one line of a text: control characters and runs of white space become one space.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml::{self, Place};

    fn value(text: &str) -> Value {
        yaml::parse(text, &Place { file: "test", first_line: 1 }).unwrap()
    }

    #[test]
    fn labels_are_read_as_people_write_them() {
        for text in [
            "[ready, 'prio:high']",
            "ready, prio:high",
            "- ready\n- prio: high",
            "ready,,Ready, prio:high ,",
        ] {
            assert_eq!(list(&value(text)), ["ready", "prio:high"], "{text}");
        }
        assert_eq!(list(&value("ready")), ["ready"]);
        assert_eq!(list(&value("[1, true, null, [x], '']")), ["1", "true"]);
        assert!(list(&value("")).is_empty());
    }

    #[test]
    fn a_date_without_a_time_is_its_midnight_in_utc() {
        let midnight: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
        assert_eq!(moment("2026-11-20"), Some(midnight));
        assert_eq!(moment("2026-11-20 00:00"), Some(midnight));
        assert_eq!(moment("2026-11-20T01:00:00+01:00"), Some(midnight));
        assert_eq!(moment("yesterday"), None);
    }

    #[test]
    fn numbers_and_truth_values_are_read_with_their_decoration() {
        assert_eq!(number(&value("7")), Some(7));
        assert_eq!(number(&value("'#7'")), Some(7));
        assert_eq!(number(&value("-7")), None);
        assert_eq!(flag(&value("Yes")), Some(true));
        assert_eq!(flag(&value("maybe")), None);
    }

    #[test]
    fn a_line_has_no_breaks_and_no_control_characters() {
        assert_eq!(one_line(" a\r\nb\u{1b}[31m  c\t"), "a b [31m c");
    }
}
