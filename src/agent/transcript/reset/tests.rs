//! What programs say about the end of a limit, at a fixed time and place.

use super::*;

fn reset(text: &str) -> Option<String> {
    let now = "2026-11-20T16:35:00Z".parse().unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    find(text, Moment { now, zone: &zone }).map(|found| found.to_string())
}

#[test]
fn the_next_such_instant_is_found() {
    for (text, expected) in [
        ("You've hit your 5-hour limit · resets 6:32pm (UTC)", "2026-11-20T18:32:00Z"),
        ("resets 4:30pm (UTC)", "2026-11-21T16:30:00Z"),
        ("resets 3pm (America/New_York)", "2026-11-20T20:00:00Z"),
        ("resets at 12am (UTC)", "2026-11-21T00:00:00Z"),
        ("or try again at 6:35 PM.", "2026-11-20T17:35:00Z"),
        ("Try again at 18:00", "2026-11-20T17:00:00Z"),
        ("weekly limit · resets Nov 24, 3pm (UTC)", "2026-11-24T15:00:00Z"),
        ("try again at Nov 25th, 2026 6:35 PM.", "2026-11-25T17:35:00Z"),
        ("limit resets Monday 9am (UTC)", "2026-11-23T09:00:00Z"),
        ("resets tomorrow at 9:00 a.m.", "2026-11-21T08:00:00Z"),
        ("resets on December 1 (UTC)", "2026-12-01T00:00:00Z"),
        ("available again at 2026-11-21T03:00:00Z", "2026-11-21T03:00:00Z"),
        ("available at 2026-11-21T03:00:00", "2026-11-21T02:00:00Z"),
        ("quota resets 2026-11-22 01:00:00 UTC", "2026-11-22T01:00:00Z"),
        ("Claude AI usage limit reached|1795204800", "2026-11-20T20:00:00Z"),
        ("Retry-After: 3600", "2026-11-20T17:35:00Z"),
        ("retry_after=60", "2026-11-20T16:36:00Z"),
        ("Please try again in 1s.", "2026-11-20T16:35:01Z"),
        ("Please try again in 6m0s.", "2026-11-20T16:41:00Z"),
        ("Please retry in 35.2s", "2026-11-20T16:35:35.2Z"),
        ("\"retryDelay\":\"34s\"", "2026-11-20T16:35:34Z"),
        ("Your quota will reset after 5h12m3s.", "2026-11-20T21:47:03Z"),
        ("Try again in 3 days 4 hours and 5 minutes.", "2026-11-23T20:40:00Z"),
    ] {
        assert_eq!(reset(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_says_no_time_gives_none() {
    for text in [
        "Please try again later.",
        "resets soon",
        "retry 3",
        "resets 25:61pm",
        "try again in 900 days",
        "try again at Nov 25th, 2029 6:35 PM",
        "usage limit reached|1095201600",
        "99999999999999999999 resets 99999999999999999999h",
        "resets at",
        "",
    ] {
        assert_eq!(reset(text), None, "{text}");
    }
}
