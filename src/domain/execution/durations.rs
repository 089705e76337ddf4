//! Durations in little memory, however many there are.

use std::collections::HashMap;

/// So many bits of the binary form of a number are left out: what remains are its exponent and ten bits of its fraction, which tell two
/// durations apart that differ by 0.1 %.
const LEFT_OUT: u32 = 42;

/// Durations, counted by steps of at most 0.1 % of themselves. Whole seconds up to 34 minutes have a step of their own.
#[derive(Debug, Clone, Default)]
pub(super) struct Durations {
    steps: HashMap<u32, u64>,
    seconds: f64,
}

impl Durations {
    /// Counts one; what is no duration is left out.
    pub(super) fn add(&mut self, seconds: f64) {
        if seconds.is_finite() && seconds >= 0.0 {
            // 22 bits remain.
            let step = (seconds.to_bits() >> LEFT_OUT) as u32;
            *self.steps.entry(step).or_default() += 1;
            self.seconds += seconds;
        }
    }

    /// Adds those of another.
    pub(super) fn merge(&mut self, other: &Self) {
        for (step, count) in &other.steps {
            *self.steps.entry(*step).or_default() += count;
        }
        self.seconds += other.seconds;
    }

    /// Their sum, exactly.
    pub(super) fn sum(&self) -> f64 {
        self.seconds
    }

    /// The smallest durations that so many percent of all do not exceed (nearest rank), each at the beginning of its step: at most 0.1 %
    /// too short. `None` without any.
    pub(super) fn percentiles<const N: usize>(&self, percents: [u64; N]) -> [Option<f64>; N] {
        let mut steps: Vec<(u32, u64)> =
            self.steps.iter().map(|(step, count)| (*step, *count)).collect();
        // Numbers that are not negative have the order of their binary forms.
        steps.sort_unstable();
        let all: u64 = steps.iter().map(|(_, count)| count).sum();
        percents.map(|percent| {
            let rank = (all * percent).div_ceil(100).max(1);
            let mut seen = 0;
            let reached = steps.iter().find(|(_, count)| {
                seen += count;
                seen >= rank
            });
            reached.map(|(step, _)| f64::from_bits(u64::from(*step) << LEFT_OUT))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn durations(all: &[f64]) -> Durations {
        let mut durations = Durations::default();
        for seconds in all {
            durations.add(*seconds);
        }
        durations
    }

    #[test]
    fn whole_seconds_are_told_exactly_and_what_is_no_duration_not_at_all() {
        let all: Vec<f64> = (1..=2048).map(f64::from).collect();
        assert_eq!(durations(&all).percentiles([50, 95, 100]), [1024.0, 1946.0, 2048.0].map(Some));
        assert_eq!(durations(&[0.0]).percentiles([50]), [Some(0.0)]);
        let none = durations(&[-1.0, f64::NAN, f64::INFINITY]);
        assert_eq!((none.percentiles([50]), none.sum().to_bits()), ([None], 0));
    }

    proptest! {
        #[test]
        fn a_percentile_is_at_most_a_thousandth_too_short(
            mut all in proptest::collection::vec(0.001_f64..1e6, 1..200), percent in 1_u64..=100
        ) {
            let [found] = durations(&all).percentiles([percent]);
            all.sort_by(f64::total_cmp);
            let rank = (all.len() * usize::try_from(percent).unwrap()).div_ceil(100).max(1);
            let (exact, found) = (all[rank - 1], found.unwrap());
            prop_assert!(found <= exact && found >= exact * 0.999, "{found} for {exact}");
        }
    }
}
