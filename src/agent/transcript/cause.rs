//! From an HTTP status, a provider's word for an error, or a sentence to the kind of a refusal: the one table of
//! patterns for all programs.

use super::RefusalCause;

/// The kind of an error, or `None` when nothing about it is known. A status counts more than a word, and that more
/// than a sentence.
pub(super) fn of(status: Option<u64>, kind: &str, text: &str) -> Option<RefusalCause> {
    let text = plain(text);
    let status = status.filter(|status| (400..600).contains(status)).or_else(|| status_in(&text));
    of_status(status, &text).or_else(|| of_kind(&plain(kind))).or_else(|| of_sentence(&text))
}

fn of_status(status: Option<u64>, text: &str) -> Option<RefusalCause> {
    match status? {
        // Some providers refuse an exhausted project with 403, and a full model with 429.
        403 if has_any(text, &["quota", "rate limit", "ratelimit", "limit exceeded"]) => {
            Some(RefusalCause::Quota)
        }
        401 | 403 => Some(RefusalCause::Credentials),
        429 if has_any(text, &["exhausted your capacity"]) => Some(RefusalCause::Quota),
        429 if has_any(text, &["capacity", "overloaded", "not your usage limit"]) => {
            Some(RefusalCause::Overloaded)
        }
        402 | 429 => Some(RefusalCause::Quota),
        408 => Some(RefusalCause::Network),
        413 => Some(RefusalCause::PromptTooLarge),
        500..=599 => Some(RefusalCause::Overloaded),
        _ => None,
    }
}

fn of_kind(kind: &str) -> Option<RefusalCause> {
    match kind {
        "authentication_error"
        | "authentication_failed"
        | "permission_error"
        | "invalid_api_key"
        | "providerautherror"
        | "fatalauthenticationerror"
        | "unauthenticated"
        | "oauth_org_not_allowed" => Some(RefusalCause::Credentials),
        "billing_error"
        | "rate_limit"
        | "rate_limit_error"
        | "insufficient_quota"
        | "usage_limit_reached"
        | "resource_exhausted"
        | "retryablequotaerror"
        | "terminalquotaerror" => Some(RefusalCause::Quota),
        "overloaded_error" | "overloaded" | "server_error" | "unavailable" | "api_error" => {
            Some(RefusalCause::Overloaded)
        }
        "request_too_large" | "context_length_exceeded" | "contextoverflowerror" => {
            Some(RefusalCause::PromptTooLarge)
        }
        "timeout_error" => Some(RefusalCause::Network),
        "fatalsandboxerror" => Some(RefusalCause::PermissionDenied),
        "fatalturnlimitederror" => Some(RefusalCause::RunLimit),
        _ => None,
    }
}

/// What each kind is told from, in the order in which they are tried: a sentence about a quota may speak of keys.
const SENTENCES: [(RefusalCause, &[&str]); 8] = [
    (
        RefusalCause::SessionGone,
        &[
            "no conversation found with session",
            "no rollout found",
            "no saved session found",
            "no previous sessions found",
            "session not found",
            "invalid session identifier",
            "error resuming session",
            "thread/resume failed",
        ],
    ),
    (
        RefusalCause::PromptTooLarge,
        &[
            "prompt is too long",
            "input is too long",
            "context length",
            "context window",
            "maximum context",
            "context_length_exceeded",
            "too many tokens",
            "request too large",
            "input token count",
            "exceeds the maximum number of tokens",
            "maximum prompt length",
            "reduce the length of the messages",
            "available context size",
            "model token limit",
            "request entity too large",
        ],
    ),
    // What says that it is no limit of ours names one.
    (RefusalCause::Overloaded, &["not your usage limit"]),
    (
        RefusalCause::Quota,
        &[
            "usage limit",
            "hit your limit",
            "-hour limit",
            "hour limit reached",
            "weekly limit",
            "monthly limit",
            "daily limit",
            "spending limit",
            "session limit",
            "rate limit",
            "rate_limit",
            "ratelimit",
            "too many requests",
            "quota",
            "credit balance",
            "insufficient credits",
            "insufficient balance",
            "insufficient_quota",
            "out of credits",
            "payment required",
            "check your plan and billing",
            "resource_exhausted",
            "resource has been exhausted",
            "spend limit",
            "spend cap",
            "fast limit",
            "credit limit",
            "key limit exceeded",
            "you've reached your",
            "exhausted your capacity",
            "out of usage credits",
            "requires more credits",
            "upgrade to plus",
        ],
    ),
    (
        RefusalCause::Credentials,
        &[
            "invalid api key",
            "incorrect api key",
            "api key not valid",
            "missing api key",
            "no api key",
            "api_key_invalid",
            "api_key environment variable",
            "api key is required",
            "api_key client option",
            "missing environment variable",
            "not logged in",
            "run /login",
            "please log in",
            "please login",
            "login required",
            "set an auth method",
            "invalid auth method",
            "authenticationerror",
            "failed to authenticate",
            "authentication failed",
            "authentication credentials",
            "not authenticated",
            "unauthorized",
            "unauthenticated",
            "token has expired",
            "token expired",
            "invalid bearer token",
            "invalid credentials",
            "refresh token",
            "token has been revoked",
            "token is invalid",
            "access has been revoked",
            "account is on hold",
            "sign in again",
            "authentication error",
            "authentication required",
            "authorization is required",
            "consent could not be obtained",
            "could not load the default credentials",
            "could not be refreshed",
            "login is required",
            "not enabled for your workspace",
            "has disabled api key authentication",
        ],
    ),
    (
        RefusalCause::Overloaded,
        &[
            "overloaded",
            "high demand",
            "service unavailable",
            "internal server error",
            "server had an error",
            "bad gateway",
            "gateway timeout",
            "at capacity",
            "no capacity",
            "temporarily unavailable",
            "server-side issue",
            "server is busy",
            "capacity unavailable",
        ],
    ),
    (
        RefusalCause::Network,
        &[
            "stream disconnected",
            "stream closed before",
            "connection refused",
            "connection reset",
            "connection error",
            "connection closed",
            "connection timed out",
            "connect timeout",
            "econnrefused",
            "econnreset",
            "enotfound",
            "etimedout",
            "eai_again",
            "ehostunreach",
            "getaddrinfo",
            "failed to resolve",
            "could not resolve",
            "name resolution",
            "dns error",
            "network is unreachable",
            "network error",
            "fetch failed",
            "socket hang up",
            "unable to connect",
            "error sending request",
            "request timed out",
            "self-signed certificate",
            "self signed certificate",
            "certificate has expired",
            "tls handshake",
        ],
    ),
    (
        RefusalCause::PermissionDenied,
        &[
            "cannot be used with root",
            "not running in a trusted directory",
            "bwrap:",
            "bubblewrap",
            "operation not permitted",
            "permission denied",
            "read-only file system",
            "eacces",
            "eperm",
        ],
    ),
];

