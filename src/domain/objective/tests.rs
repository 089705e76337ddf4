//! The arithmetic with the numbers of seed 000.

#![expect(clippy::float_cmp, reason = "the numbers are rounded, or exact as they are")]

use proptest::prelude::*;

use super::Interpretation::{Improved, Inconclusive, Regressed, Unchanged};
use super::*;

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap()
}

/// The objective of seed 000: traffic 0.20, conversion 0.35, retention 0.25, arpu 0.20, over 28 days.
fn web_app() -> Objective {
    let weights = [("traffic", 0.20), ("conversion", 0.35), ("retention", 0.25), ("arpu", 0.20)];
    let normal = normalized(&weights.map(|(_, weight)| weight));
    let metrics = weights.iter().zip(normal).map(|((id, _), weight)| Metric {
        id: (*id).to_owned(),
        name: (*id).to_owned(),
        weight,
        direction: Some(Direction::Increase),
        tolerance: TOLERANCE,
        source: None,
        outcome_check: None,
    });
    Objective {
        repo: Some("repo1".to_owned()),
        primary_outcome: "Grow profitable user acquisition and monetization".to_owned(),
        evaluation_window: SignedDuration::from_hours(28 * 24),
        values: Values::default(),
        metrics: metrics.collect(),
    }
}

fn snapshot(id: &str, interpretation: Interpretation, day: i64) -> Snapshot {
    Snapshot { check_id: Some(id.to_owned()), interpretation, at: at(day) }
}

fn scored(snapshots: &[Snapshot]) -> (f64, f64) {
    let score = score(&web_app(), snapshots, at(28));
    (score.score, score.coverage)
}

#[test]
fn the_score_is_the_sum_of_weights_times_means() {
    let all = |i| ["traffic", "conversion", "retention", "arpu"].map(|id| snapshot(id, i, 20));
    for (interpretation, expected) in
        [(Improved, 1.0), (Unchanged, 0.0), (Regressed, -1.0), (Inconclusive, -0.35)]
    {
        assert_eq!(scored(&all(interpretation)), (expected, 1.0), "{interpretation:?}");
    }
    // 0.20·1 + 0.35·(1 − 1)/2 + 0.25·(−0.35) + 0.20·0 = 0.1125
    let mixed = [
        snapshot("traffic", Improved, 1),
        snapshot("conversion", Improved, 2),
        snapshot("conversion", Regressed, 3),
        snapshot("retention", Inconclusive, 4),
        snapshot("arpu", Unchanged, 5),
    ];
    assert_eq!(scored(&mixed), (0.1125, 1.0));
}

#[test]
fn what_was_never_measured_adds_nothing_and_is_listed() {
    assert_eq!(scored(&[]), (0.0, 0.0));
    assert_eq!(scored(&[snapshot("conversion", Regressed, 20)]), (-0.35, 0.35));
    let found = score(&web_app(), &[snapshot("conversion", Improved, 20)], at(28));
    assert_eq!(found.unmeasured, ["traffic", "retention", "arpu"]);
    assert!(found.is_measured() && !score(&web_app(), &[], at(28)).is_measured());
}

#[test]
fn metrics_without_any_weight_measure_nothing() {
    let mut objective = web_app();
    for metric in &mut objective.metrics {
        metric.weight = 0.0;
    }
    let found = score(&objective, &[snapshot("traffic", Improved, 20)], at(28));
    assert_eq!((found.score, found.coverage, found.is_measured()), (0.0, 0.0, false));
}

#[test]
fn only_the_window_counts() {
    for (day, expected) in [(0, 0.0), (1, 0.2), (28, 0.2), (29, 0.0), (-5, 0.0)] {
        assert_eq!(scored(&[snapshot("traffic", Improved, day)]).0, expected, "day {day}");
    }
}

