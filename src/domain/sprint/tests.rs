//! The sprint's decisions as tables.

mod choice;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{BoardStatus, Issue, IssueState, Trust};
use crate::domain::kinds::Priority;
use crate::domain::signal::Signal;
use crate::text::marker;

const NOW: &str = "2026-01-31T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn days_ago(days: i64) -> Timestamp {
    at(NOW) - SignedDuration::from_hours(24 * days)
}

fn issue(number: u64, labels: &[&str]) -> Issue {
    Issue {
        number: IssueNumber(number),
        title: format!("Issue {number}"),
        body: String::new(),
        state: IssueState::Open,
        status: Some(BoardStatus::Backlog),
        labels: labels.iter().map(ToString::to_string).collect(),
        author: "ann".to_owned(),
        author_trust: Trust::Trusted,
        url: String::new(),
        created_at: at(NOW),
        updated_at: at(NOW),
        closed_at: None,
    }
}

fn numbers(list: &[u64]) -> Vec<IssueNumber> {
    list.iter().copied().map(IssueNumber).collect()
}

fn labels(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn sorted(issues: &[Issue], past: &[(u64, Past)], unmet: &[(u64, &[u64])]) -> Backlog {
    let past: BTreeMap<_, _> = past.iter().map(|(n, past)| (IssueNumber(*n), *past)).collect();
    let unmet = unmet.iter().map(|(n, on)| (IssueNumber(*n), numbers(on))).collect();
    let (required, excluded) = (labels(&[]), labels(&["wip"]));
    let (hold, trusted) = (labels(&["hold"]), labels(&["Carla"]));
    let rules = Rules { required: &required, excluded: &excluded, hold: &hold, trusted: &trusted };
    backlog(issues, &past, &unmet, &rules)
}

#[test]
fn only_what_waits_in_the_backlog_of_trusted_people_may_be_chosen() {
    let by = |author: &str, trust| Issue {
        author: author.to_owned(),
        author_trust: trust,
        ..issue(1, &[])
    };
    let column = |status| Issue { status, ..issue(1, &[]) };
    let sprint =
        Issue { body: "<!-- agentos:origin plan/1 -->".to_owned(), ..issue(1, &["bot-generated"]) };
    let groomed = Issue {
        body: "<!-- agentos:origin groom/1 -->".to_owned(),
        ..issue(1, &["bot-generated"])
    };
    let none: &[(u64, Past)] = &[];
    for (one, past, expected) in [
        (issue(1, &[]), none, "chosen"),
        (issue(1, &["bug", "prio:low"]), none, "chosen"),
        (column(None), none, "chosen"),
        (groomed, none, "chosen"),
        (by("carla", Trust::Untrusted), none, "chosen"),
        (
            by("eve", Trust::Untrusted),
            none,
            "its author may not make work: a person makes it Ready",
        ),
        (by("eve", Trust::Unknown), none, "it is not known yet whether its author may make work"),
        (sprint, none, "it is the issue of a sprint"),
        (issue(1, &["Ready"]), none, "active"),
        (issue(1, &["in-progress"]), none, "active"),
        (issue(1, &["in-progress", "blocked"]), &[(1, Past::Live)], "active"),
        (column(Some(BoardStatus::Ready)), none, "active"),
        (column(Some(BoardStatus::InProgress)), none, "active"),
        (column(Some(BoardStatus::Blocked)), none, "its column is Blocked"),
        (column(Some(BoardStatus::Done)), none, "its column is Done"),
        (issue(1, &["ready", "blocked"]), none, "it has the label `blocked`"),
        (issue(1, &["human-required"]), none, "it has the label `human-required`"),
        (issue(1, &["done"]), none, "it has the label `done`"),
        (issue(1, &["wip"]), none, "it has the label `wip` of `excluded_labels`"),
        (issue(1, &["HOLD"]), none, "it has the label `hold` of `hold_labels`"),
        (issue(1, &[]), &[(1, Past::Live)], "active"),
        (issue(1, &[]), &[(1, Past::Waiting)], "its task waits for an answer"),
        (
            issue(1, &[]),
            &[(1, Past::Ended)],
            "it was worked on before: a person makes it Ready once more",
        ),
    ] {
        let seen = sorted(std::slice::from_ref(&one), past, &[]);
        let is = match (seen.candidates.len(), seen.active.len()) {
            (1, _) => "chosen",
            (_, 1) => "active",
            _ => seen.left[&IssueNumber(1)].as_str(),
        };
        assert_eq!(is, expected, "{one:?} {past:?}");
    }
}

#[test]
fn what_depends_on_something_else_is_left_out_with_all_that_depends_on_it() {
    let issues: Vec<Issue> = [
        issue(1, &[]),
        issue(2, &[]),
        issue(3, &[]),
        issue(4, &["ready"]),
        issue(5, &["hold"]),
        issue(6, &[]),
    ]
    .into();
    let unmet: &[(u64, &[u64])] = &[(1, &[4]), (2, &[5]), (3, &[2]), (6, &[1]), (99, &[1])];
    let seen = sorted(&issues, &[], unmet);
    let left: Vec<(u64, &str)> = seen.left.iter().map(|(n, why)| (n.0, why.as_str())).collect();
    assert_eq!(
        left,
        [
            (2, "it depends on #5, which is not closed"),
            (3, "it depends on #2, which is not closed"),
            (5, "it has the label `hold` of `hold_labels`"),
        ]
    );
    let after: Vec<(u64, &[IssueNumber])> =
        seen.candidates.iter().map(|c| (c.number.0, c.after.as_slice())).collect();
    assert_eq!(
        after,
        [(1, &[][..]), (6, &[IssueNumber(1)][..])],
        "what is under way comes first by itself"
    );
}

fn candidate(number: u64) -> Candidate {
    Candidate::of(&issue(number, &[]), Vec::new())
}

fn order(candidates: &[Candidate], aims: &Aims) -> Vec<u64> {
    rank(candidates, aims, at(NOW)).iter().map(|one| one.number.0).collect()
}

#[test]
fn each_part_of_the_sum_is_told_with_its_points() {
    let text = "Speed up the checkout page for visitors";
    let one = Issue {
        title: text.to_owned(),
        body: "<!-- agentos:origin groom/1 -->\n## Outcome Checks\n- conversion\n".to_owned(),
        created_at: days_ago(45),
        ..issue(7, &["prio:high", "bot-generated"])
    };
    let waiting = Candidate { after: numbers(&[7]), ..candidate(8) };
    let aims = Aims {
        metrics: vec![
            Aim::new("conversion", "Conversion", 0.6, Some(-1.0)),
            Aim::new("traffic", "Visitors", 0.3, None),
            Aim::new("arpu", "Revenue", 0.1, Some(-1.0)),
        ],
        signals: vec![Signal {
            name: "Slow checkout".to_owned(),
            weight: 2.0,
            words: words("the checkout is slow: its page takes seconds"),
        }],
        skips: vec![
            Skip { issues: numbers(&[7]).into_iter().collect(), at: days_ago(7), is_refusal: true },
            Skip {
                issues: numbers(&[7]).into_iter().collect(),
                at: days_ago(31),
                is_refusal: true,
            },
        ],
    };
    let ranked = rank(&[Candidate::of(&one, Vec::new()), waiting], &aims, at(NOW));
    let told: Vec<String> = ranked[0].reasons.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    +6.00 priority high
    +6.00 its outcome is checked by conversion
    +0.75 its words are about traffic
    +2.50 evidence: Slow checkout
    +1.00 1 issue waits for it
    +1.50 45 days old
    -2.00 written by the system itself
    -1.50 in a sprint that was not wanted lately
    ");
    let sum: f64 = ranked[0].reasons.iter().map(|reason| reason.points).sum();
    assert!((ranked[0].points - sum).abs() < 0.001);
}

#[test]
fn the_order_is_by_points_then_urgency_then_age_then_number() {
    let with = |number, labels: &[&str], made| {
        Candidate::of(&Issue { created_at: made, ..issue(number, labels) }, Vec::new())
    };
    let all = [
        with(5, &[], at(NOW)),
        with(4, &["prio:low"], at(NOW)),
        with(3, &["prio:high"], at(NOW)),
        with(2, &[], at(NOW)),
        with(9, &["prio:normal"], at(NOW) - SignedDuration::from_hours(1)),
    ];
    assert_eq!(order(&all, &Aims::default()), [3, 9, 2, 5, 4]);
    let mut turned = all.to_vec();
    turned.reverse();
    assert_eq!(
        order(&turned, &Aims::default()),
        [3, 9, 2, 5, 4],
        "whatever order they are read in"
    );
}

#[test]
fn an_issue_serves_a_metric_by_its_check_or_half_as_much_by_its_words() {
    let metric = |mean| Aims {
        metrics: vec![Aim::new("conversion_rate", "Conversion rate", 1.0, mean)],
        ..Aims::default()
    };
    let points = |body: &str, mean| {
        let one = Candidate::of(&Issue { body: body.to_owned(), ..issue(1, &[]) }, Vec::new());
        let ranked = rank(&[one], &metric(mean), at(NOW));
        ranked[0].points - 3.0
    };
    for (body, mean, expected) in [
        ("## Outcome Checks\n- conversion_rate", Some(-1.0), 10.0),
        ("## Outcome Checks\n- conversion_rate", None, 5.0),
        ("## Outcome Checks\n- conversion_rate", Some(0.0), 5.0),
        ("## Outcome Checks\n- conversion_rate", Some(1.0), 0.0),
        ("The rate of conversion falls.", Some(-1.0), 5.0),
        ("The conversion falls.", Some(-1.0), 0.0),
        ("Nothing of the kind.", Some(-1.0), 0.0),
        ("<!-- conversion rate -->", Some(-1.0), 0.0),
    ] {
        assert!((points(body, mean) - expected).abs() < 1e-9, "{body} {mean:?}");
    }
}

#[test]
fn what_was_not_wanted_comes_back_by_and_by() {
    let penalty = |days, is_refusal| {
        let issues: BTreeSet<IssueNumber> = [IssueNumber(1)].into();
        let skips = vec![Skip { issues, at: days_ago(days), is_refusal }];
        let ranked = rank(&[candidate(1)], &Aims { skips, ..Aims::default() }, at(NOW));
        3.0 - ranked[0].points
    };
    for (days, is_refusal, expected) in [
        (0, true, 3.0),
        (7, true, 1.5),
        (14, true, 0.75),
        (30, true, 0.0),
        (0, false, 1.0),
        (7, false, 0.5),
        (400, false, 0.0),
    ] {
        assert!((penalty(days, is_refusal) - expected).abs() < 1e-3, "{days} {is_refusal}");
    }
}

#[test]
fn all_evidence_together_has_a_bound_and_words_have_to_be_its_own() {
    let signal =
        |weight, text: &str| Signal { name: "evidence".to_owned(), weight, words: words(text) };
    let one = Candidate::of(
        &Issue { title: "Mend the slow checkout page".to_owned(), ..issue(1, &[]) },
        Vec::new(),
    );
    let points = |signals: Vec<Signal>| {
        let aims = Aims { signals, ..Aims::default() };
        rank(std::slice::from_ref(&one), &aims, at(NOW))[0].points - 3.0
    };
    for (signals, expected) in [
        (vec![signal(2.0, "slow checkout")], 2.0),
        (vec![signal(2.0, "slow checkout page")], 2.5),
        (vec![signal(2.0, "checkout elsewhere")], 0.0),
        (vec![signal(2.0, "checkout")], 2.0),
        (vec![signal(2.0, "")], 0.0),
        (vec![signal(f64::NAN, "slow checkout")], 0.0),
        (vec![signal(-9.0, "slow checkout")], 0.0),
        (vec![signal(5.0, "slow checkout"); 9], 8.0),
    ] {
        assert!((points(signals.clone()) - expected).abs() < 1e-9, "{signals:?}");
    }
}

#[test]
fn words_of_others_stay_words() {
    let text =
        format!("## `rm` <b> {} <!-- x --> ~~~ @all\nnext", marker::render("origin", "plan/1"));
    let shown = plain(&text, 200);
    assert!(
        !shown.contains('`')
            && !shown.contains("<!--")
            && !shown.contains('\n')
            && !shown.starts_with('#'),
        "{shown}"
    );
    assert_eq!((plain("#7: no", 20), plain("## 7", 20)), ("#7: no".to_owned(), "7".to_owned()));
}
