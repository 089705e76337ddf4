//! Budgets, entity tags and the other headers that GitHub puts on an answer, and the answers of a spent budget.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

use super::state::{State, Token};
use super::wire::{Answer, Body, Request, decode};

/// Returns the secret of a request: by `Bearer`, `token`, or as the password of Basic.
pub(crate) fn secret(request: &Request) -> Option<String> {
    let header = request.headers.get("authorization")?;
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Some(value.trim().to_owned());
    }
    let pair = unbase64(value.trim())?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

fn unbase64(text: &str) -> Option<String> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 255).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Recognises the credential of a request; `Err` is the answer for one that is no good.
pub(crate) fn recognise(state: &State, request: &Request) -> Result<Option<Token>, Answer> {
    let Some(secret) = secret(request) else { return Ok(None) };
    let known = state.tokens.iter().find(|token| token.secret == secret);
    known.cloned().map(Some).ok_or_else(|| Answer::error(401, "Bad credentials"))
}

/// Returns whether a request is paid from the budget of GraphQL.
pub(crate) fn is_graphql(request: &Request) -> bool {
    request.path.ends_with("/graphql")
}

/// Refuses a request when its budget is spent.
pub(crate) fn within_budget(state: &mut State, request: &Request) -> Result<(), Answer> {
    if state.clock >= state.budget_reset {
        (state.rest_used, state.graphql_used) = (0, 0);
        state.budget_reset = state.clock + SignedDuration::from_hours(1);
    }
    if request.path == "/rate_limit" {
        return Ok(());
    }
    let (limit, used) = budget(state, request);
    if used < limit {
        return Ok(());
    }
    let id = request.who().and_then(|login| state.account(login)).map_or(0, |account| account.id);
    Err(Answer::error(403, &format!("API rate limit exceeded for user ID {id}.")))
}

fn budget(state: &State, request: &Request) -> (u64, u64) {
    if is_graphql(request) {
        (state.graphql_limit, state.graphql_used)
    } else {
        (state.rest_limit, state.rest_used)
    }
}

/// Makes the answer to too many requests at once.
pub(crate) fn secondary(retry_after: u64) -> Answer {
    let text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try \
                again.";
    Answer::error(403, text).with("retry-after", retry_after.to_string())
}

/// Puts the usual headers on an answer and turns what the client already has into 304; returns whether it was charged.
pub(crate) fn finish(state: &mut State, request: &Request, answer: &mut Answer) -> bool {
    if request.method == "GET" && answer.status == 200 {
        let tag = etag(request, &answer.body.bytes());
        let known = request.headers.get("if-none-match");
        if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
            answer.status = 304;
            answer.body = Body::Empty;
        }
        answer.headers.push(("etag", tag));
        answer.headers.push(("cache-control", "private, max-age=60, s-maxage=60".to_owned()));
    }
    let charged = answer.status != 304 && answer.status != 401 && request.path != "/rate_limit";
    if charged && is_graphql(request) {
        state.graphql_used += 1;
    } else if charged {
        state.rest_used += 1;
    }
    let (limit, used) = budget(state, request);
    let resource = match request.path.as_str() {
        _ if is_graphql(request) => "graphql",
        "/search/issues" => "search",
        _ => "core",
    };
    let mut put = |name, value: String| answer.headers.push((name, value));
    put("x-ratelimit-limit", limit.to_string());
    put("x-ratelimit-remaining", limit.saturating_sub(used).to_string());
    put("x-ratelimit-used", used.min(limit).to_string());
    put("x-ratelimit-reset", state.budget_reset.as_second().to_string());
    put("x-ratelimit-resource", resource.to_owned());
    put("x-github-media-type", "github.v3; format=json".to_owned());
    put("date", date(state.clock));
    put("x-github-request-id", format!("HUB:{:06X}", state.rest_used + state.graphql_used));
    if let Some(scopes) = request.token.as_ref().and_then(|token| token.scopes.as_ref()) {
        put("x-oauth-scopes", scopes.join(", "));
    }
    charged
}

/// Writes a time as HTTP does.
pub(crate) fn date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Returns a weak entity tag of a body and whoever asked for it.
fn etag(request: &Request, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(body);
    hash.update(request.token.as_ref().map_or("", |token| &token.secret));
    hash.update(decode(&request.query));
    let text: String = hex(&hash.finalize());
    format!("W/\"{text}\"")
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}
