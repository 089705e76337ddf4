//! opencode's JSON lines: steps with their usage, text, and errors with the provider's status and headers.

use serde_json::Value;

use super::json::{dollars, number, sum, text};
use super::reset::after_seconds;
use super::{Ended, Moment, Refusal, RefusalCause, TranscriptFacts, Usage, message_end};

pub(super) fn read(events: &[Value], moment: Moment<'_>) -> (TranscriptFacts, Ended) {
    let mut facts = TranscriptFacts::default();
    let mut ended = Ended::Unsaid;
    for event in events {
        if let Some(session) = text(event, "/sessionID") {
            facts.session = Some(session.to_owned());
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
    (facts, ended)
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
