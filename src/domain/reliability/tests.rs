//! The arithmetic of the report, by hand.

use super::*;
use crate::domain::execution::Run;
use crate::domain::issue::{Issue, IssueState, Trust};
use crate::domain::objective::{Direction, Interpretation, Metric, Objective, Snapshot, Values};
use crate::domain::outcome::{Kind, Record};

/// A Saturday; the Monday before it is 2026-11-16.
const NOW: &str = "2026-11-21T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ledger(days: u32) -> Ledger {
    Ledger::new(Window::of(days, at(NOW)))
}

fn record(kind: Kind, task: &str, moment: &str) -> Record {
    let line = serde_json::json!({
        "timestamp": moment, "kind": kind, "repo": "acme/web", "task_id": task, "issue": 1, "pr": 7,
    });
    serde_json::from_value(line).unwrap()
}

fn outcomes(ledger: &mut Ledger, task: &str, opened: &str, merged: &str) {
    for (kind, moment) in [(Kind::PrOpened, opened), (Kind::Merged, merged)] {
        if !moment.is_empty() {
            ledger.outcome(&record(kind, task, moment));
            ledger.seen(at(moment));
        }
    }
}

/// A run by `agent`: when it ended, with what, how long it took and what it cost.
fn run(
    ledger: &mut Ledger,
    (task, agent): (&str, &str),
    moment: &str,
    (status, code): (&str, &str),
    seconds: f64,
    (cost, charged): (Option<f64>, f64),
) {
    let line = serde_json::json!({
        "timestamp": moment, "task_id": task, "repo": "acme/web", "agent": agent, "task_type": "debugging",
        "status": status, "blocker_code": code, "duration_seconds": seconds, "cost_usd": cost,
        "charged_usd": charged,
    })
    .to_string();
    let run: Run<'_> = serde_json::from_str(&line).unwrap();
    ledger.seen(run.timestamp);
    ledger.run(&run);
}

const DONE: (&str, &str) = ("complete", "none");
const FREE: (Option<f64>, f64) = (None, 0.0);

fn percents(interval: Option<Interval>) -> Option<(f64, f64, f64)> {
    interval.map(|i| (i.rate, i.low, i.high))
}

#[test]
fn weeks_begin_on_monday_and_are_cut_at_the_ends_of_the_window() {
    let window = Window::of(14, at(NOW));
    let spans: Vec<String> = (0..window.weeks())
        .map(|week| {
            let (from, to) = window.span(week);
            format!("{from} {to} {}", window.is_whole(week))
        })
        .collect();
    assert_eq!(
        spans,
        [
            "2026-11-07T12:00:00Z 2026-11-09T00:00:00Z false",
            "2026-11-09T00:00:00Z 2026-11-16T00:00:00Z true",
            "2026-11-16T00:00:00Z 2026-11-21T12:00:00Z false",
        ]
    );
    for (moment, week) in [
        ("2026-11-07T12:00:00Z", None),
        ("2026-11-07T12:00:01Z", Some(0)),
        ("2026-11-08T23:59:59Z", Some(0)),
        ("2026-11-09T00:00:00Z", Some(1)),
        (NOW, Some(2)),
        ("2026-11-21T12:00:01Z", None),
        ("1969-12-31T00:00:00Z", None),
    ] {
        assert_eq!(window.week(at(moment)), week, "{moment}");
    }
}

#[test]
fn where_nothing_is_recorded_nothing_is_told() {
    let report = ledger(90).report(Scope { days: 90, ..Scope::default() });
    assert_eq!((report.totals.success, report.totals.merge_rate), (None, None));
    assert_eq!((report.totals.cost.usd, report.totals.cost_per_merge_usd), (None, None));
    assert_eq!((report.lead_time, report.recorded_since), (None, None));
    assert_eq!(report.weeks.len(), 1);
    assert_eq!(report.missing, ["nothing is recorded yet: there was no run and no merge"]);
    let mut blind = ledger(90);
    blind.no_issues();
    assert_eq!(blind.report(Scope::default()).backlog, None);
}

