//! Gemini CLI's `json` and `stream-json`. Its failures are an object on standard error, behind other lines; while it
//! tries again it says so there. It tells no cost.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{last_object, number, sum, text};
use super::reset;
use super::{
    Denials, Ended, Evidence, Moment, Refusal, RefusalCause, TranscriptFacts, Usage, cause,
    message_end,
};

/// Its tools that write; a name that it did not offer may be any.
const WRITING: [&str; 4] = ["write_file", "replace", "edit", "run_shell_command"];

pub(super) fn read(
    events: &[Value],
    stderr: &[u8],
    moment: Moment<'_>,
) -> (TranscriptFacts, Ended) {
    let stderr = String::from_utf8_lossy(stderr);
    let failure = last_object(&stderr).filter(|object| object.get("error").is_some());
    let mut reading = Reading::default();
    for event in events.iter().chain(&failure) {
        reading.say(event, moment);
        reading.end(event, moment);
    }
    let Reading { mut facts, saying, ended, denials, .. } = reading;
    facts.refusal = facts.refusal.or_else(|| denials.refusal(moment));
    facts.last_message = message_end(&saying).or(facts.last_message.take());
    if !ended && facts.refusal.is_none() {
        facts.refusal = trying_again(&stderr, moment);
    }
    (facts, if ended { Ended::Said } else { Ended::Unsaid })
}

#[derive(Default)]
struct Reading {
    facts: TranscriptFacts,
    /// What the assistant said since its last tool, which comes in pieces.
    saying: String,
    ended: bool,
    /// The tool of a call, for calls of tools that write.
    calls: BTreeMap<String, String>,
    denials: Denials,
}

impl Reading {
    /// Takes what happens on the way, which only `stream-json` tells.
    fn say(&mut self, event: &Value, moment: Moment<'_>) {
        match text(event, "/type").unwrap_or_default() {
            "init" => self.facts.model = text(event, "/model").map(str::to_owned),
            "message" if text(event, "/role") == Some("assistant") => {
                self.saying.push_str(text(event, "/content").unwrap_or_default());
            }
            "tool_use" => {
                self.saying.clear();
                self.call(event);
            }
            "tool_result" => self.answer(event),
            "error" if text(event, "/severity") == Some("error") => {
                let words = text(event, "/message").unwrap_or("the run failed");
                self.facts.refusal = Some(Refusal::reported(None, "", words, moment));
            }
            _ => {}
        }
    }

    fn call(&mut self, event: &Value) {
        let (Some(tool), Some(id)) = (text(event, "/tool_name"), text(event, "/tool_id")) else {
            return;
        };
        if WRITING.contains(&tool) {
            self.calls.insert(id.to_owned(), tool.to_owned());
        }
    }

    /// Takes the answer of a tool that writes: without `--yolo` these are not there, and a policy may forbid them.
    fn answer(&mut self, event: &Value) {
        let Some(tool) = text(event, "/tool_id").and_then(|id| self.calls.get(id)) else { return };
        match (text(event, "/status"), text(event, "/error/type")) {
            (Some("success"), _) => self.denials.allowed(),
            (
                _,
                Some("tool_not_registered" | "policy_violation" | "sandbox_expansion_required"),
            ) => {
                self.denials.denied(&format!("the tool `{tool}` was not permitted"));
            }
            _ => {}
        }
    }

    /// Takes the end: an error, or an answer with its figures.
    fn end(&mut self, event: &Value, moment: Moment<'_>) {
        let facts = &mut self.facts;
        if let Some(session) = text(event, "/session_id") {
            facts.session = Some(session.to_owned());
        }
        let answered = text(event, "/type") == Some("result")
            || event.get("response").is_some()
            || event.get("stats").is_some();
        if event.get("error").is_some_and(|error| !error.is_null()) {
            facts.refusal = Some(refusal(event, moment));
            self.ended = true;
        } else if answered {
            facts.refusal = None;
            self.ended = true;
        }
        if let Some(stats) = event.get("stats") {
            let models = models(stats);
            let loudest = models.iter().max_by_key(|(_, usage)| usage.output_tokens);
            facts.model = loudest.map(|(name, _)| name.clone()).or(facts.model.take());
            facts.usage = Some(total(stats, &models));
        }
        if let Some(response) = text(event, "/response") {
            facts.last_message = message_end(response);
        }
    }
}

