//! What a run cost, as far as that is known, and what it counts for in budgets.

use crate::agent::failure::Usage;
use crate::agent::{AgentTable, TranscriptFacts, prices};
use crate::domain::retry::RunFailure;

/// The model by whose price tokens are counted, where the output does not name it.
pub fn model_of(table: &AgentTable, task_type: &str) -> Option<String> {
    let presumed = || prices::presumed_model(table);
    table.model_for(task_type).or_else(presumed).map(str::to_owned)
}

/// The cost, if somebody counted, and the charge, both in millionths of a dollar.
pub fn of_run(
    table: &AgentTable,
    task_type: &str,
    facts: &TranscriptFacts,
    failure: Option<&RunFailure>,
) -> (Option<u64>, u64) {
    // A connection that was cut before the figures came shows as nothing used.
    let is_counted = |usage: &&Usage| {
        usage.input_tokens > 0 || usage.output_tokens > 0 || usage.cost_usd_micros > Some(0)
    };
    if let Some(usage) = facts.usage.as_ref().filter(is_counted) {
        let model = facts.model.clone().or_else(|| model_of(table, task_type));
        let cost = prices::cost(usage, model.as_deref());
        return (Some(cost), cost);
    }
    // Who was turned away at the door has used nothing.
    if failure.is_some_and(|failure| failure.is_free() && *failure != RunFailure::WorkerDied) {
        return (facts.usage.map(|_| 0), 0);
    }
    (None, prices::worst_case(table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::builtin;

    fn facts(usage: Option<Usage>, model: Option<&str>) -> TranscriptFacts {
        TranscriptFacts { usage, model: model.map(str::to_owned), ..TranscriptFacts::default() }
    }

    #[test]
    fn tokens_are_priced_and_what_nobody_counted_is_charged_at_the_worst_case() {
        let codex = builtin("codex").unwrap();
        let tokens = Usage { input_tokens: 1000, output_tokens: 100, ..Usage::default() };
        let of = |facts: &TranscriptFacts, failure: Option<RunFailure>| {
            of_run(&codex, "docs", facts, failure.as_ref())
        };
        // 1000 × 1.25 and 100 × 10 dollars for a million.
        let named = facts(Some(tokens), Some("gpt-5-codex"));
        assert_eq!(of(&named, None), (Some(2250), 2250));
        assert_eq!(of(&named, Some(RunFailure::Timeout)), (Some(2250), 2250));
        assert_eq!(of(&facts(Some(tokens), None), None), (Some(8000), 8000));
        assert_eq!(of(&facts(None, None), None), (None, 5_000_000));
        assert_eq!(of(&facts(None, None), Some(RunFailure::Stall)), (None, 5_000_000));
        assert_eq!(of(&facts(Some(Usage::default()), None), None), (None, 5_000_000));
        let quota = RunFailure::Quota { until: None };
        assert_eq!(of(&facts(None, None), Some(quota.clone())), (None, 0));
        assert_eq!(of(&facts(Some(Usage::default()), None), Some(quota)), (Some(0), 0));
        let died = Some(RunFailure::WorkerDied);
        assert_eq!(of(&facts(None, None), died), (None, 5_000_000));
    }
}
