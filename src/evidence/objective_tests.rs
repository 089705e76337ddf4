//! Objective files, good and bad.

#![expect(clippy::disallowed_methods, reason = "a test writes as a person does")]

use super::*;
use crate::domain::objective::Place;

fn load(text: &str) -> Result<LoadedObjective, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web.yaml");
    std::fs::write(&path, text).unwrap();
    let expand = |path: &str| Ok(path.replace('~', "/home/me"));
    load_objective(&path, &expand)
        .map_err(|error| error.to_string().replace(&dir.path().display().to_string(), "…"))
}

const METRIC: &str = "metrics:\n- id: traffic\n";

#[test]
fn the_example_of_the_tree_has_the_four_metrics_of_a_web_app() {
    let text = include_str!("../../objectives/example.yaml");
    let loaded = load(text).unwrap();
    assert_eq!(loaded.warnings, Vec::<String>::new());
    let shown: Vec<(String, f64)> =
        loaded.objective.metrics.iter().map(|m| (m.id.clone(), m.weight)).collect();
    let expected = [("traffic", 0.2), ("conversion", 0.35), ("retention", 0.25), ("arpu", 0.2)];
    for ((id, weight), (name, share)) in shown.iter().zip(expected) {
        assert!(id == name && (weight - share).abs() < 1e-12, "{id} {weight}");
    }
    let traffic = loaded.objective.metric("traffic").unwrap();
    let check = traffic.outcome_check.as_ref().unwrap();
    assert_eq!(check.measurement_window, SignedDuration::from_hours(14 * 24));
    assert_eq!(
        check.place,
        Place::File(
            "/home/me/.local/share/agent-os/evidence/hello/ga4_traffic_post_merge.yaml".to_owned()
        )
    );
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_seed() {
    let loaded = load(METRIC).unwrap();
    let objective = loaded.objective;
    assert_eq!(objective.evaluation_window, SignedDuration::from_hours(28 * 24));
    assert_eq!(objective.values, Values::default());
    let metric = &objective.metrics[0];
    assert_eq!((metric.weight, metric.direction), (1.0, None), "the evidence says the direction");
    assert_eq!((metric.tolerance, metric.source.as_ref()), (0.02, None));
}

#[test]
fn a_check_without_a_place_is_read_where_the_metric_is() {
    let text = "metrics:\n- id: a\n  source: {path: x.yaml}\n  outcome_check: {measurement_window_days: 3}\n";
    let loaded = load(text).unwrap();
    let check = loaded.objective.metrics[0].outcome_check.clone().unwrap();
    assert_eq!(check.place, Place::File("x.yaml".to_owned()));
}

#[test]
fn keys_that_nobody_reads_are_warned_about_with_their_line() {
    let text = "version: 1\nproduct_name: Shop\nevalution_window_days: 7\nmetrics:\n- id: a\n  wieght: 2\n";
    let loaded = load(text).unwrap();
    let told: Vec<String> = loaded
        .warnings
        .iter()
        .map(|text| text.split_once("web.yaml").unwrap().1.to_owned())
        .collect();
    assert_eq!(
        told,
        [
            ":3: `evalution_window_days` is not used; did you mean `evaluation_window_days`?",
            ":6: `wieght` is not used; did you mean `weight`?",
        ]
    );
}

#[test]
fn what_is_wrong_is_told_with_file_line_and_key() {
    for (text, line, words) in [
        ("repo: web\n", 0, "at least one metric"),
        ("metrics:\n- id: a\n- id: a\n", 3, "given twice"),
        ("metrics:\n- id: 'a b'\n", 2, "`id` must be made of"),
        ("metrics:\n- id: a\n  weight: -1\n", 3, "`weight` must be 0 or more"),
        ("metrics:\n- id: a\n  weight: 0\n", 3, "must add up to a number above 0"),
        ("metrics:\n- id: a\n  weight: 0\n- id: b\n  weight: 0\n", 3, "must add up"),
        ("metrics:\n- id: a\n  weight: 0\n- id: b\n  weight: -1\n", 5, "must be 0 or more"),
        ("metrics:\n- id: a\n  tolerance: 2\n", 3, "share of the baseline"),
        ("metrics:\n- id: a\n  direction: up\n", 3, "unknown value"),
        ("metrics:\n- id: a\n  source: {type: ftp, path: x}\n", 3, "neither `file` nor `web`"),
        ("metrics:\n- id: a\n  source: {type: web, path: x}\n", 3, "needs `url`"),
        ("metrics:\n- id: a\n  source: {path: x, url: y}\n", 3, "only one can be"),
        ("metrics:\n- id: a\n  source: {path: x, trust_level: total}\n", 3, "low, medium, high"),
        ("metrics:\n- id: a\n  outcome_check: {}\n", 3, "neither `path` nor `url`"),
        ("evaluation_window_days: 0\nmetrics:\n- id: a\n", 1, "more than 0"),
        ("interpretation_scores: {better: 1}\nmetrics:\n- id: a\n", 1, "improved, unchanged"),
        ("interpretation_scores: {improved: 1000}\nmetrics:\n- id: a\n", 1, "between -100"),
    ] {
        let error = load(text).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
        if line > 0 {
            assert!(error.starts_with(&format!("…/web.yaml:{line}")), "{text}: {error}");
        }
    }
}

#[test]
fn a_file_is_found_by_prefix_or_by_plain_name() {
    let dir = tempfile::tempdir().unwrap();
    let names = vec!["acme-web".to_owned(), "web".to_owned()];
    assert_eq!(find_objective(dir.path(), &names), None);
    std::fs::write(dir.path().join("web.yml"), METRIC).unwrap();
    assert_eq!(find_objective(dir.path(), &names), Some(dir.path().join("web.yml")));
    std::fs::write(dir.path().join("acme-web.yaml"), METRIC).unwrap();
    assert_eq!(find_objective(dir.path(), &names), Some(dir.path().join("acme-web.yaml")));
}