/// The error object: its code is an HTTP status or the program's own, its message may be the provider's answer.
fn refusal(event: &Value, moment: Moment<'_>) -> Refusal {
    let message = text(event, "/error/message").unwrap_or("the run failed");
    let answer: Value = serde_json::from_str(message).unwrap_or(Value::Null);
    let code = number(event, "/error/code");
    let own = match code {
        Some(41) => Some(RefusalCause::Credentials),
        // A sandbox that cannot be had; a folder that is not trusted.
        Some(44 | 55) => Some(RefusalCause::PermissionDenied),
        Some(53) => Some(RefusalCause::RunLimit),
        _ => None,
    };
    if let Some(cause) = own {
        return Refusal::new(cause, Evidence::Field, message, moment);
    }
    let kind = text(&answer, "/error/status").or_else(|| text(event, "/error/type"));
    let status = number(&answer, "/error/code").or(code).or_else(|| number(event, "/error/status"));
    let words = text(&answer, "/error/message").unwrap_or(message);
    let mut refusal = Refusal::reported(status, kind.unwrap_or_default(), words, moment);
    if refusal.cause == RefusalCause::Quota && refusal.reset.is_none() {
        // The delay stands beside the message.
        refusal.reset = reset::find(message, moment);
    }
    refusal
}

/// `Attempt 2 failed with status 429. Retrying with backoff... …`, when nothing followed.
fn trying_again(stderr: &str, moment: Moment<'_>) -> Option<Refusal> {
    let is_attempt = |line: &&str| line.starts_with("Attempt ") && line.contains(" failed");
    let line = stderr.lines().rev().find(is_attempt)?;
    let (said, details) = line.split_once(". Retrying").unwrap_or((line, ""));
    let cause = cause::of(cause::status_in(said), "", details)?;
    let mut refusal = Refusal::new(cause, Evidence::Field, said, moment);
    if cause == RefusalCause::Quota {
        refusal.reset = reset::find(details, moment);
    }
    Some(refusal)
}

/// Usage by model, in the shape of `json` or of `stream-json`.
fn models(stats: &Value) -> Vec<(String, Usage)> {
    let models = stats.get("models").and_then(Value::as_object).into_iter().flatten();
    let usage = |model: &Value| Usage {
        input_tokens: sum(model, &["/tokens/prompt", "/tokens/tool", "/input_tokens"]),
        cached_tokens: sum(model, &["/tokens/cached", "/cached"]),
        output_tokens: sum(model, &["/tokens/candidates", "/tokens/thoughts", "/output_tokens"]),
        cost_usd_micros: None,
    };
    models.map(|(name, model)| (name.clone(), usage(model))).collect()
}

fn total(stats: &Value, models: &[(String, Usage)]) -> Usage {
    let sums = models.iter().fold(Usage::default(), |sum, (_, usage)| Usage {
        input_tokens: sum.input_tokens.saturating_add(usage.input_tokens),
        cached_tokens: sum.cached_tokens.saturating_add(usage.cached_tokens),
        output_tokens: sum.output_tokens.saturating_add(usage.output_tokens),
        cost_usd_micros: None,
    });
    Usage {
        input_tokens: sums.input_tokens.max(sum(stats, &["/input_tokens"])),
        cached_tokens: sums.cached_tokens.max(sum(stats, &["/cached"])),
        output_tokens: sums.output_tokens.max(sum(stats, &["/output_tokens"])),
        cost_usd_micros: None,
    }
}
