//! Codex's JSON lines: threads, turns, items, errors. It tells no cost and no model. That its sandbox denied something is no event: it
//! stands in its log on standard error.

use serde_json::Value;

use super::json::{number, text};
use super::{Denials, Ended, Moment, Refusal, TranscriptFacts, Usage, message_end};

pub(super) fn read(
    events: &[Value],
    stderr: &[u8],
    moment: Moment<'_>,
) -> (TranscriptFacts, Ended) {
    let mut facts = TranscriptFacts::default();
    let mut ended = Ended::Unsaid;
    let mut denials = Denials::default();
    if is_denied_in_log(&String::from_utf8_lossy(stderr)) {
        denials.denied("its sandbox refused it");
    }
    for event in events {
        match text(event, "/type").unwrap_or_default() {
            "thread.started" => facts.session = text(event, "/thread_id").map(str::to_owned),
            // Before a retry, and again when there is none left.
            "error" => facts.refusal = Some(refusal(event, "/message", moment)),
            "turn.failed" => {
                facts.refusal = Some(refusal(event, "/error/message", moment));
                ended = Ended::Said;
            }
            "turn.completed" => {
                facts.refusal = None;
                facts.usage = Some(usage(event, facts.usage.unwrap_or_default()));
                ended = Ended::Said;
            }
            "turn.started" => ended = Ended::Unsaid,
            // An item of type `error` is a remark; every other one shows that the work goes on.
            "item.started" | "item.updated" | "item.completed" => {
                let kind = text(event, "/item/type").or_else(|| text(event, "/item/item_type"));
                if kind != Some("error") {
                    facts.refusal = None;
                }
                match (kind, text(event, "/item/status")) {
                    (Some("command_execution" | "file_change"), Some("declined")) => {
                        denials.denied("it was declined");
                    }
                    // A command that went well may only have read; a file that was changed is work.
                    (Some("file_change"), Some("completed")) => denials.allowed(),
                    _ => {}
                }
                if matches!(kind, Some("agent_message" | "assistant_message")) {
                    let said = text(event, "/item/text").and_then(message_end);
                    facts.last_message = said.or(facts.last_message.take());
                }
            }
            _ => {}
        }
    }
    facts.refusal = facts.refusal.or_else(|| denials.refusal(moment));
    (facts, ended)
}

/// `2026-11-21T09:52:11.107521Z ERROR codex_core::tools::router: error=patch rejected: …`, or what its sandbox records.
fn is_denied_in_log(stderr: &str) -> bool {
    stderr.lines().any(|line| {
        let mut words = line.split_whitespace();
        let is_stamp = words.next().is_some_and(|word| word.parse::<jiff::Timestamp>().is_ok());
        let level = words.next();
        match words.next() {
            Some("codex_sandboxing::violation:") => is_stamp && level == Some("WARN"),
            Some("codex_core::tools::router:") => {
                is_stamp
                    && level == Some("ERROR")
                    && ["rejected by user approval settings", "rejected: blocked by policy"]
                        .iter()
                        .any(|reason| line.contains(reason))
            }
            _ => false,
        }
    })
}

fn refusal(event: &Value, pointer: &str, moment: Moment<'_>) -> Refusal {
    let words = text(event, pointer).unwrap_or("the turn failed");
    // "Reconnecting... 2/5 (what happened)".
    let inner = words
        .strip_prefix("Reconnecting")
        .and_then(|rest| rest.split_once('(')?.1.strip_suffix(')'))
        .unwrap_or(words);
    let kind = text(event, "/error/type").or_else(|| text(event, "/error/code"));
    let status = number(event, "/error/status");
    Refusal::reported(status, kind.unwrap_or_default(), inner, moment)
}

/// A turn's usage; cached tokens are among the input. Of several turns the largest, because later ones include it.
fn usage(event: &Value, before: Usage) -> Usage {
    let of = |pointer: &str| number(event, pointer).unwrap_or(0);
    Usage {
        input_tokens: before.input_tokens.max(of("/usage/input_tokens")),
        cached_tokens: before.cached_tokens.max(of("/usage/cached_input_tokens")),
        output_tokens: before.output_tokens.max(of("/usage/output_tokens")),
        cost_usd_micros: None,
    }
}