#[test]
fn weeks_before_the_first_record_are_left_out_and_quiet_ones_behind_it_are_not() {
    let mut ledger = ledger(28);
    run(&mut ledger, ("web-1", "codex"), "2026-11-04T09:00:00Z", DONE, 60.0, FREE);
    run(&mut ledger, ("web-2", "codex"), "2026-11-18T09:00:00Z", DONE, 60.0, FREE);
    let report = ledger.report(Scope::default());
    let weeks: Vec<(String, u64, Option<f64>)> = report
        .weeks
        .iter()
        .map(|week| (week.from.to_string(), week.runs, week.success.map(|success| success.rate)))
        .collect();
    assert_eq!(
        weeks,
        [
            ("2026-11-02".to_owned(), 1, Some(1.0)),
            ("2026-11-09".to_owned(), 0, None),
            ("2026-11-16".to_owned(), 1, Some(1.0)),
        ]
    );
}

#[test]
fn success_counts_what_says_something_of_the_work() {
    let mut ledger = ledger(7);
    let moment = "2026-11-18T09:00:00Z";
    for (agent, end) in [
        ("codex", DONE),
        ("codex", DONE),
        ("codex", DONE),
        ("codex", ("partial", "test_failure")),
        ("claude", ("partial", "test_failure")),
        ("claude", ("blocked", "quota_limited")),
        ("claude", ("blocked", "missing_context")),
    ] {
        run(&mut ledger, ("web-1", agent), moment, end, 60.0, FREE);
    }
    let report = ledger.report(Scope::default());
    assert_eq!((report.totals.runs, report.totals.samples, report.totals.complete), (7, 5, 3));
    // Wilson by hand for 3 of 5: (0.6 + 0.384146) / 1.768292 ± 1.959964 × √(0.048 + 0.038415 × 1) / 1.768292.
    assert_eq!(percents(report.totals.success), Some((0.6, 0.2307, 0.8824)));
    let rows: Vec<(String, u64, u64, u64)> =
        report.agents.iter().map(|row| (row.name(), row.runs, row.samples, row.complete)).collect();
    assert_eq!(rows, [("claude".to_owned(), 3, 1, 0), ("codex".to_owned(), 4, 4, 3)]);
    assert_eq!(report.task_types.len(), 1);
    assert_eq!(report.task_types[0].name(), "debugging");
    assert_eq!(report.agents_by_task_type[1].name(), "codex, debugging");
    let blockers: Vec<(&str, u64)> =
        report.blockers.iter().map(|blocker| (blocker.code.as_str(), blocker.runs)).collect();
    assert_eq!(blockers, [("test_failure", 2), ("missing_context", 1), ("quota_limited", 1)]);
}

#[test]
fn the_merge_rate_is_of_those_that_were_opened_and_are_decided() {
    let mut ledger = ledger(14);
    outcomes(&mut ledger, "web-1", "2026-11-10T09:00:00Z", "2026-11-11T09:00:00Z");
    outcomes(&mut ledger, "web-2", "2026-11-10T10:00:00Z", "2026-11-17T09:00:00Z");
    // Closed without a merge, and open still.
    outcomes(&mut ledger, "web-3", "2026-11-10T11:00:00Z", "");
    outcomes(&mut ledger, "web-4", "2026-11-10T12:00:00Z", "");
    ledger.task("web-4", at("2026-11-10T08:00:00Z"), true);
    // Opened before the window, merged in it: it is merged, and of no cohort here.
    outcomes(&mut ledger, "web-5", "2026-10-01T09:00:00Z", "2026-11-12T09:00:00Z");
    let report = ledger.report(Scope::default());
    let totals = &report.totals;
    assert_eq!((totals.opened, totals.still_open, totals.merged), (4, 1, 3));
    assert_eq!(totals.merge_rate.map(|rate| rate.rate), Some(0.6667));
    let weeks: Vec<(u64, u64, u64, Option<f64>)> = report
        .weeks
        .iter()
        .map(|w| (w.opened, w.still_open, w.merged, w.merge_rate.map(|rate| rate.rate)))
        .collect();
    assert_eq!(weeks, [(0, 0, 0, None), (4, 1, 2, Some(0.6667)), (0, 0, 1, None)]);
}

