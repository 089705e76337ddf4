//! Output for people: the last lines may name a refusal, and count only for a run that failed.

use super::cause;
use super::{Evidence, Moment, Refusal, TranscriptFacts, message_end};

/// How many last lines of standard error are looked at; programs say there what they do.
const STDERR_LINES: usize = 8;

/// How many of standard output; before them the model speaks.
const STDOUT_LINES: usize = 4;

pub(super) fn read(stdout: &[u8], stderr: &[u8], moment: Moment<'_>) -> TranscriptFacts {
    let stdout = String::from_utf8_lossy(stdout);
    let stderr = String::from_utf8_lossy(stderr);
    let refusal = last_refusal(&stderr, STDERR_LINES, moment)
        .or_else(|| last_refusal(&stdout, STDOUT_LINES, moment));
    TranscriptFacts { refusal, last_message: message_end(&stdout), ..TranscriptFacts::default() }
}

fn last_refusal(text: &str, lines: usize, moment: Moment<'_>) -> Option<Refusal> {
    let mut last = text.lines().rev().map(str::trim).filter(|line| !line.is_empty()).take(lines);
    last.find_map(|line| {
        let cause = cause::of(None, "", line).filter(|_| is_report(line))?;
        Some(Refusal::new(cause, Evidence::Sentence, line, moment))
    })
}

/// How a program begins the report of a refusal; a sentence about one begins otherwise.
const REPORTS: [&str; 32] = [
    "error",
    "fatal",
    "failed",
    "api error",
    "retrying",
    "request failed",
    "you've hit",
    "you have hit",
    "you've reached",
    "you have reached",
    "you have exhausted",
    "you exceeded",
    "you have exceeded",
    "you've exceeded",
    "usage limit",
    "claude ai usage limit",
    "claude usage limit",
    "rate limit",
    "rate-limit",
    "quota exceeded",
    "limit reached",
    "insufficient",
    "credit balance",
    "too many requests",
    "invalid api key",
    "missing api key",
    "missing environment variable",
    "not logged in",
    "invalid auth method",
    "please set an auth method",
    "please run /login",
    "unauthorized",
];

fn is_report(line: &str) -> bool {
    /// A paragraph is prose.
    const LONGEST: usize = 600;
    let line = cause::plain(line);
    let start = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let label = start.split(':').next().unwrap_or_default();
    line.len() <= LONGEST
        && (REPORTS.iter().any(|report| start.starts_with(report))
            || start.len() > label.len() && is_error_label(label)
            || line.contains("cannot be used with root")
            || line.contains("not running in a trusted directory")
            || start.starts_with("bwrap")
            || cause::status_in(&line).is_some())
}

/// The word before a colon in `litellm.RateLimitError: …` or `2026-11-20T16:37:04Z ERROR codex: …`.
fn is_error_label(label: &str) -> bool {
    let words = label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    label.len() <= 60 && words.into_iter().any(|w| w.ends_with("error") || w.ends_with("exception"))
}
