//! Outcome attribution: merges are recorded, and judged once their window has passed (seed 000). `score` and `plan` share the refresh.

mod last;
mod record;
mod refresh;

pub(in crate::jobs) use last::last_merge;
pub(in crate::jobs) use record::{FILE, record};
pub(in crate::jobs) use refresh::{Outcomes, refresh};