fn of_sentence(text: &str) -> Option<RefusalCause> {
    of_sentence_without(text, "")
}

/// The same as if one of the patterns were not there.
pub(super) fn of_sentence_without(text: &str, left_out: &str) -> Option<RefusalCause> {
    let is_said = |pattern: &&str| *pattern != left_out && text.contains(pattern);
    let matching = SENTENCES.iter().find(|(_, patterns)| patterns.iter().any(is_said));
    matching.map(|(cause, _)| *cause)
}

fn has_any(text: &str, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| text.contains(pattern))
}

/// An HTTP status that a sentence names as one: `status 401`, `API Error: 529`, `rejected (429)`.
pub(super) fn status_in(text: &str) -> Option<u64> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_label = |word: &str| {
        let word = word.to_ascii_lowercase();
        matches!(word.as_str(), "status" | "statuscode" | "code" | "http" | "rejected")
            || word.ends_with("error")
    };
    words.iter().enumerate().find_map(|(at, word)| {
        let status: u64 =
            word.parse().ok().filter(|n| word.len() == 3 && (400..600).contains(n))?;
        let before = words.get(at.saturating_sub(3)..at)?;
        before.iter().any(|word| is_label(word)).then_some(status)
    })
}

/// Lower case, with the typographic apostrophe as the plain one.
pub(super) fn plain(text: &str) -> String {
    text.replace('’', "'").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_many_programs_are_told_apart() {
        for (text, cause) in [
            ("You’ve hit your usage limit.", RefusalCause::Quota),
            ("Claude AI usage limit reached|1763668800", RefusalCause::Quota),
            ("You've hit your weekly limit · resets Nov 24, 3pm (UTC)", RefusalCause::Quota),
            ("Credit balance is too low", RefusalCause::Quota),
            ("exceeded retry limit, last status: 429 Too Many Requests", RefusalCause::Quota),
            ("API Error: 402 Payment required", RefusalCause::Quota),
            ("Not logged in · Please run /login", RefusalCause::Credentials),
            ("unexpected status 401 Unauthorized: nope", RefusalCause::Credentials),
            ("Failed to authenticate. API Error: 403 x", RefusalCause::Credentials),
            ("Missing environment variable: `MOCK_API_KEY`.", RefusalCause::Credentials),
            ("API Error: 529 Overloaded.", RefusalCause::Overloaded),
            ("unexpected status 503 Service Unavailable", RefusalCause::Overloaded),
            ("stream disconnected before completion", RefusalCause::Network),
            ("connect ECONNREFUSED 127.0.0.1:1", RefusalCause::Network),
            ("API Error: 400 prompt is too long: 210000 tokens", RefusalCause::PromptTooLarge),
            ("bwrap: No permissions", RefusalCause::PermissionDenied),
        ] {
            assert_eq!(of(None, "", text), Some(cause), "{text}");
        }
        assert_eq!(of(None, "", "error: unknown option '--no-such-flag'"), None);
        assert_eq!(of(Some(429), "", "The model is at capacity"), Some(RefusalCause::Overloaded));
        assert_eq!(of(Some(1), "overloaded_error", ""), Some(RefusalCause::Overloaded));
    }

    #[test]
    fn a_number_is_a_status_only_where_it_is_called_one() {
        assert_eq!(status_in("unexpected status 503 Service"), Some(503));
        assert_eq!(status_in("Request rejected (429) · x"), Some(429));
        assert_eq!(status_in("HTTP/1.1 502 Bad Gateway"), Some(502));
        assert_eq!(status_in("wrote 500 lines to page 404"), None);
        assert_eq!(status_in("status 4290"), None);
    }
}
