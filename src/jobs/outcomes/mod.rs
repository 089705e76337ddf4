//! Outcome attribution: merges are recorded, and judged once their window has passed (seed 000). `score` and `plan` share the refresh.

mod judge;
mod last;
mod record;
mod records;
mod refresh;

#[cfg(test)]
mod tests;

pub(in crate::jobs) use last::last_merge;
pub(in crate::jobs) use record::{FILE, record};
pub(in crate::jobs) use refresh::{Outcomes, recorded, refresh};
