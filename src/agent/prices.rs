//! What tokens cost, for programs that count tokens and know no price, and what a run is charged whose use nobody counted.
//! List prices without discounts: an estimate for budgets, not a bill.

use super::table::AgentTable;
use super::transcript::Usage;

/// When the prices below were looked up.
pub const AS_OF: &str = "2026-06-30";

/// Prices in dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// How the model's name begins, behind any folder of the provider's.
    model: &'static str,
    /// What is sent.
    pub input: f64,
    /// What is sent and was there already.
    pub cached: f64,
    /// What comes back, thoughts included.
    pub output: f64,
}

const fn price(model: &'static str, input: f64, cached: f64, output: f64) -> Price {
    Price { model, input, cached, output }
}

/// The table. Of several names that fit the longest counts.
const PRICES: [Price; 32] = [
    price("claude-fable", 10.0, 1.0, 50.0),
    price("claude-opus", 5.0, 0.5, 25.0),
    price("claude-opus-4-0", 15.0, 1.5, 75.0),
    price("claude-opus-4-1", 15.0, 1.5, 75.0),
    price("claude-opus-4-2", 15.0, 1.5, 75.0),
    price("claude-sonnet", 3.0, 0.3, 15.0),
    price("claude-haiku", 1.0, 0.1, 5.0),
    price("opus", 5.0, 0.5, 25.0),
    price("sonnet", 3.0, 0.3, 15.0),
    price("haiku", 1.0, 0.1, 5.0),
    price("gpt-5", 1.25, 0.125, 10.0),
    price("gpt-5-mini", 0.25, 0.025, 2.0),
    price("gpt-5-nano", 0.05, 0.005, 0.4),
    price("gpt-5.2", 1.75, 0.175, 14.0),
    price("gpt-5.3", 1.75, 0.175, 14.0),
    price("gpt-5.4", 2.5, 0.25, 15.0),
    price("gpt-5.4-mini", 0.75, 0.075, 4.5),
    price("gpt-5.5", 5.0, 0.5, 30.0),
    price("gpt-4.1", 2.0, 0.5, 8.0),
    price("o4-mini", 1.1, 0.275, 4.4),
    price("gemini-2.5-pro", 2.5, 0.625, 15.0),
    price("gemini-2.5-flash", 0.3, 0.075, 2.5),
    price("gemini-2.5-flash-lite", 0.1, 0.025, 0.4),
    price("gemini-3-pro", 4.0, 0.4, 18.0),
    price("gemini-3-flash", 0.5, 0.05, 3.0),
    price("gemini-3.1-pro", 4.0, 0.4, 18.0),
    price("gemini-3.1-flash", 0.5, 0.05, 3.0),
    price("gemini-3.1-flash-lite", 0.25, 0.025, 1.5),
    price("deepseek-v4-flash", 0.14, 0.014, 0.28),
    price("deepseek-v4-pro", 1.74, 0.15, 3.48),
    price("deepseek-r1", 0.55, 0.14, 2.19),
    price("deepseek", 0.27, 0.07, 1.1),
];

/// The price of a model, by its name with or without the provider's folder.
pub fn of_model(name: &str) -> Option<Price> {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let fitting = PRICES.iter().filter(|price| name.starts_with(price.model));
    fitting.max_by_key(|price| price.model.len()).copied()
}

/// What a model is taken to cost that is not in the table: the dearest of the programs that we know.
const UNKNOWN: Price = price("", 10.0, 1.0, 50.0);

/// What a run used in millionths of a dollar: as its program says, else by the table. A model that nobody knows is taken for the dearest.
pub fn cost(usage: &Usage, model: Option<&str>) -> u64 {
    usage.cost_usd_micros.unwrap_or_else(|| priced(usage, model))
}

fn priced(usage: &Usage, model: Option<&str>) -> u64 {
    let price = model.and_then(of_model).unwrap_or(UNKNOWN);
    let fresh = usage.input_tokens.saturating_sub(usage.cached_tokens);
    // Dollars for a million tokens are millionths of a dollar for one.
    let micros = |tokens: u64, price: f64| -> u64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "prices are positive, and tokens of a run are far below 2^52"
        )]
        let product = (tokens as f64 * price).ceil() as u64;
        product
    };
    micros(fresh, price.input)
        .saturating_add(micros(usage.cached_tokens.min(usage.input_tokens), price.cached))
        .saturating_add(micros(usage.output_tokens, price.output))
}

/// The model that an agent is presumed to use where neither its output nor its table names one: the dearest usual one of its program.
pub fn presumed_model(table: &AgentTable) -> Option<&'static str> {
    match table.program() {
        "claude" => Some("claude-opus"),
        "codex" => Some("gpt-5.5"),
        "gemini" => Some("gemini-3.1-pro"),
        "opencode" => Some("deepseek-chat"),
        _ => None,
    }
}

/// What a run is charged whose use nobody counted, in millionths of a dollar: five dollars, more than most runs of an hour cost; one
/// dollar with DeepSeek.
pub fn worst_case(table: &AgentTable) -> u64 {
    match table.worst_case_usd_micros {
        Some(stated) => stated,
        None if table.recipe == Some(super::table::Recipe::Deepseek) => 1_000_000,
        None => 5_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: u64, cached: u64, output: u64) -> Usage {
        Usage {
            input_tokens: input,
            cached_tokens: cached,
            output_tokens: output,
            cost_usd_micros: None,
        }
    }

    #[test]
    fn the_longest_name_that_fits_gives_the_price() {
        for (name, input) in [
            ("gpt-5-codex", 1.25),
            ("gpt-5.3-codex", 1.75),
            ("gpt-5-mini-2026-01-01", 0.25),
            ("claude-opus-4-1-20250805", 15.0),
            ("claude-opus-4-8", 5.0),
            ("claude-opus-4-20250514", 15.0),
            ("gemini-2.5-flash-lite", 0.1),
            ("openrouter/deepseek/deepseek-chat", 0.27),
            ("deepseek-ai/DeepSeek-V3.2", 0.27),
        ] {
            assert!((of_model(name).unwrap().input - input).abs() < 1e-9, "{name}");
        }
        assert_eq!(of_model("gpt-mock-of-nobody"), None);
    }

    #[test]
    fn cached_tokens_are_cheaper_and_what_the_program_says_counts_most() {
        assert_eq!(cost(&usage(3000, 2000, 100), Some("gpt-5-codex")), 1250 + 250 + 1000);
        assert_eq!(cost(&usage(1000, 0, 100), Some("unheard-of")), 10_000 + 5000);
        assert_eq!(cost(&usage(1000, 0, 100), None), 15_000);
        let said = Usage { cost_usd_micros: Some(7), ..usage(1000, 0, 100) };
        assert_eq!(cost(&said, Some("gpt-5")), 7);
    }

    #[test]
    fn the_worst_case_is_what_the_configuration_states_or_a_rule() {
        let mut bot = AgentTable::plain("bot".parse().unwrap());
        assert_eq!(worst_case(&bot), 5_000_000);
        bot.worst_case_usd_micros = Some(20_000);
        assert_eq!(worst_case(&bot), 20_000);
    }
}
