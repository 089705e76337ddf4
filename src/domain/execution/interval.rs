//! How sure a rate is that was seen in a few samples.

use serde::Serialize;

/// A rate and the range in which the true one lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// What was seen, from 0 to 1.
    pub rate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Wilson's score interval at 95 %; `None` without samples.
pub fn wilson(successes: u64, samples: u64) -> Option<Interval> {
    const Z: f64 = 1.959_963_985;
    if samples == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of runs")]
    let (n, rate) = (samples as f64, successes as f64 / samples as f64);
    let scale = 1.0 + Z * Z / n;
    let centre = (rate + Z * Z / (2.0 * n)) / scale;
    let half = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
    let share = |value: f64| (value.clamp(0.0, 1.0) * 1e4).round() / 1e4;
    Some(Interval { rate: share(rate), low: share(centre - half), high: share(centre + half) })
}
