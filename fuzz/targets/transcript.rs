//! What agents print, in each dialect.

use agentos::agent::table::TranscriptKind;
use agentos::agent::transcript::{Teller, read_in};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::steers;

const KINDS: [TranscriptKind; 5] = [
    TranscriptKind::Plain,
    TranscriptKind::Claude,
    TranscriptKind::Codex,
    TranscriptKind::Gemini,
    TranscriptKind::Opencode,
];

/// Whatever was printed: words are bounded, cached tokens are a part of those sent, and what is told does not depend on how it came.
pub(super) fn run(input: &[u8]) {
    let cut = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
    let (stdout, rest) = input.split_at(cut);
    let stderr = rest.get(1..).unwrap_or_default();
    let now = Timestamp::UNIX_EPOCH;
    for kind in KINDS {
        let facts = read_in(kind, stdout, stderr, now, &TimeZone::UTC);
        if let Some(refusal) = &facts.refusal {
            let text = &refusal.text;
            assert!(text.chars().count() <= 300 && !text.contains('\n'), "{text:?}");
            assert!(!steers(text), "{text:?}");
        }
        if let Some(usage) = facts.usage {
            assert!(usage.cached_tokens <= usage.input_tokens, "{kind:?}: {usage:?}");
        }
        let last = facts.last_message.as_deref().unwrap_or_default();
        assert!(last.chars().count() <= 64 * 1024);
        let mut whole = Teller::new(kind);
        let at_once = [whole.take(stdout), whole.end()].concat();
        let mut growing = Teller::new(kind);
        let mut told: Vec<String> = stdout.chunks(7).flat_map(|part| growing.take(part)).collect();
        told.extend(growing.end());
        assert_eq!(told, at_once, "{kind:?}");
        assert!(!told.iter().any(|line| steers(line) || line.contains('\n')), "{told:?}");
    }
}