#[test]
fn money_that_nobody_counted_is_not_taken_for_none() {
    let mut ledger = ledger(7);
    let moment = "2026-11-18T09:00:00Z";
    run(&mut ledger, ("web-1", "codex"), moment, DONE, 60.0, (Some(0.5), 0.5));
    run(&mut ledger, ("web-1", "codex"), moment, DONE, 60.0, (None, 2.0));
    run(&mut ledger, ("web-1", "house"), moment, DONE, 60.0, FREE);
    let line = format!(r#"{{"timestamp":"{moment}","cost_usd":0.25,"charged_usd":0.25}}"#);
    ledger.question(&serde_json::from_str(&line).unwrap());
    outcomes(&mut ledger, "web-1", "2026-11-18T10:00:00Z", "2026-11-18T11:00:00Z");
    outcomes(&mut ledger, "web-2", "2026-11-18T10:00:00Z", "2026-11-18T11:00:00Z");
    let report = ledger.report(Scope::default());
    let told = Money { usd: Some(0.75), told: 2, untold: 2, worst_case_usd: Some(2.0) };
    assert_eq!(report.totals.cost, told);
    assert_eq!(report.totals.cost_per_merge_usd, Some(0.375));
    let by_agent: Vec<Option<f64>> = report.agents.iter().map(|row| row.cost_usd).collect();
    assert_eq!(by_agent, [Some(0.5), None]);
    assert!(report.missing.iter().any(|line| line.starts_with("cost: of 2 of 4 ")), "{report:?}");
}

#[test]
fn lead_time_is_split_into_its_stages() {
    let mut ledger = ledger(7);
    // Dispatched at 9; runs of 10 and 20 minutes until the pull request at 10; a repair of 15 minutes; merged at 12.
    outcomes(&mut ledger, "web-1", "2026-11-18T10:00:00Z", "2026-11-18T12:00:00Z");
    ledger.task("web-1", at("2026-11-18T09:00:00Z"), false);
    let who = ("web-1", "codex");
    run(&mut ledger, who, "2026-11-18T09:20:00Z", ("partial", "none"), 600.0, FREE);
    run(&mut ledger, who, "2026-11-18T10:00:00Z", DONE, 1200.0, FREE);
    run(&mut ledger, who, "2026-11-18T11:00:00Z", DONE, 900.0, FREE);
    run(&mut ledger, who, "2026-11-18T13:00:00Z", DONE, 5000.0, FREE);
    // Ten times as fast; and one of which no run is on record.
    outcomes(&mut ledger, "web-2", "2026-11-19T09:06:00Z", "2026-11-19T09:18:00Z");
    ledger.task("web-2", at("2026-11-19T09:00:00Z"), false);
    run(&mut ledger, ("web-2", "codex"), "2026-11-19T09:05:00Z", DONE, 300.0, FREE);
    outcomes(&mut ledger, "web-3", "2026-11-19T09:06:00Z", "2026-11-19T09:18:00Z");
    ledger.task("web-3", at("2026-11-19T09:00:00Z"), false);
    let report = ledger.report(Scope::default());
    let lead = report.lead_time.unwrap();
    assert_eq!(lead.merges, 2);
    let numbers = |s: &Spread| (s.p50_seconds, s.p95_seconds, s.mean_seconds);
    assert_eq!(numbers(&lead.whole), (1080.0, 10_800.0, 5940.0));
    let stages: Vec<(Stage, (f64, f64, f64))> =
        lead.stages.iter().map(|stage| (stage.stage, numbers(&stage.spread))).collect();
    assert_eq!(
        stages,
        [
            (Stage::Waiting, (60.0, 1800.0, 930.0)),
            (Stage::Working, (300.0, 1800.0, 1050.0)),
            (Stage::Review, (720.0, 6300.0, 3510.0)),
            (Stage::Repairs, (0.0, 900.0, 450.0)),
        ]
    );
    assert_eq!(report.weeks.last().unwrap().lead_p50_seconds, Some(1080.0));
    assert!(report.missing.iter().any(|line| line.contains("of 1 of 3 merges")));
}

#[test]
fn an_opening_before_the_window_is_found_for_a_merge_in_it() {
    let mut ledger = ledger(7);
    outcomes(&mut ledger, "web-1", "", "2026-11-18T12:00:00Z");
    assert!(ledger.lacks_openings());
    ledger.earlier_opening(&record(Kind::PrOpened, "web-1", "2026-11-01T09:00:00Z"));
    ledger.earlier_opening(&record(Kind::PrOpened, "web-9", "2026-11-01T09:00:00Z"));
    assert!(!ledger.lacks_openings() && !ledger.is_about("web-9"));
    ledger.task("web-1", at("2026-11-01T08:00:00Z"), false);
    // A run before the window counts for the lead time and for nothing else.
    assert_eq!(ledger.horizon(), at("2026-11-01T08:00:00Z"));
    run(&mut ledger, ("web-1", "codex"), "2026-11-01T08:30:00Z", DONE, 600.0, FREE);
    let report = ledger.report(Scope::default());
    assert_eq!((report.totals.runs, report.totals.opened, report.totals.merged), (0, 0, 1));
    let whole = report.lead_time.unwrap().whole;
    assert_eq!(whole.p50_seconds.to_bits(), 1_483_200_f64.to_bits());
}

#[test]
fn issues_that_came_went_and_lay_there_are_counted_by_week() {
    let issue = |number: u64, created: &str, closed: Option<&str>| Issue {
        number: IssueNumber(number),
        title: String::new(),
        body: String::new(),
        state: if closed.is_some() { IssueState::Closed } else { IssueState::Open },
        status: None,
        labels: Vec::new(),
        author: String::new(),
        author_trust: Trust::Trusted,
        url: String::new(),
        created_at: at(created),
        updated_at: at(NOW),
        closed_at: closed.map(at),
    };
    let mut ledger = ledger(14);
    ledger.seen(at("2026-11-08T09:00:00Z"));
    ledger.issue(&issue(1, "2026-10-01T09:00:00Z", None));
    ledger.issue(&issue(2, "2026-10-01T09:00:00Z", Some("2026-11-10T09:00:00Z")));
    ledger.issue(&issue(3, "2026-11-10T09:00:00Z", Some("2026-11-11T09:00:00Z")));
    ledger.issue(&issue(4, "2026-11-17T09:00:00Z", None));
    let report = ledger.report(Scope::default());
    assert_eq!(report.backlog, Some(Backlog { created: 2, closed: 2, live: 2 }));
    let weeks: Vec<Flow> = report.weeks.iter().filter_map(|week| week.backlog).collect();
    let flow = |created, closed, live| Flow { created, closed, live };
    assert_eq!(weeks, [flow(0, 0, 2), flow(1, 2, 1), flow(1, 0, 2)]);
}

#[test]
fn the_score_is_told_for_the_end_of_each_week_and_not_where_nothing_was_measured() {
    let metric = |id: &str, weight: f64| Metric {
        id: id.to_owned(),
        name: id.to_owned(),
        weight,
        direction: Some(Direction::Increase),
        tolerance: 0.02,
        source: None,
        outcome_check: None,
    };
    let objective = Objective {
        repo: None,
        primary_outcome: "Grow".to_owned(),
        evaluation_window: jiff::SignedDuration::from_hours(24 * 7),
        values: Values::default(),
        metrics: vec![metric("traffic", 0.25), metric("arpu", 0.75)],
    };
    let snapshot = |interpretation, moment: &str| Snapshot {
        check_id: Some("traffic".to_owned()),
        interpretation,
        at: at(moment),
    };
    let snapshots = [
        snapshot(Interpretation::Improved, "2026-11-12T09:00:00Z"),
        snapshot(Interpretation::Regressed, "2026-11-18T09:00:00Z"),
    ];
    let window = Window::of(14, at(NOW));
    let row = trend("acme/web", &objective, &snapshots, &window, 0);
    let points: Vec<Option<f64>> = row.trend.iter().map(|point| point.score).collect();
    assert_eq!(points, [None, Some(0.25), Some(-0.25)]);
    assert_eq!((row.score, row.coverage, row.window_days), (Some(-0.25), 0.25, 7));
    let metrics: Vec<(&str, Option<f64>)> =
        row.metrics.iter().map(|metric| (metric.id.as_str(), metric.contribution)).collect();
    assert_eq!(metrics, [("traffic", Some(-0.25)), ("arpu", None)]);
}

#[test]
fn what_is_no_number_of_money_or_time_does_no_harm() {
    let mut ledger = ledger(7);
    outcomes(&mut ledger, "web-1", "2026-11-18T10:00:00Z", "2026-11-18T09:00:00Z");
    ledger.task("web-1", at("2026-11-18T09:00:00Z"), false);
    run(&mut ledger, ("web-1", "a"), "2026-11-18T09:30:00Z", DONE, -5.0, (Some(-1.0), -1.0));
    ledger.unreadable();
    let report = ledger.report(Scope::default());
    assert_eq!((report.lead_time, report.totals.cost.usd), (None, None));
    assert!(report.missing.iter().any(|line| line == "1 line of records cannot be read"));
}
