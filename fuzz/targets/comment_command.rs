//! Commands in comments, which anybody may write; who is heard is decided elsewhere.

use agentos::domain::command::{Verb, parse, words_beside};

use super::text;

/// What is quoted or stands in a code block commands nothing, whatever it is.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let longest = text.lines().map(str::len).max().unwrap_or_default();
    let quoted: Vec<String> = text.lines().map(|line| format!("> {line}")).collect();
    assert_eq!(parse(&quoted.join("\n")), None, "in a quotation");
    let fence = "`".repeat(longest.max(3) + 1);
    assert_eq!(parse(&format!("{fence}\n{text}\n{fence}\n")), None, "in a code block");
    if let Some(command) = parse(&text) {
        let word = command.verb.as_str();
        assert!(word.chars().count() <= 41 && !word.contains('\n'), "{word:?}");
        if let Verb::Approve { head: Some(head) } = &command.verb {
            assert!(head.chars().all(|c| c.is_ascii_alphanumeric()), "{head:?}");
        }
        assert!(text.to_ascii_lowercase().contains("/agent"));
    }
    assert!(words_beside(&text).len() <= text.len());
}
