//! The objective that a web application begins with: four metrics, their weights, and the evidence files that say how they move.

use crate::text::yaml;

/// A metric of the template.
struct Metric {
    id: &'static str,
    name: &'static str,
    means: &'static str,
    weight: &'static str,
    days: u32,
}

const METRICS: [Metric; 4] = [
    Metric { id: "traffic", name: "Traffic", means: "who comes", weight: "0.20", days: 14 },
    Metric {
        id: "conversion",
        name: "Conversion",
        means: "who of them stays",
        weight: "0.35",
        days: 14,
    },
    Metric {
        id: "retention",
        name: "Retention",
        means: "who comes back",
        weight: "0.25",
        days: 28,
    },
    Metric {
        id: "arpu",
        name: "Revenue per user",
        means: "what that brings",
        weight: "0.20",
        days: 28,
    },
];

/// The file of a repository with this key; `evidence` is the folder of its evidence, as it is to be written.
pub(super) fn template(key: &str, evidence: &str) -> String {
    let key = scalar(key);
    let metrics: String = METRICS.iter().map(|metric| one(metric, evidence)).collect();
    format!(
        "# What this repository is for, and how one sees whether it gets there. Change the metrics until they are yours.
#
# The weekly score is the sum of weight × mean interpretation over the window: improved 1, unchanged 0, regressed -1,
# inconclusive -0.35. Your exporter writes the evidence files below; agentos only reads them. *_latest.yaml is for planning,
# *_post_merge.yaml says what a merge changed. One of them, in full:
#
#   metric_id: traffic
#   observed_at: 2026-11-20T06:00:00Z
#   value: 1240
#   baseline: 1100
#   unit: sessions

repo: {key}
primary_outcome: Grow profitable user acquisition and monetization
evaluation_window_days: 28

metrics:
{metrics}"
    )
}

fn one(metric: &Metric, evidence: &str) -> String {
    let Metric { id, name, means, weight, days } = metric;
    let path = |kind: &str| scalar(&format!("{evidence}/ga4_{id}_{kind}.yaml"));
    let (latest, post_merge) = (path("latest"), path("post_merge"));
    format!(
        "  - id: {id}                       # {means}
    name: {name}
    weight: {weight}
    direction: increase
    source:
      type: file
      path: {latest}
      provenance: export of the analytics
      trust_level: high
      trust_note: Aggregated analytics
      privacy: internal
      privacy_note: No data about single users
    outcome_check:
      type: file
      path: {post_merge}
      measurement_window_days: {days}
      comparison_window: {days} days after the merge with {days} days before
"
    )
}

/// A text as YAML takes it on one line.
fn scalar(text: &str) -> String {
    let lines = yaml::render(&serde_json::json!(text)).unwrap_or_default();
    lines.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence;
    use crate::sys::files;

    #[test]
    fn the_template_loads_with_its_four_weights() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("web.yaml");
        let text = template("web", "~/.local/share/agent-os/evidence/web");
        files::replace(&file, text.as_bytes()).unwrap();
        let loaded = evidence::load_objective(&file, &|text| Ok(text.to_owned())).unwrap();
        let weights: Vec<(String, f64)> = loaded
            .objective
            .metrics
            .iter()
            .map(|metric| (metric.id.clone(), metric.weight))
            .collect();
        let expected =
            [("traffic", 0.20), ("conversion", 0.35), ("retention", 0.25), ("arpu", 0.20)];
        assert_eq!(weights, expected.map(|(id, weight)| (id.to_owned(), weight)));
        for id in ["traffic", "conversion", "retention", "arpu"] {
            for kind in ["latest", "post_merge"] {
                assert!(
                    text.contains(&format!("evidence/web/ga4_{id}_{kind}.yaml")),
                    "{id} {kind}"
                );
            }
        }
    }
}
