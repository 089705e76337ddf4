//! Secrets in whatever leaves the program.

use agentos::text::redact::Redactor;

use super::text;

/// A value that somebody named, and one that nobody did but whose form says what it is.
const KNOWN: &str = "correct-Horse_Battery.Staple-42";
const SHAPED: [&str; 4] = [
    concat!("ghp_", "k3J9sQ2mZx7Lw0Vt5Rb8Nc1Yd4Gh6PfUaEiO"),
    concat!("sk-ant-api03-", "q8Zr2Vt5Rb8Nc1Yd4Gh6PfUaEiOk3J9sQ2mZx7Lw0Vt5Rb8Nc1Yd4Gh6PfUaEi-AA"),
    concat!("AKIA", "Q3JZ9SQ2MZX7LW0V"),
    concat!("glpat-", "Zx7Lw0Vt5Rb8Nc1Yd4Gh"),
];

/// No planted secret survives, wherever it stands; redacting twice is redacting once; the text hardly grows.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let (before, behind) = text.split_once('\u{0}').unwrap_or((&text, ""));
    let redactor = Redactor::new([KNOWN.to_owned()]);
    let covered = redactor.redact(&format!("{before}{KNOWN}{behind}"));
    assert!(!covered.contains(KNOWN), "{covered:?}");
    assert_eq!(redactor.redact(&covered), covered);
    for secret in SHAPED {
        let covered = redactor.redact(&format!("{before}\n{secret}\n{behind}"));
        // Inside a longer word it is not this secret, and may stand there by chance.
        assert!(!covered.contains(&format!("\n{secret}\n")), "{secret}: {covered:?}");
        assert!(!redactor.find(secret).is_empty());
    }
    let once = redactor.redact(&text);
    assert_eq!(redactor.redact(&once), once);
    assert!(once.len() <= 3 * text.len() + 16, "{} of {}", once.len(), text.len());
    let mut end = 0;
    for found in redactor.find(&text) {
        assert!(end <= found.range.start && found.range.end <= text.len(), "{found:?}");
        assert!(text.get(found.range.clone()).is_some(), "{found:?}");
        end = found.range.end;
    }
}
