//! The business of the quarter: what the exporter measures on which day, and the score as one computes it by hand.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::agents::BANNER;
use crate::support::World;

/// The objective of seed 000, over four weeks.
pub(super) const OBJECTIVE: &str = "\
repo: shop
primary_outcome: Grow profitable user acquisition and monetization
evaluation_window_days: 28
metrics:
- {id: traffic, weight: 0.20, outcome_check: {path: traffic.yaml, measurement_window_days: 7}}
- {id: conversion, weight: 0.35, outcome_check: {path: conversion.yaml, measurement_window_days: 7}}
- {id: retention, weight: 0.25, outcome_check: {path: retention.yaml, measurement_window_days: 7}}
- {id: arpu, weight: 0.20, outcome_check: {path: arpu.yaml, measurement_window_days: 7}}
";

/// The metrics with their weights in hundredths.
pub(super) const METRICS: [(&str, i32); 4] =
    [("traffic", 20), ("conversion", 35), ("retention", 25), ("arpu", 20)];

/// What an evidence file says on a day: its value in tenths, its baseline in tenths, and when it was observed.
#[derive(Debug, Clone, Copy)]
struct Measured {
    value: i32,
    baseline: i32,
    at: Timestamp,
}

/// What the exporter has written, and what follows from it by hand.
#[derive(Debug, Default)]
pub(super) struct Business {
    latest: BTreeMap<&'static str, Measured>,
    /// Of each merge and metric: what it is worth in hundredths, and since when.
    judged: BTreeMap<(String, &'static str), (i32, Timestamp)>,
}

/// The mean value of a metric in the window, as sum (in hundredths) and count.
pub(super) type Sums = BTreeMap<&'static str, (i32, i32)>;

impl Business {
    /// The exporter's work of a day: traffic grows, revenue per user stalls, and customers are lost while there is something on the checkout's page that
    /// makes them wait. From the middle of week 6 to the end of week 9 the exporter of revenue is out of order.
    pub(super) fn export(&mut self, world: &World, week: i32, day: i32) {
        let is_slow = world.files_on_main().iter().any(|file| file == BANNER);
        let arpu_is_out = (week == 6 && day > 0) || (7..=9).contains(&week);
        for (metric, value, baseline) in [
            ("traffic", 10_000 + 400 * week, 10_000),
            ("conversion", if is_slow { 240 } else { 303 }, 300),
            ("retention", if is_slow { 360 } else { 420 }, 400),
            ("arpu", 90, 90),
        ] {
            if metric == "arpu" && arpu_is_out {
                continue;
            }
            let at = world.now();
            let tenths = |n: i32| format!("{}.{}", n / 10, n % 10);
            let (value_text, baseline_text) = (tenths(value), tenths(baseline));
            let text = format!(
                "metric_id: {metric}\nobserved_at: {at}\nvalue: {value_text}\nbaseline: {baseline_text}\n"
            );
            world.write(&format!("evidence/shop/{metric}.yaml"), &text);
            self.latest.insert(metric, Measured { value, baseline, at });
        }
    }

    /// Judges, as the documents say it is done, the merges that are due on a Monday: those of a week ago or longer, once by each metric.
    pub(super) fn judge(&mut self, merges: &[(String, Timestamp)], now: Timestamp) {
        let week = SignedDuration::from_hours(7 * 24);
        for (task, merged) in merges {
            let due = *merged + week;
            for (metric, _) in METRICS {
                let key = (task.clone(), metric);
                if due > now || self.judged.contains_key(&key) {
                    continue;
                }
                let Some(latest) = self.latest.get(metric) else { continue };
                let worth = if latest.at >= due {
                    worth(*latest)
                } else if now > due + week {
                    -35
                } else {
                    continue;
                };
                self.judged.insert(key, (worth, now));
            }
        }
    }

    /// What counts on a day: the judgements of the last four weeks.
    pub(super) fn sums(&self, now: Timestamp) -> Sums {
        let since = now - SignedDuration::from_hours(28 * 24);
        let mut sums = Sums::new();
        for ((_, metric), (worth, at)) in &self.judged {
            if *at > since && *at <= now {
                let (sum, count) = sums.entry(metric).or_default();
                *sum += worth;
                *count += 1;
            }
        }
        sums
    }
}

/// Improved 1.00, unchanged 0.00, regressed −1.00; two hundredths of the baseline are no change.
fn worth(measured: Measured) -> i32 {
    let change = measured.value - measured.baseline;
    if change.abs() * 100 <= measured.baseline * 2 { 0 } else { change.signum() * 100 }
}

/// Σ weight × sum ÷ count.
pub(super) fn score(sums: &Sums) -> f64 {
    let parts = METRICS.iter().filter_map(|(metric, weight)| {
        let (sum, count) = sums.get(metric)?;
        Some(f64::from(weight * sum) / f64::from(10_000 * count))
    });
    parts.sum()
}

/// The same as one writes it down.
pub(super) fn written(sums: &Sums) -> String {
    let parts = METRICS.iter().filter_map(|(metric, weight)| {
        let (sum, count) = sums.get(metric)?;
        let sum = format!(
            "{}{}.{:02}",
            if *sum < 0 { "−" } else { "" },
            sum.abs() / 100,
            sum.abs() % 100
        );
        Some(format!("0.{weight} × {sum} ÷ {count}"))
    });
    parts.collect::<Vec<_>>().join(" + ")
}
