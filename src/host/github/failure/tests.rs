//! Refusals in the shapes in which GitHub sends them.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;
use crate::host::github::call::Call;
use crate::host::github::endpoints;

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.insert(name, HeaderValue::from_str(value).unwrap());
    }
    Answer { status, headers: map, body: body.as_bytes().to_vec() }
}

fn issue() -> Subject {
    Call::of(&endpoints::ISSUE)
        .with("owner", "acme")
        .with("repo", "web")
        .with("issue_number", 7)
        .subject()
}

fn repository() -> Subject {
    Call::of(&endpoints::REPOSITORY).with("owner", "acme").with("repo", "web").subject()
}

fn error(status: u16, headers: &[(&str, &str)], body: &str) -> HostError {
    of(&repository(), &answer(status, headers, body), Timestamp::UNIX_EPOCH)
}

fn says(message: &str) -> String {
    format!(r#"{{"message":"{message}","documentation_url":"https://docs.github.com/rest"}}"#)
}

/// The case of an error, and what it says.
fn told(error: &HostError) -> (&'static str, String) {
    let case = match error {
        HostError::NotFound { .. } => "not found",
        HostError::Refused { .. } => "refused",
        HostError::Stale { .. } => "stale",
        HostError::Denied { .. } => "denied",
        HostError::Moved { .. } => "moved",
        HostError::RateLimited { .. } => "limited",
        HostError::Unavailable { .. } => "unavailable",
        HostError::Malformed { .. } => "malformed",
    };
    (case, format!("{error} | {}", error.mend().unwrap_or_default()))
}

#[test]
fn every_status_and_message_has_its_case() {
    let cases = [
        (401, "Bad credentials", "denied"),
        (403, "Repository was archived so is read-only.", "refused"),
        (403, "Unable to create comment because issue is locked.", "refused"),
        (403, "Resource not accessible by personal access token", "denied"),
        (403, "Must have admin rights to Repository.", "denied"),
        (403, "API rate limit exceeded for user ID 1.", "limited"),
        (403, "You have exceeded a secondary rate limit. Please wait a few minutes.", "limited"),
        (403, "You have triggered an abuse detection mechanism.", "limited"),
        (404, "Not Found", "not found"),
        (405, "Pull Request is not mergeable", "refused"),
        (405, "Squash merges are not allowed on this repository.", "refused"),
        (405, "Base branch was modified. Review and try the merge again.", "stale"),
        (409, "Head branch was modified. Review and try the merge again.", "stale"),
        (409, "Merge already in progress", "unavailable"),
        (409, "Merge conflict", "refused"),
        (409, "Git Repository is empty.", "refused"),
        (410, "Issues has been disabled in this repository.", "refused"),
        (410, "This issue was deleted", "not found"),
        (422, "Validation Failed", "refused"),
        (422, "was submitted too quickly", "limited"),
        (423, "Repository is locked", "refused"),
        (429, "Too many requests", "limited"),
        (451, "Repository access blocked", "refused"),
        (500, "Server Error", "unavailable"),
        (501, "Not implemented", "refused"),
        (502, "Server Error", "unavailable"),
        (503, "Service unavailable", "unavailable"),
        (202, "Accepted", "malformed"),
        (304, "", "malformed"),
    ];
    for (status, message, case) in cases {
        let error = error(status, &[], &says(message));
        assert_eq!(told(&error).0, case, "{status} {message}: {error}");
    }
}

#[test]
fn answers_without_json_keep_their_status() {
    for (status, case) in
        [(502, "unavailable"), (403, "denied"), (401, "denied"), (404, "not found")]
    {
        for body in ["<html><body>Unicorn</body></html>", "", "{\"mess"] {
            let error = error(status, &[("content-type", "text/html")], body);
            let (found, text) = told(&error);
            assert_eq!(found, case);
            assert!(!text.contains('<'), "{text}");
        }
    }
    let text = error(502, &[], "<html>").to_string();
    assert_eq!(text, "`GET /repos/acme/web`: the server answered 502");
}

#[test]
fn a_missing_scope_is_named_with_the_command_that_gives_it() {
    let headers = [("x-oauth-scopes", "gist, read:org"), ("x-accepted-oauth-scopes", "repo")];
    let (case, text) = told(&error(403, &headers, &says("Forbidden")));
    assert_eq!(case, "denied");
    assert_eq!(
        text,
        "`GET /repos/acme/web`: the token lacks the scope `repo` | \
         run `gh auth refresh -s repo,project`, or make a token with these scopes"
    );
    // A scope that contains another one is not said to be missing.
    let headers =
        [("x-oauth-scopes", "repo"), ("x-accepted-oauth-scopes", "public_repo, repo:status")];
    let (_, text) = told(&error(403, &headers, &says("Must have admin rights")));
    assert!(text.contains("Must have admin rights") && !text.contains("lacks"), "{text}");
}

#[test]
fn single_sign_on_leads_to_its_page() {
    let headers = [(
        "x-github-sso",
        "required; url=https://github.com/orgs/acme/sso?authorization_request=A1",
    )];
    let (case, text) =
        told(&error(403, &headers, &says("Resource protected by organization SAML enforcement.")));
    assert_eq!(case, "denied");
    assert!(
        text.ends_with("at https://github.com/orgs/acme/sso?authorization_request=A1"),
        "{text}"
    );
}

#[test]
fn a_fine_grained_token_hears_which_permission_it_lacks() {
    let body = says("Resource not accessible by personal access token");
    let headers = [("x-accepted-github-permissions", "issues=write; pull_requests=write")];
    let (_, text) = told(&error(403, &headers, &body));
    assert!(text.contains("`issues=write; pull_requests=write`"), "{text}");
    let (_, text) = told(&error(403, &[], &body));
    assert!(text.contains("`Metadata: read`"), "{text}");
}

#[test]
fn a_renamed_repository_is_told_from_a_transferred_issue() {
    let to = |target: &str| answer(301, &[("location", target)], &says("Moved Permanently"));
    let of =
        |subject: &Subject, target: &str| told(&of(subject, &to(target), Timestamp::UNIX_EPOCH));
    let api = "https://api.github.com/repositories/99";
    let (case, text) = of(&repository(), api);
    assert_eq!(case, "moved");
    assert!(
        text.contains("renamed or moved to `https://api.github.com/repositories/99`"),
        "{text}"
    );
    assert_eq!(of(&issue(), &format!("{api}/issues/7")).0, "moved");
    let (case, text) = of(&issue(), &format!("{api}/issues/12"));
    assert_eq!(case, "not found");
    assert!(text.contains("was transferred to"), "{text}");
    assert!(error(302, &[], "").to_string().contains("redirects to nowhere"));
}

#[test]
fn a_validation_says_what_is_wrong_in_one_bounded_line() {
    let body = r#"{"message":"Validation Failed","errors":[{"resource":"Label","field":"name","code":"already_exists"}]}"#;
    assert_eq!(
        error(422, &[], body).to_string(),
        "`GET /repos/acme/web`: Validation Failed: Label.name exists already"
    );
    let long = format!(r#"{{"message":"\u001b[2J{}"}}"#, "word ".repeat(9_000));
    let text = error(422, &[], &long).to_string();
    assert!(text.chars().count() < 400 && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn what_did_not_arrive_has_its_case() {
    let cases = [
        (Trouble::Connection("no connection: refused".to_owned()), "unavailable"),
        (Trouble::TimedOut, "unavailable"),
        (Trouble::TooLarge, "malformed"),
        (Trouble::Request("x".to_owned()), "refused"),
    ];
    for (trouble, case) in cases {
        assert_eq!(told(&of_trouble("`GET /user`", trouble)).0, case);
    }
}
