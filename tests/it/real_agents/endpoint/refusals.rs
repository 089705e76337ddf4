//! How the providers refuse: status, headers and body, in the form of each protocol.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Protocol, Scenario};

/// A refusal.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Value,
}

fn refusal(status: u16, body: Value) -> Refusal {
    Refusal { status, headers: Vec::new(), body }
}

/// The refusal of a scenario, if it is one.
pub(super) fn of(protocol: Protocol, scenario: Scenario) -> Option<Refusal> {
    match scenario {
        Scenario::Works
        | Scenario::WorksWhenToldAgain
        | Scenario::Answers
        | Scenario::Insists
        | Scenario::NeverEnds
        | Scenario::Hangs => None,
        Scenario::LongWait => Some(long_wait()),
        Scenario::PlanLimit => Some(plan_limit(protocol)),
        Scenario::NoCredit => Some(no_credit(protocol)),
        Scenario::BadKey => Some(bad_key(protocol)),
        Scenario::Overloaded => Some(overloaded(protocol)),
    }
}

/// The end of a limit: in two hours.
fn reset() -> i64 {
    Timestamp::now().as_second() + 7200
}

fn plan_limit(protocol: Protocol) -> Refusal {
    match protocol {
        Protocol::Anthropic => {
            let body = json!({"type": "error", "error": {"type": "rate_limit_error",
                "message": "This request would exceed your account's rate limit. Please try again later."}});
            let mut refusal = refusal(429, body);
            refusal.headers = vec![
                ("anthropic-ratelimit-unified-status", "rejected".to_owned()),
                ("anthropic-ratelimit-unified-reset", reset().to_string()),
                ("anthropic-ratelimit-unified-representative-claim", "five_hour".to_owned()),
                ("anthropic-ratelimit-unified-5h-status", "rejected".to_owned()),
                ("x-should-retry", "false".to_owned()),
                ("retry-after", "7200".to_owned()),
            ];
            refusal
        }
        Protocol::Responses | Protocol::Chat => refusal(
            429,
            json!({"error": {"type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus",
                "resets_at": reset(), "resets_in_seconds": 7200}}),
        ),
        Protocol::Gemini => refusal(
            429,
            json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
                "message": "You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: generate_content_free_tier_requests, limit: 50",
                "details": [
                    {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{
                        "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                        "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "50"}]},
                    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "35s"}]}}),
        ),
    }
}

/// As OpenAI's chat gives it; the others are not asked for it.
fn long_wait() -> Refusal {
    let message = "Rate limit reached for requests per day. Please try again in 2h0m0s.";
    let mut refusal = refusal(
        429,
        json!({"error": {"message": message, "type": "requests", "code": "rate_limit_exceeded"}}),
    );
    refusal.headers = vec![("retry-after", "7200".to_owned())];
    refusal
}

fn no_credit(protocol: Protocol) -> Refusal {
    match protocol {
        Protocol::Anthropic => refusal(
            402,
            json!({"type": "error", "error": {"type": "billing_error", "message": "Payment required"}}),
        ),
        Protocol::Gemini => refusal(
            402,
            json!({"error": {"code": 402, "message": "Billing required", "status": "FAILED_PRECONDITION"}}),
        ),
        Protocol::Responses | Protocol::Chat => refusal(
            402,
            json!({"error": {"message": "Insufficient credits. Add more credits to your account.", "code": 402}}),
        ),
    }
}

fn bad_key(protocol: Protocol) -> Refusal {
    match protocol {
        Protocol::Anthropic => refusal(
            401,
            json!({"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}),
        ),
        Protocol::Gemini => refusal(
            400,
            json!({"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT",
                "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com"}]}}),
        ),
        Protocol::Responses | Protocol::Chat => refusal(
            401,
            json!({"error": {"message": "Incorrect API key provided.", "type": "invalid_request_error", "param": null,
                "code": "invalid_api_key"}}),
        ),
    }
}

fn overloaded(protocol: Protocol) -> Refusal {
    match protocol {
        Protocol::Anthropic => refusal(
            529,
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
        ),
        Protocol::Gemini => refusal(
            503,
            json!({"error": {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}}),
        ),
        Protocol::Responses | Protocol::Chat => refusal(
            503,
            json!({"error": {"message": "The engine is currently overloaded, please try again later", "type": "server_error"}}),
        ),
    }
}
