//! What an answer that is no success means: status, headers and text of GitHub's refusals become a case of [`HostError`]. Pure.

use jiff::Timestamp;

use super::budget;
use super::call::{Place, Subject};
use super::http::{Answer, Trouble};
use super::message::Message;
use crate::host::HostError;
use crate::text::clean;

/// How to log in, in all three ways.
pub(super) const LOGIN: &str =
    "export GITHUB_TOKEN=…, or export GH_TOKEN=…, or run `gh auth login`";
/// Longest text of an answer that is shown, in characters.
const MAX_SHOWN: usize = 300;

/// Turns an answer into the error that it stands for.
pub(super) fn of(subject: &Subject, answer: &Answer, now: Timestamp) -> HostError {
    if let Some(limit) = budget::refusal(answer, now) {
        return HostError::RateLimited { until: limit.until };
    }
    let said = Message::of(&answer.body);
    match answer.status {
        301 | 302 | 303 | 307 | 308 => moved(subject, answer),
        401 => denied(subject, said.or("the token is wrong, revoked or has expired"), LOGIN),
        403 => forbidden(subject, answer, &said),
        405 | 409 | 422
            if said.has(&["was modified", "has been modified", "is not up to date"]) =>
        {
            HostError::Stale { what: subject.name(), reason: said.or("it was modified") }
        }
        409 if said.has(&["already in progress"]) => unavailable(&subject.name(), said.or("")),
        409 if !said.has(&["merge conflict", "is empty"]) => HostError::Stale {
            what: subject.name(),
            reason: said.or("it conflicts with its present state"),
        },
        410 if said.has(&["disabled"]) => refused(&subject.name(), said.or("it is switched off")),
        404 | 410 => HostError::NotFound { what: subject.thing() },
        501 => refused(&subject.name(), said.or("this GitHub cannot do it")),
        500.. => unavailable(
            &subject.name(),
            format!("the server answered {}{}", answer.status, said.behind()),
        ),
        400..500 => refused(&subject.name(), said.or(&format!("the answer was {}", answer.status))),
        status => malformed(
            &subject.name(),
            format!("its status is {status}, which is not expected here"),
        ),
    }
}

/// The renamed repository's address and the transferred issue's look alike; the number tells them apart where it has changed.
fn moved(subject: &Subject, answer: &Answer) -> HostError {
    let Some(target) = answer.header("location") else {
        return malformed(&subject.name(), "it redirects to nowhere");
    };
    let last = target.split(['?', '#']).next().unwrap_or_default();
    if subject.place == Place::Issue && !same_number(subject, last) {
        let what = format!("`{}`, which was transferred to `{}`,", subject.path, shown(target));
        return HostError::NotFound { what };
    }
    HostError::Moved { what: subject.name(), to: shown(target) }
}

fn same_number(subject: &Subject, target: &str) -> bool {
    let Some(number) = &subject.number else { return true };
    target.split_once("/issues/").is_some_and(|(_, rest)| rest.split('/').next() == Some(number))
}

/// The many reasons of a 403, the certain ones first.
fn forbidden(subject: &Subject, answer: &Answer, said: &Message) -> HostError {
    if let Some(sso) = answer.header("x-github-sso") {
        let page = sso.split_once("url=").map(|(_, url)| shown(url.trim()));
        let mend = match page {
            Some(page) => format!("authorise the token for the organisation at {page}"),
            None => "authorise the token for single sign-on in your settings of GitHub".to_owned(),
        };
        return denied(subject, "the organisation asks for single sign-on", &mend);
    }
    if said.has(&["archived", "read-only"]) {
        return refused(&subject.name(), said.or("the repository is archived"));
    }
    if said.has(&["locked"]) {
        return refused(&subject.name(), said.or("the conversation is locked"));
    }
    if let Some(scopes) = missing_scopes(answer) {
        let reason = format!("the token lacks the scope {scopes}");
        return denied(
            subject,
            reason,
            "run `gh auth refresh -s repo,project`, or make a token with these scopes",
        );
    }
    if said.has(&["resource not accessible"]) {
        let permission = answer.header("x-accepted-github-permissions").map(shown);
        let permission = permission.unwrap_or_else(|| subject.permission.to_owned());
        let mend = format!(
            "give the token the permission `{permission}` for this repository, in your settings of GitHub"
        );
        return denied(subject, said.or("the token may not do this"), &mend);
    }
    let mend =
        format!("see that the token has `{}` and the account may write here", subject.permission);
    denied(subject, said.or("GitHub forbids it"), &mend)
}

/// The scopes of which one would do, where a classic token has none of them.
fn missing_scopes(answer: &Answer) -> Option<String> {
    let list = |name: &str| -> Option<Vec<String>> {
        let scopes = answer.header(name)?.split(',').map(|scope| scope.trim().to_owned());
        Some(scopes.filter(|scope| !scope.is_empty()).collect())
    };
    let (granted, accepted) = (list("x-oauth-scopes")?, list("x-accepted-oauth-scopes")?);
    let has = |wanted: &String| granted.iter().any(|scope| includes(scope, wanted));
    if accepted.is_empty() || accepted.iter().any(has) {
        return None;
    }
    let names: Vec<String> = accepted.iter().map(|scope| format!("`{}`", shown(scope))).collect();
    Some(names.join(" or "))
}

/// Whether a scope is another one or contains it.
fn includes(scope: &str, wanted: &str) -> bool {
    let contained: &[&str] = match scope {
        "repo" => {
            &["public_repo", "repo:status", "repo_deployment", "repo:invite", "security_events"]
        }
        "project" => &["read:project"],
        "admin:org" => &["write:org", "read:org"],
        "write:org" => &["read:org"],
        "user" => &["read:user", "user:email", "user:follow"],
        _ => &[],
    };
    scope == wanted || contained.contains(&wanted)
}

/// What no complete answer means.
pub(super) fn of_trouble(what: &str, trouble: Trouble) -> HostError {
    match trouble {
        Trouble::Request(reason) => refused(what, reason),
        Trouble::Connection(reason) => unavailable(what, reason),
        Trouble::TimedOut => unavailable(what, "no complete answer within 60 s"),
        Trouble::TooLarge => malformed(what, "it is longer than 16 MiB"),
    }
}

/// The account or its token does not suffice.
pub(super) fn denied(subject: &Subject, reason: impl Into<String>, mend: &str) -> HostError {
    HostError::Denied { what: subject.name(), reason: reason.into(), mend: mend.to_owned() }
}

/// GitHub says no.
pub(super) fn refused(what: &str, reason: impl Into<String>) -> HostError {
    HostError::Refused { what: what.to_owned(), reason: reason.into() }
}

/// The next run may try again.
pub(super) fn unavailable(what: &str, reason: impl Into<String>) -> HostError {
    HostError::Unavailable { what: what.to_owned(), reason: reason.into() }
}

/// The answer is not of the form that it should be.
pub(super) fn malformed(what: &str, reason: impl Into<String>) -> HostError {
    HostError::Malformed { what: format!("the answer to {what}"), reason: reason.into() }
}

/// Somebody else's text, fit to be shown in a message of ours.
pub(super) fn shown(text: &str) -> String {
    clean::one_line(&text.replace('`', "'"), MAX_SHOWN)
}

#[cfg(test)]
mod tests;
