//! Claude Code's `json` and `stream-json`, and Qwen Code's, which has the same events: system, assistant, user, result.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{dollars, number, sum, text};
use super::reset::after_seconds;
use super::{Ended, Evidence, Moment, Refusal, RefusalCause, TranscriptFacts, Usage, message_end};

/// Where a message counts what the provider had already.
const CACHED: &str = "/cache_read_input_tokens";

pub(super) fn read(events: &[Value], moment: Moment<'_>) -> (TranscriptFacts, Ended) {
    let mut reading = Reading::default();
    for event in events {
        match text(event, "/type") {
            Some("system") => reading.system(event, moment),
            Some("assistant") => reading.assistant(event, moment),
            Some("user") => reading.facts.refusal = None,
            Some("rate_limit_event") => reading.rate_limit(event),
            Some("result") => reading.result(event, moment),
            _ => {}
        }
    }
    reading.finish()
}

#[derive(Default)]
struct Reading {
    facts: TranscriptFacts,
    /// Usage by message; an event for each block of a message repeats it.
    messages: BTreeMap<String, Usage>,
    total: Usage,
    reset_seconds: Option<i64>,
    ended: bool,
}

impl Reading {
    fn system(&mut self, event: &Value, moment: Moment<'_>) {
        match text(event, "/subtype") {
            Some("init") => {
                self.facts.session = text(event, "/session_id").map(str::to_owned);
                self.facts.model = text(event, "/model").map(str::to_owned);
            }
            Some("api_retry") => {
                let kind = text(event, "/error").unwrap_or_default();
                let status = number(event, "/error_status");
                // The words are for people: a retry has only numbers.
                let words = status.map_or_else(
                    || format!("API error: {kind}"),
                    |status| format!("API error: {status} {kind}"),
                );
                let mut refusal = Refusal::reported(status, kind, &words, moment);
                let delay = number(event, "/retry_delay_ms").map(|ms| (ms / 1000).to_string());
                if refusal.cause == RefusalCause::Quota {
                    refusal.reset = delay.and_then(|seconds| after_seconds(&seconds, moment));
                }
                self.facts.refusal = Some(refusal);
            }
            _ => {}
        }
    }

    fn assistant(&mut self, event: &Value, moment: Moment<'_>) {
        let message = event.get("message").unwrap_or(&Value::Null);
        let said = words_of(message);
        // A refusal is dressed up as a message of the assistant, but marked.
        self.facts.refusal = text(event, "/error")
            .map(|kind| Refusal::reported(None, kind, said.as_deref().unwrap_or(kind), moment));
        if let Some(usage) = message.get("usage") {
            let id = text(message, "/id").unwrap_or_default().to_owned();
            let seen = self.messages.entry(id).or_default();
            seen.input_tokens = seen.input_tokens.max(input_tokens(usage));
            seen.cached_tokens = seen.cached_tokens.max(sum(usage, &[CACHED]));
            seen.output_tokens = seen.output_tokens.max(sum(usage, &["/output_tokens"]));
        }
        if text(event, "/parent_tool_use_id").is_none() && self.facts.refusal.is_none() {
            self.facts.last_message = said.or_else(|| self.facts.last_message.take());
        }
    }

    fn rate_limit(&mut self, event: &Value) {
        let info = event.get("rate_limit_info").unwrap_or(event);
        if text(info, "/status") == Some("rejected") {
            self.reset_seconds = number(info, "/resetsAt").and_then(|at| i64::try_from(at).ok());
        }
    }

