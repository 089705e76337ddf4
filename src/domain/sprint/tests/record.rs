//! The file of a sprint, its yes and its pace, what came of it and how it is remembered.

use super::*;

fn sprint() -> Sprint {
    let task = |number, priority| Planned {
        issue: IssueNumber(number),
        title: format!("Issue {number}: \"yes\" & # no"),
        priority,
        reasons: labels(&["+3.00 no priority label"]),
    };
    Sprint {
        id: "shop-2026-01-31".parse().unwrap(),
        repo: "acme/shop".parse().unwrap(),
        status: Status::Waiting,
        decided_by: None,
        reason: None,
        created_at: at(NOW),
        expires_at: Some(at("2026-02-03T12:00:00Z")),
        issue: None,
        chosen_by: None,
        focus: None,
        tasks: vec![task(4, Some(Priority::Normal)), task(5, None)],
        notes: Vec::new(),
        score: Some(-0.25),
        promoted: Vec::new(),
        before: None,
        ended_at: None,
    }
}

#[test]
fn the_file_of_a_sprint_says_how_it_is_answered_and_is_read_back() {
    let text = sprint().render().unwrap();
    insta::assert_snapshot!(text, @r#"
    # This sprint waits for you: set `status` to approved or rejected, or run
    # `agentos plan approve shop-2026-01-31`. Lines of `tasks` may be taken out.
    id: shop-2026-01-31
    repo: acme/shop
    status: waiting
    created_at: "2026-01-31T12:00:00Z"
    expires_at: "2026-02-03T12:00:00Z"
    tasks:
      - issue: 4
        title: "Issue 4: \"yes\" & # no"
        priority: normal
        reasons:
          - "+3.00 no priority label"
      - issue: 5
        title: "Issue 5: \"yes\" & # no"
        reasons:
          - "+3.00 no priority label"
    score: -0.25
    "#);
    assert_eq!(Sprint::parse(&text, "x.yaml").unwrap(), sprint());
    let by_hand = text.replace("status: waiting", "status: Approved  # fine by me");
    assert_eq!(Sprint::parse(&by_hand, "x.yaml").unwrap().status, Status::Approved);
    let shorter = "id: shop-2026-01-31\nrepo: acme/shop\nstatus: rejected\ncreated_at: 2026-01-31T12:00:00Z\n";
    assert_eq!(Sprint::parse(shorter, "x.yaml").unwrap().tasks, []);
}

#[test]
fn a_file_that_is_nonsense_is_no_yes() {
    let text = sprint().render().unwrap();
    for (from, to) in [
        ("status: waiting", "status: aproved"),
        ("status: waiting", "status: true"),
        ("status: waiting", "status:"),
        ("status: waiting", "state: approved"),
        ("status: waiting", "status: [approved]"),
        ("id: shop-2026-01-31", "id: ../../etc/passwd"),
        ("repo: acme/shop", "repo: shop"),
        ("issue: 4", "issue: four"),
        ("status: waiting", "status: approved\nstatus: rejected"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        let error = Sprint::parse(&changed, "x.yaml").unwrap_err().to_string();
        assert!(error.starts_with("x.yaml"), "{error}");
    }
}

#[test]
fn names_of_sprints_are_names_of_files() {
    let key = "shop".parse().unwrap();
    assert_eq!(SprintId::of(&key, "2026-01-31", 1).as_str(), "shop-2026-01-31");
    assert_eq!(SprintId::of(&key, "2026-01-31", 2).as_str(), "shop-2026-01-31-02");
    let second = Sprint { id: SprintId::of(&key, "2026-01-31", 2), ..sprint() };
    assert_eq!(
        (sprint().title(&key), second.title(&key)),
        ("Sprint 2026-01-31".to_owned(), "Sprint 2026-01-31-02".to_owned())
    );
    for bad in ["", "../x", "a/b", ".x", "a b", "ä"] {
        assert!(bad.parse::<SprintId>().is_err(), "{bad}");
    }
}

#[test]
fn no_answer_is_never_a_yes() {
    let quiet = Facts { is_issue_closed: false, is_dormant: false, now: at(NOW) };
    let later = Facts { now: at("2026-02-03T12:00:00Z"), ..quiet.clone() };
    let closed = Facts { is_issue_closed: true, ..quiet.clone() };
    let dormant = Facts { is_dormant: true, ..quiet.clone() };
    let with = |status, by: Option<&str>| Sprint {
        status,
        decided_by: by.map(ToOwned::to_owned),
        ..sprint()
    };
    for (sprint, facts, expected) in [
        (sprint(), &quiet, "Wait"),
        (sprint(), &later, "Expire { reason: \"nobody answered until 2026-02-03T12:00:00Z\" }"),
        (sprint(), &closed, "Reject { by: \"a person, who closed its issue\" }"),
        (
            sprint(),
            &dormant,
            "Expire { reason: \"`sprint_cadence_days` is 0: nothing is planned any more\" }",
        ),
        (with(Status::Approved, None), &later, "Approve { by: \"a person, in its file\" }"),
        (with(Status::Approved, Some("ann")), &quiet, "Approve { by: \"ann\" }"),
        (with(Status::Rejected, Some("ann")), &quiet, "Reject { by: \"ann\" }"),
        (with(Status::Expired, None), &quiet, "Expire { reason: \"its file says so\" }"),
        (Sprint { expires_at: None, ..sprint() }, &later, "Wait"),
    ] {
        assert_eq!(
            format!("{:?}", rule(&sprint, facts)),
            expected,
            "{:?} {facts:?}",
            sprint.status
        );
    }
}

#[test]
fn an_answer_has_most_of_the_pace_and_three_days_at_most() {
    let hours = SignedDuration::from_hours;
    for (days, expected) in [
        (0.0, SignedDuration::from_mins(10)),
        (0.001, SignedDuration::from_mins(10)),
        (1.0, hours(24) * 8 / 10),
        (7.0, hours(72)),
        (1e300, hours(72)),
        (f64::NAN, hours(72)),
    ] {
        let difference = window(days) - expected;
        assert!(difference.abs() < SignedDuration::from_secs(1), "{days}: {:?}", window(days));
    }
}

#[test]
fn the_next_sprint_begins_early_only_when_the_last_one_is_done() {
    let ended = |status, promoted: &[u64]| Sprint {
        status,
        promoted: numbers(promoted),
        ended_at: Some(at(NOW)),
        ..sprint()
    };
    let done = ended(Status::Approved, &[4, 5]);
    let open = |list: &[u64]| -> BTreeSet<IssueNumber> { numbers(list).into_iter().collect() };
    for (is_allowed, last, active, still_open, expected) in [
        (true, Some(done.clone()), 0, open(&[]), true),
        (true, Some(done.clone()), 0, open(&[9]), true),
        (true, Some(done.clone()), 0, open(&[5, 9]), false),
        (true, Some(done.clone()), 1, open(&[]), false),
        (false, Some(done.clone()), 0, open(&[]), false),
        (true, None, 0, open(&[]), false),
        (true, Some(ended(Status::Rejected, &[])), 0, open(&[]), false),
        (true, Some(ended(Status::Expired, &[])), 0, open(&[]), false),
        (true, Some(ended(Status::Approved, &[])), 0, open(&[]), false),
        (true, Some(Sprint { ended_at: None, ..done.clone() }), 0, open(&[]), false),
    ] {
        assert_eq!(
            early(is_allowed, last.as_ref(), active, &still_open),
            expected,
            "{last:?} {active}"
        );
    }
    assert_eq!((room(5, 0), room(5, 3), room(5, 9)), (5, 2, 0));
}

#[test]
fn a_retrospective_counts_and_tells_time_money_and_score() {
    let outcome = |number, end, micros, lead: Option<i64>| Outcome {
        number: IssueNumber(number),
        end,
        cost_usd_micros: micros,
        lead: lead.map(SignedDuration::from_mins),
    };
    let retrospective = Retrospective {
        outcomes: vec![
            outcome(4, End::Merged, 1_200_000, Some(90)),
            outcome(5, End::Merged, 1, Some(60 * 30)),
            outcome(6, End::Waits, 0, None),
            outcome(7, End::Closed, 0, None),
        ],
        score_before: Some(-0.25),
        score_now: Some(0.1),
    };
    insta::assert_snapshot!(retrospective.render(), @r"
    **Came of it:** 2 merged, 1 closed without a merge, 1 waits for a person; $1.21; 30 h to a merge (median); business score -0.250 → +0.100.

    - #4 merged after 90 min, $1.20
    - #5 merged after 30 h, $0.01
    - #6 waits for a person
    - #7 closed without a merge
    ");
    assert_eq!(Retrospective::default().headline(), "nothing; $0.00");
}

#[test]
fn the_history_is_bounded_and_keeps_what_people_wrote_into_it() {
    let first = with_sprint("", ("shop-1", "Sprint 1", "1. #4"), None);
    assert_eq!(first, "### Sprint 1 (`shop-1`)\n\n1. #4");
    let by_hand = format!("We ship on Fridays.\n\n{first}\n\nThat was too much.\n");
    let came = ("shop-1", "**Came of it:** 1 merged.");
    let second = with_sprint(&by_hand, ("shop-2", "Sprint 2", "1. #5"), Some(came));
    insta::assert_snapshot!(second, @r"
    We ship on Fridays.

    ### Sprint 2 (`shop-2`)

    1. #5

    ### Sprint 1 (`shop-1`)

    1. #4

    That was too much.

    **Came of it:** 1 merged.
    ");
    assert_eq!(
        with_sprint(&second, ("shop-2", "Sprint 2", "1. #5"), Some(came)),
        second,
        "told once"
    );
    let mut long = second;
    for n in 3..40 {
        long = with_sprint(&long, (&format!("shop-{n}"), &format!("Sprint {n}"), "x"), None);
    }
    assert_eq!(long.matches("### Sprint ").count(), 12);
    assert!(long.starts_with("We ship on Fridays.\n\n### Sprint 39 ") && !long.contains("shop-2`"));
}
