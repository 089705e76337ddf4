//! Limits as GitHub sends them, and the file of parked times.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

/// A moment far from the dates of the answers: no clock has to be right.
fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

const DATE: (&str, &str) = ("date", "Fri, 20 Nov 2026 10:00:00 GMT");

fn answer(status: u16, headers: &[(&str, &str)], message: &str) -> Answer {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.insert(name, HeaderValue::from_str(value).unwrap());
    }
    Answer { status, headers: map, body: format!(r#"{{"message":"{message}"}}"#).into_bytes() }
}

/// Seconds to wait and for what, or nothing.
fn wait(status: u16, headers: &[(&str, &str)], message: &str) -> Option<(i64, Reach)> {
    let limit = refusal(&answer(status, headers, message), now())?;
    Some((limit.until.duration_since(now()).as_secs(), limit.reach))
}

#[test]
fn the_wait_is_counted_on_the_servers_clock() {
    // 10:20:00 on the server's clock, which shows 10:00:00.
    let reset = ("x-ratelimit-reset", "1795170000");
    let none = ("x-ratelimit-remaining", "0");
    #[expect(clippy::type_complexity, reason = "the rows of a table")]
    let cases: [(u16, &[(&str, &str)], &str, Option<(i64, Reach)>); 12] = [
        (403, &[DATE, none, reset], "API rate limit exceeded", Some((1_201, Reach::OneResource))),
        (429, &[DATE, none, reset], "", Some((1_201, Reach::OneResource))),
        (403, &[none], "API rate limit exceeded", Some((60, Reach::OneResource))),
        (403, &[("retry-after", "30")], "", Some((30, Reach::Everything))),
        (403, &[("retry-after", "0")], "", Some((1, Reach::Everything))),
        (
            429,
            &[DATE, ("retry-after", "Fri, 20 Nov 2026 10:02:00 GMT")],
            "",
            Some((120, Reach::Everything)),
        ),
        (429, &[], "", Some((60, Reach::Everything))),
        (403, &[], "You have exceeded a secondary rate limit", Some((60, Reach::Everything))),
        (422, &[], "was submitted too quickly", Some((60, Reach::Everything))),
        (403, &[("retry-after", "99999999999")], "", Some((7_200, Reach::Everything))),
        (403, &[("x-ratelimit-remaining", "12")], "Resource not accessible", None),
        (422, &[none], "Validation Failed", None),
    ];
    for (status, headers, message, expected) in cases {
        assert_eq!(wait(status, headers, message), expected, "{status} {headers:?} {message}");
    }
    assert_eq!(wait(200, &[none, DATE, reset], ""), None);
}

#[test]
fn the_last_of_a_budget_is_kept() {
    let left = |left: &str, limit: &str| {
        let headers = [
            DATE,
            ("x-ratelimit-remaining", left),
            ("x-ratelimit-limit", limit),
            ("x-ratelimit-reset", "1795168860"),
        ];
        below_floor(&answer(200, &headers, ""), now())
            .map(|limit| limit.until.duration_since(now()).as_secs())
    };
    assert_eq!(left("50", "5000"), None);
    assert_eq!(left("49", "5000"), Some(61));
    assert_eq!(left("3", "50"), None);
    assert_eq!(below_floor(&answer(200, &[], ""), now()), None);
}

fn limit(seconds: i64, reach: Reach) -> Limit {
    Limit { until: now() + SignedDuration::from_secs(seconds), reach }
}

#[test]
fn a_parked_resource_is_refused_until_its_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state/parked.json");
    Parked::new(file.clone()).park("one", Resource::Core, limit(60, Reach::OneResource), now());
    let parked = Parked::new(file);
    let check = |id: &str, resource, seconds: i64| {
        parked.check(id, resource, now() + SignedDuration::from_secs(seconds)).is_ok()
    };
    assert!(!check("one", Resource::Core, 0) && !check("one", Resource::Core, 59));
    assert!(check("one", Resource::Core, 60));
    assert!(check("one", Resource::Graphql, 0) && check("two", Resource::Core, 0));
    parked.park("one", Resource::Core, limit(60, Reach::Everything), now());
    assert!(!check("one", Resource::Graphql, 0));
    // A shorter time does not take a longer one away.
    parked.park("one", Resource::Core, limit(5, Reach::OneResource), now());
    assert!(!check("one", Resource::Core, 30));
}

#[test]
fn a_file_that_is_torn_or_from_a_wrong_clock_parks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("parked.json");
    let parked = Parked::new(file.clone());
    for text in ["", "{\"unt", "[]", r#"{"until":{"one/core":"2031-01-01T00:00:00Z"}}"#] {
        files::replace(&file, text.as_bytes()).unwrap();
        assert!(parked.check("one", Resource::Core, now()).is_ok(), "{text}");
    }
}

#[test]
fn what_cannot_be_written_is_still_heeded_by_this_process() {
    let dir = tempfile::tempdir().unwrap();
    // A folder in the file's place cannot be replaced.
    let parked = Parked::new(dir.path().to_path_buf());
    parked.park("one", Resource::Core, limit(60, Reach::OneResource), now());
    assert!(parked.check("one", Resource::Core, now()).is_err());
    let later = now() + SignedDuration::from_secs(60);
    assert!(parked.check("one", Resource::Core, later).is_ok());
}

#[test]
fn a_parked_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("parked.json");
    Parked::new(file.clone()).park("one", Resource::Core, limit(60, Reach::Everything), now());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}