#[test]
fn a_merge_without_a_check_is_shown_outside_the_score() {
    let without = Snapshot { check_id: None, interpretation: Inconclusive, at: at(20) };
    let foreign = snapshot("signups", Improved, 20);
    let found = score(&web_app(), &[without, foreign], at(28));
    assert_eq!((found.score, found.coverage), (0.0, 0.0));
    assert_eq!((found.outside.inconclusive, found.outside.improved), (1, 1));
}

#[test]
fn an_objective_may_value_interpretations_otherwise() {
    let mut objective = web_app();
    objective.values.inconclusive = 0.0;
    let found = score(&objective, &[snapshot("traffic", Inconclusive, 20)], at(28));
    assert_eq!((found.score, found.coverage), (0.0, 0.2));
}

#[test]
fn a_value_is_read_against_its_baseline_direction_and_tolerance() {
    use Direction::{Decrease, Increase};
    for (value, baseline, direction, tolerance, expected) in [
        (110.0, Some(100.0), Increase, 0.02, Improved),
        (110.0, Some(100.0), Decrease, 0.02, Regressed),
        (90.0, Some(100.0), Increase, 0.02, Regressed),
        (90.0, Some(100.0), Decrease, 0.02, Improved),
        (102.0, Some(100.0), Increase, 0.02, Unchanged),
        (98.0, Some(100.0), Increase, 0.02, Unchanged),
        (102.01, Some(100.0), Increase, 0.02, Improved),
        (1.02, Some(1.0), Increase, 0.02, Unchanged),
        (0.051, Some(0.05), Increase, 0.02, Unchanged),
        (0.0512, Some(0.05), Increase, 0.02, Improved),
        (104.0, Some(100.0), Increase, 0.05, Unchanged),
        (100.1, Some(100.0), Increase, 0.0, Improved),
        (100.0, Some(100.0), Increase, 0.0, Unchanged),
        (-90.0, Some(-100.0), Increase, 0.02, Improved),
        (-110.0, Some(-100.0), Decrease, 0.02, Improved),
        (5.0, Some(0.0), Increase, 0.02, Inconclusive),
        (5.0, None, Increase, 0.02, Inconclusive),
        (f64::NAN, Some(1.0), Increase, 0.02, Inconclusive),
        (f64::INFINITY, Some(1.0), Increase, 0.02, Inconclusive),
        (1.0, Some(f64::NAN), Increase, 0.02, Inconclusive),
    ] {
        let found = interpret(value, baseline, direction, tolerance);
        assert_eq!(found, expected, "{value} against {baseline:?}, {direction:?}, {tolerance}");
    }
}

#[test]
fn weights_are_shares_of_their_sum() {
    assert_eq!(normalized(&[2.0, 6.0]), [0.25, 0.75]);
    assert_eq!(normalized(&[1.0, -3.0]), [1.0, 0.0]);
    assert_eq!(normalized(&[0.0, 0.0]), [0.0, 0.0]);
    assert_eq!(normalized(&[f64::MAX, f64::MAX]), [0.0, 0.0]);
    assert_eq!(normalized(&[f64::NAN, 1.0]), [0.0, 1.0]);
    assert!(normalized(&[]).is_empty());
}

proptest! {
    #[test]
    fn a_score_lies_between_the_worst_and_the_best_value(
        judged in proptest::collection::vec((0_usize..5, 0_usize..4, -40_i64..40), 0..60)
    ) {
        let ids = ["traffic", "conversion", "retention", "arpu", "unknown"];
        let snapshots: Vec<Snapshot> = judged
            .into_iter()
            .map(|(id, word, day)| snapshot(ids[id], Interpretation::ALL[word], day))
            .collect();
        let found = score(&web_app(), &snapshots, at(28));
        prop_assert!((-1.0..=1.0).contains(&found.score));
        prop_assert!((0.0..=1.0).contains(&found.coverage));
        let measured = found.components.iter().filter(|c| c.mean.is_some()).count();
        prop_assert_eq!(measured + found.unmeasured.len(), 4);
        prop_assert!(found.is_measured() || found.score == 0.0);
    }
}
