//! The objective of a repository, which its owner writes.

use std::path::Path;

use agentos::evidence::parse_objective;

use super::text;

/// Weights are shares of one, ids are there once, and what is wrong is told with the file.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let expand = |path: &str| Ok::<String, String>(path.to_owned());
    match parse_objective(&text, Path::new("web.yaml"), &expand) {
        Ok(loaded) => {
            let metrics = &loaded.objective.metrics;
            let sum: f64 = metrics.iter().map(|metric| metric.weight).sum();
            assert!((sum - 1.0).abs() < 1e-6, "{sum}");
            assert!(metrics.iter().all(|metric| metric.weight >= 0.0), "{metrics:?}");
            assert!(metrics.iter().all(|metric| metric.tolerance.is_finite()), "{metrics:?}");
            for (at, metric) in metrics.iter().enumerate() {
                assert!(!metrics.iter().take(at).any(|other| other.id == metric.id));
                assert_eq!(loaded.objective.metric(&metric.id), Some(metric));
            }
            assert!(!loaded.objective.primary_outcome.contains('\n'));
        }
        Err(error) => assert!(error.to_string().starts_with("web.yaml"), "{error}"),
    }
}
