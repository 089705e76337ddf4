//! YAML of people, of other programs and of our own.

use agentos::text::yaml::{Place, Value, key_line, parse, render};

use super::text;

/// What is read is written so that it is read the same; what is refused is named with its place.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let place = Place { file: "some.yaml", first_line: 1 };
    match parse::<serde_json::Value>(&text, &place) {
        Ok(value) => {
            let written = render(&value);
            assert!(written.is_ok(), "{written:?}");
            let Ok(written) = written else { return };
            let again = parse::<serde_json::Value>(&written, &place);
            assert_eq!(again.as_ref().ok(), Some(&value), "{written}");
            // YAML breaks lines at more characters than Rust does.
            let breaks = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
            let lines = text.chars().filter(|c| breaks.contains(c)).count() + 1;
            for key in value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()) {
                assert!(key_line(&text, &[key]).is_none_or(|line| (1..=lines).contains(&line)));
            }
        }
        Err(error) => assert!(error.to_string().contains("some.yaml"), "{error}"),
    }
    drop(parse::<Value>(&text, &place));
}
