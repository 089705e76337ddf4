//! How many issues came, went and lay there.

use jiff::Timestamp;
use serde::Serialize;

use super::window::Window;
use crate::domain::issue::{Issue, IssueState};

/// The issues of a week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// Made in it.
    pub created: u64,
    /// Closed in it.
    pub closed: u64,
    /// Open at its end.
    pub live: u64,
}

/// The issues of the whole time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// Made.
    pub created: u64,
    /// Closed.
    pub closed: u64,
    /// Open now.
    pub live: u64,
}

/// What is known of the life of an issue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    created: Timestamp,
    closed: Option<Timestamp>,
}

impl Span {
    /// Of a closed issue whose host does not say when, its last change is the best there is.
    pub(super) fn of(issue: &Issue) -> Self {
        let closed = match issue.state {
            IssueState::Open => None,
            IssueState::Closed => Some(issue.closed_at.unwrap_or(issue.updated_at)),
        };
        Self { created: issue.created_at, closed }
    }

    fn is_live(&self, at: Timestamp) -> bool {
        self.created <= at && self.closed.is_none_or(|closed| closed > at)
    }
}

/// The flow of a week.
pub(super) fn flow(spans: &[Span], window: &Window, week: usize) -> Flow {
    let in_week = |at: Timestamp| window.week(at) == Some(week);
    let (_, end) = window.span(week);
    count(spans, end, in_week)
}

/// The flow of the whole time.
pub(super) fn backlog(spans: &[Span], window: &Window) -> Backlog {
    let Flow { created, closed, live } = count(spans, window.until, |at| window.has(at));
    Backlog { created, closed, live }
}

fn count(spans: &[Span], end: Timestamp, is_in: impl Fn(Timestamp) -> bool) -> Flow {
    let mut flow = Flow::default();
    for span in spans {
        flow.created += u64::from(is_in(span.created));
        flow.closed += u64::from(span.closed.is_some_and(&is_in));
        flow.live += u64::from(span.is_live(end));
    }
    flow
}
