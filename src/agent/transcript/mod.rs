//! Transcripts: what an agent's output says about usage, session, last message and refusal. Fields that the program
//! itself writes come first; sentences count only where no such field exists, because a model may write any sentence.

mod cause;
mod claude;
mod codex;
mod denials;
mod gemini;
mod json;
mod opencode;
mod plain;
mod reset;
mod told;

#[cfg(test)]
mod refused_tools;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wordings;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::table::TranscriptKind;
use denials::Denials;
pub use told::Teller;

/// What a transcript gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TranscriptFacts {
    /// What the agent's program was refused last, if it did not get over it.
    pub refusal: Option<Refusal>,
    /// What the run used, as far as it was counted.
    pub usage: Option<Usage>,
    /// The agent's own name for the session.
    pub session: Option<String>,
    /// The model that wrote the most.
    pub model: Option<String>,
    /// The model's last words, at most 64 × 1024 characters of their end.
    pub last_message: Option<String>,
}

/// What a run used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Everything that was sent, cached or not.
    pub input_tokens: u64,
    /// The part of it that the provider had already, which is cheaper.
    pub cached_tokens: u64,
    /// Everything that came back, thoughts included.
    pub output_tokens: u64,
    /// The price in millionths of a dollar; `None` where the program does not know it.
    pub cost_usd_micros: Option<u64>,
}

impl Usage {
    /// Counts as sent at least what the provider had already: of two numbers that contradict each other the dearer one holds.
    fn with_all_that_was_sent(self) -> Self {
        Self { input_tokens: self.input_tokens.max(self.cached_tokens), ..self }
    }
}

/// A refusal of the provider, the network or the machine, or the program's own error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind it is.
    pub cause: RefusalCause,
    /// When it ends, if that was said.
    pub reset: Option<Timestamp>,
    /// How it was found.
    pub evidence: Evidence,
    /// The program's words, one line of at most 300 characters.
    pub text: String,
}

/// The kind of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCause {
    /// A limit of use or of money.
    Quota,
    /// No login, or one that does not count.
    Credentials,
    /// The provider cannot serve anybody, or not now.
    Overloaded,
    /// The provider was not reached.
    Network,
    /// The prompt is longer than the model can take.
    PromptTooLarge,
    /// The program was not allowed to use its tools.
    PermissionDenied,
    /// A limit of turns that the run itself was given.
    RunLimit,
    /// A limit of money that the run itself was given.
    Budget,
    /// The session that was to go on is not there.
    SessionGone,
    /// The program failed for a reason that is none of these.
    Error,
}

/// How a refusal was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// In a field that the program writes.
    Field,
    /// In a sentence at the end; counts only when the run failed.
    Sentence,
}

/// The time at which a transcript is read, and the zone that "6:35 PM" is in.
#[derive(Debug, Clone, Copy)]
struct Moment<'a> {
    now: Timestamp,
    zone: &'a TimeZone,
}

/// Reads the output of a run that ended at about `now`, whatever bytes it consists of; clock times in it are of the
/// machine's time zone.
pub fn read(kind: TranscriptKind, stdout: &[u8], stderr: &[u8], now: Timestamp) -> TranscriptFacts {
    read_in(kind, stdout, stderr, now, &TimeZone::system())
}

/// The same as [`read`], with clock times in `zone`.
pub fn read_in(
    kind: TranscriptKind,
    stdout: &[u8],
    stderr: &[u8],
    now: Timestamp,
    zone: &TimeZone,
) -> TranscriptFacts {
    let moment = Moment { now, zone };
    let events = json::documents(stdout);
    let (mut facts, ended) = match kind {
        TranscriptKind::Plain => return plain::read(stdout, stderr, moment),
        TranscriptKind::Claude => claude::read(&events, moment),
        TranscriptKind::Codex => codex::read(&events, stderr, moment),
        TranscriptKind::Gemini => gemini::read(&events, stderr, moment),
        TranscriptKind::Opencode => opencode::read(&events, stderr, moment),
    };
    // Where the program said nothing in its own form (it did not start, was killed, or has another version), what it
    // said to people is all there is. Between events the model speaks, so that then only standard error counts.
    if facts.refusal.is_none() && ended == Ended::Unsaid {
        let stdout = if events.is_empty() { stdout } else { &[] };
        let plain = plain::read(stdout, stderr, moment);
        facts.refusal = plain.refusal;
        facts.last_message = facts.last_message.or(plain.last_message);
    }
    facts.usage = facts.usage.map(Usage::with_all_that_was_sent);
    facts
}

/// Whether a transcript has its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It says how the run ended.
    Said,
    /// It stops somewhere.
    Unsaid,
}

impl Refusal {
    /// A refusal that the program reports with an HTTP status or a kind of its own, where it has them.
    fn reported(status: Option<u64>, kind: &str, text: &str, moment: Moment<'_>) -> Self {
        let cause = cause::of(status, kind, text).unwrap_or(RefusalCause::Error);
        Self::new(cause, Evidence::Field, text, moment)
    }

    fn new(cause: RefusalCause, evidence: Evidence, text: &str, moment: Moment<'_>) -> Self {
        let reset = match cause {
            RefusalCause::Quota => reset::find(text, moment),
            _ => None,
        };
        Self { cause, reset, evidence, text: one_line(text) }
    }
}

/// Text from outside for one line of a log: no control characters, at most 300 characters.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ").chars().take(300).collect()
}

/// The end of a message.
fn message_end(text: &str) -> Option<String> {
    const KEPT: usize = 64 * 1024;
    let text = text.trim();
    let skipped = text.chars().count().saturating_sub(KEPT);
    let end: String = text
        .chars()
        .skip(skipped)
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    (!end.is_empty()).then_some(end)
}
