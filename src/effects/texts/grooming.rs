//! What grooming says in a thread.

use crate::domain::grooming::MARKER;
use crate::text::marker;

/// The key of the marker: there is one such comment in a thread.
pub const QUIET_KEY: &str = "closed";

/// The comment with which a quiet issue of ours is closed.
pub fn quiet(job: &str, days: u32) -> String {
    format!(
        "{}\n**agentos** · closed: `{job}` made this issue, and in {days} days nobody commented, was assigned, opened a pull request or marked it \
         Ready. If it is wanted, open it again: it will then stay open.\n",
        marker::render(MARKER, QUIET_KEY),
    )
}
