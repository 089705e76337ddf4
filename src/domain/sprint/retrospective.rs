//! What came of a sprint: its issues by how they ended, with time and money, and the business score before and after.

use std::fmt::Write as _;

use jiff::SignedDuration;

use crate::domain::ids::IssueNumber;

/// How an issue of a sprint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Its change is merged.
    Merged,
    /// It was closed without a merge.
    Closed,
    /// It waits for a person.
    Waits,
    /// It is being worked on.
    UnderWay,
    /// It is open, and nothing was begun.
    Open,
}

impl End {
    fn words(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Closed => "closed without a merge",
            Self::Waits => "waits for a person",
            Self::UnderWay => "under way",
            Self::Open => "open",
        }
    }
}

/// What came of one issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub number: IssueNumber,
    /// How it stands.
    pub end: End,
    /// What it cost, in millionths of a US dollar.
    pub cost_usd_micros: u64,
    /// From the sprint to the merge.
    pub lead: Option<SignedDuration>,
}

/// What came of a sprint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Retrospective {
    /// Its issues.
    pub outcomes: Vec<Outcome>,
    /// The business score when it began.
    pub score_before: Option<f64>,
    /// The business score now.
    pub score_now: Option<f64>,
}

impl Retrospective {
    /// One line: how many ended how, what they cost, how long they took, and what became of the score.
    pub fn headline(&self) -> String {
        let mut parts = Vec::new();
        for end in [End::Merged, End::Closed, End::Waits, End::UnderWay, End::Open] {
            let count = self.outcomes.iter().filter(|outcome| outcome.end == end).count();
            if count > 0 {
                parts.push(format!("{count} {}", end.words()));
            }
        }
        let mut line = if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") };
        let micros: u64 = self.outcomes.iter().map(|outcome| outcome.cost_usd_micros).sum();
        let _infallible = write!(line, "; {}", dollars(micros));
        if let Some(median) = self.median_lead() {
            let _infallible = write!(line, "; {} to a merge (median)", hours(median));
        }
        match (self.score_before, self.score_now) {
            (Some(before), Some(now)) => {
                let _infallible = write!(line, "; business score {before:+.3} → {now:+.3}");
            }
            (None, Some(now)) => {
                let _infallible = write!(line, "; business score {now:+.3}");
            }
            _ => {}
        }
        line
    }

    /// The headline and a line for each issue.
    pub fn render(&self) -> String {
        let mut text = format!("**Came of it:** {}.\n", self.headline());
        if !self.outcomes.is_empty() {
            text.push('\n');
        }
        for outcome in &self.outcomes {
            let _infallible = write!(text, "- {} {}", outcome.number, outcome.end.words());
            if let Some(lead) = outcome.lead {
                let _infallible = write!(text, " after {}", hours(lead));
            }
            if outcome.cost_usd_micros > 0 {
                let _infallible = write!(text, ", {}", dollars(outcome.cost_usd_micros));
            }
            text.push('\n');
        }
        text
    }

    fn median_lead(&self) -> Option<SignedDuration> {
        let mut leads: Vec<SignedDuration> =
            self.outcomes.iter().filter_map(|outcome| outcome.lead).collect();
        leads.sort_unstable();
        leads.get(leads.len() / 2).copied()
    }
}

fn dollars(micros: u64) -> String {
    // Cents, rounded up: what cost something did not cost nothing.
    let cents = micros.div_ceil(10_000);
    format!("${}.{:02}", cents / 100, cents % 100)
}

fn hours(time: SignedDuration) -> String {
    let minutes = time.as_mins().max(0);
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", (minutes + 30) / 60),
        _ => format!("{} days", (minutes + 720) / 1440),
    }
}
