//! Pull requests by when they were opened.

use jiff::Timestamp;

use super::lead::Life;
use crate::domain::execution::{Interval, wilson};

/// The pull requests that were opened in some time, and what became of them.
#[derive(Default)]
pub(super) struct Cohort {
    pub(super) opened: u64,
    pub(super) still_open: u64,
    /// Of those opened in this time, the ones that were merged whenever.
    pub(super) merged: u64,
    /// Merged in this time, whenever they were opened.
    pub(super) merged_in_time: u64,
}

impl Cohort {
    pub(super) fn of(lives: &[Life], is_in: impl Fn(Timestamp) -> bool) -> Self {
        let mut cohort = Self::default();
        for life in lives {
            cohort.merged_in_time += u64::from(life.merged.is_some_and(&is_in));
            if life.opened.is_some_and(&is_in) {
                cohort.opened += 1;
                cohort.still_open += u64::from(life.is_open);
                cohort.merged += u64::from(life.merged.is_some());
            }
        }
        cohort
    }

    /// The share that was merged of what is not open any more.
    pub(super) fn merge_rate(&self) -> Option<Interval> {
        wilson(self.merged, self.opened - self.still_open)
    }
}