    fn result(&mut self, event: &Value, moment: Moment<'_>) {
        self.ended = true;
        let facts = &mut self.facts;
        facts.session = text(event, "/session_id").map(str::to_owned).or(facts.session.take());
        facts.refusal = refusal(event, moment);
        if facts.refusal.is_none() || event.get("is_error") != Some(&Value::Bool(true)) {
            let said = text(event, "/result").and_then(message_end);
            facts.last_message = said.or(facts.last_message.take());
        }
        let models = event.get("modelUsage").and_then(Value::as_object);
        let models: Vec<(&String, &Value)> = models.into_iter().flatten().collect();
        let loudest = models.iter().max_by_key(|(_, usage)| sum(usage, &["/outputTokens"]));
        facts.model = loudest.map(|(name, _)| (*name).clone()).or(facts.model.take());
        let usage = event.get("usage").unwrap_or(&Value::Null);
        let mut total = Usage {
            input_tokens: input_tokens(usage),
            cached_tokens: sum(usage, &[CACHED]),
            output_tokens: sum(usage, &["/output_tokens"]),
            // A model that the program has no price for gets an invented one.
            cost_usd_micros: dollars(event, "/total_cost_usd").filter(|_| {
                models.iter().all(|(_, usage)| text(usage, "/costBasis") != Some("unknown"))
            }),
        };
        let (mut input, mut cached, mut output) = (0_u64, 0_u64, 0_u64);
        for (_, usage) in models {
            let read = ["/inputTokens", "/cacheReadInputTokens", "/cacheCreationInputTokens"];
            input = input.saturating_add(sum(usage, &read));
            cached = cached.saturating_add(sum(usage, &["/cacheReadInputTokens"]));
            output = output.saturating_add(sum(usage, &["/outputTokens"]));
        }
        total.input_tokens = total.input_tokens.max(input);
        total.cached_tokens = total.cached_tokens.max(cached);
        total.output_tokens = total.output_tokens.max(output);
        self.total = total;
    }

    fn finish(mut self) -> (TranscriptFacts, Ended) {
        let counted = self.ended || !self.messages.is_empty();
        let sums = self.messages.values().fold(Usage::default(), |sum, usage| Usage {
            input_tokens: sum.input_tokens.saturating_add(usage.input_tokens),
            cached_tokens: sum.cached_tokens.saturating_add(usage.cached_tokens),
            output_tokens: sum.output_tokens.saturating_add(usage.output_tokens),
            cost_usd_micros: None,
        });
        self.facts.usage = counted.then(|| Usage {
            input_tokens: self.total.input_tokens.max(sums.input_tokens),
            cached_tokens: self.total.cached_tokens.max(sums.cached_tokens),
            output_tokens: self.total.output_tokens.max(sums.output_tokens),
            ..self.total
        });
        if let Some(refusal) =
            self.facts.refusal.as_mut().filter(|r| r.cause == RefusalCause::Quota)
        {
            let reset = self.reset_seconds.and_then(|at| jiff::Timestamp::from_second(at).ok());
            refusal.reset = reset.or(refusal.reset);
        }
        (self.facts, if self.ended { Ended::Said } else { Ended::Unsaid })
    }
}

/// What a result says went wrong. `subtype` is no help: it is `success` for refusals of the provider too.
fn refusal(event: &Value, moment: Moment<'_>) -> Option<Refusal> {
    let is_error = event.get("is_error").and_then(Value::as_bool).unwrap_or(false);
    let denials = event.get("permission_denials").and_then(Value::as_array);
    if !is_error {
        let denied = denials?.first().and_then(|denial| text(denial, "/tool_name"))?;
        let words = format!("the tool `{denied}` was not permitted");
        let cause = RefusalCause::PermissionDenied;
        return Some(Refusal::new(cause, Evidence::Field, &words, moment));
    }
    let subtype = text(event, "/subtype").unwrap_or_default();
    let words = text(event, "/error/message")
        .or_else(|| text(event, "/result"))
        .or_else(|| text(event, "/errors/0"))
        .unwrap_or(subtype);
    if subtype.starts_with("error_max_budget") {
        return Some(Refusal::new(RefusalCause::Budget, Evidence::Field, words, moment));
    }
    if subtype.starts_with("error_max_") {
        return Some(Refusal::new(RefusalCause::RunLimit, Evidence::Field, words, moment));
    }
    let kind = text(event, "/api_error_type").unwrap_or_default();
    Some(Refusal::reported(number(event, "/api_error_status"), kind, words, moment))
}

fn input_tokens(usage: &Value) -> u64 {
    let cached = ["/cache_creation_input_tokens", "/cache_read_input_tokens"];
    // Qwen Code counts cached tokens among the input and adds a total; Claude Code does not.
    let cached = if usage.get("total_tokens").is_some() { 0 } else { sum(usage, &cached) };
    sum(usage, &["/input_tokens"]).saturating_add(cached)
}

fn words_of(message: &Value) -> Option<String> {
    let blocks = message.get("content")?.as_array()?;
    let texts: Vec<&str> = blocks.iter().filter_map(|block| text(block, "/text")).collect();
    message_end(&texts.join("\n"))
}
