//! opencode's JSON lines: steps with their usage, text, and errors with the provider's status and headers. While it tries again it says
//! nothing there; what turned it away stands in its log on standard error.

use serde_json::Value;

use super::json::{dollars, number, sum, text};
use super::reset::after_seconds;
use super::{Denials, Ended, Moment, Refusal, RefusalCause, TranscriptFacts, Usage, message_end};

/// Its tools that write.
const WRITING: [&str; 6] = ["write", "edit", "multiedit", "patch", "apply_patch", "bash"];

pub(super) fn read(
    events: &[Value],
    stderr: &[u8],
    moment: Moment<'_>,
) -> (TranscriptFacts, Ended) {
    let mut facts = TranscriptFacts::default();
    let mut ended = Ended::Unsaid;
    let mut denials = Denials::default();
    let mut last_ms = None;
    for event in events {
        if let Some(session) = text(event, "/sessionID") {
            facts.session = Some(session.to_owned());
        }
        last_ms = number(event, "/timestamp").or(last_ms);
        if text(event, "/type") == Some("tool_use") {
            tool(event, &mut denials);
        }
        match text(event, "/type").unwrap_or_default() {
            "error" => {
                facts.refusal = Some(refusal(event, moment));
                ended = Ended::Said;
            }
            "text" => {
                let said = text(event, "/part/text").and_then(message_end);
                facts.last_message = said.or(facts.last_message.take());
            }
            "step_start" | "tool_use" => (facts.refusal, ended) = (None, Ended::Unsaid),
            "step_finish" => {
                facts.refusal = None;
                facts.usage = Some(add(facts.usage.unwrap_or_default(), event));
                let goes_on = text(event, "/part/reason") == Some("tool-calls");
                ended = if goes_on { Ended::Unsaid } else { Ended::Said };
            }
            _ => {}
        }
    }
    if facts.refusal.is_none() && ended == Ended::Unsaid {
        facts.refusal = turned_away(&String::from_utf8_lossy(stderr), last_ms, moment);
    }
    facts.refusal = facts.refusal.or_else(|| denials.refusal(moment));
    (facts, ended)
}

/// Takes the answer of a tool that writes; one that a rule denies altogether is not offered, and calling it is an invalid call.
fn tool(event: &Value, denials: &mut Denials) {
    let state = event.pointer("/part/state").unwrap_or(&Value::Null);
    let name = text(event, "/part/tool").unwrap_or_default();
    let wanted = text(state, "/input/tool").filter(|_| name == "invalid").unwrap_or(name);
    if !WRITING.contains(&wanted) {
        return;
    }
    let said = text(state, "/error").or_else(|| text(state, "/input/error"));
    let said = said.filter(|_| name == "invalid" || text(state, "/status") == Some("error"));
    let is_denial = |said: &str| {
        ["The user rejected permission", "The user has specified a rule which prevents"]
            .iter()
            .any(|start| said.starts_with(start))
            || name == "invalid" && said.contains("unavailable tool")
    };
    match said {
        Some(said) if is_denial(said) => {
            denials.denied(&format!("the tool `{wanted}` was not permitted"));
        }
        None if text(state, "/status") == Some("completed") => denials.allowed(),
        _ => {}
    }
}

/// The last error of the provider in the log, when nothing followed: `timestamp=… level=ERROR … message="stream error" …
/// error.error="AI_APICallError: …"`.
fn turned_away(stderr: &str, last_ms: Option<u64>, moment: Moment<'_>) -> Option<Refusal> {
    let line = stderr.lines().rev().find(|line| {
        line.starts_with("timestamp=")
            && line.contains(" level=ERROR ")
            && line.contains(" message=\"stream error\" ")
    })?;
    let at: jiff::Timestamp =
        line.strip_prefix("timestamp=")?.split_whitespace().next()?.parse().ok()?;
    let last_ms = last_ms.and_then(|ms| i64::try_from(ms).ok());
    if last_ms.is_some_and(|last| at.as_millisecond() < last) {
        return None;
    }
    let said = line.split_once(" error.error=")?.1.trim_matches('"').replace("\\\"", "\"");
    let words = said.split_once("APICallError: ").map_or(said.as_str(), |(_, words)| words);
    Some(Refusal::reported(None, "", words, moment))
}

fn refusal(event: &Value, moment: Moment<'_>) -> Refusal {
    let kind = text(event, "/error/name").unwrap_or_default();
    let words = text(event, "/error/data/message").or_else(|| text(event, "/error/message"));
    let status = number(event, "/error/data/statusCode");
    let mut refusal = Refusal::reported(status, kind, words.unwrap_or(kind), moment);
    if refusal.cause == RefusalCause::Quota && refusal.reset.is_none() {
        let seconds = text(event, "/error/data/responseHeaders/retry-after");
        refusal.reset = seconds.and_then(|seconds| after_seconds(seconds, moment));
    }
    refusal
}

fn add(before: Usage, event: &Value) -> Usage {
    let tokens = event.pointer("/part/tokens").unwrap_or(&Value::Null);
    let input = sum(tokens, &["/input", "/cache/read", "/cache/write"]);
    let output = sum(tokens, &["/output", "/reasoning"]);
    // Zero means that its price table does not know the model.
    let cost = dollars(event, "/part/cost").filter(|cost| *cost > 0);
    Usage {
        input_tokens: before.input_tokens.saturating_add(input),
        cached_tokens: before.cached_tokens.saturating_add(sum(tokens, &["/cache/read"])),
        output_tokens: before.output_tokens.saturating_add(output),
        cost_usd_micros: match (before.cost_usd_micros, cost) {
            (Some(before), Some(cost)) => Some(before.saturating_add(cost)),
            (known, None) | (None, known) => known,
        },
    }
}
