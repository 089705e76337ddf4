//! From the dispatch of an issue to its merge, and where that time went.

use jiff::Timestamp;
use serde::Serialize;

/// A part of the way of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// In the mailbox, before the pull request, with no agent at work.
    Waiting,
    /// Agents at work, before the pull request.
    Working,
    /// The pull request waits for its checks, for a person, for its turn.
    Review,
    /// Agents at work on the open pull request.
    Repairs,
}

impl Stage {
    /// Every one of them, in their order.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Working, Self::Review, Self::Repairs];

    /// Its name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Working => "working",
            Self::Review => "review and CI",
            Self::Repairs => "repairs",
        }
    }
}

/// How a number of durations is spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half of them are not longer.
    pub p50_seconds: f64,
    /// Nineteen of twenty are not longer.
    pub p95_seconds: f64,
    /// Their mean; those of the stages add up to that of the whole.
    pub mean_seconds: f64,
}

impl Spread {
    /// The spread of some durations (percentiles by nearest rank), to a tenth of a second; `None` without any.
    fn of(mut all: Vec<f64>) -> Option<Self> {
        all.sort_by(f64::total_cmp);
        let tenths = |seconds: f64| (seconds * 10.0).round() / 10.0;
        let rank = |percent: usize| (all.len() * percent).div_ceil(100).max(1) - 1;
        let at = |percent: usize| all.get(rank(percent)).copied().map(tenths);
        #[expect(clippy::cast_precision_loss, reason = "a count of merges")]
        let count = all.len() as f64;
        Some(Self {
            p50_seconds: at(50)?,
            p95_seconds: at(95)?,
            mean_seconds: tenths(all.iter().sum::<f64>() / count),
        })
    }
}

/// The lead time of the merges.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadTime {
    /// Merges of which all times are recorded.
    pub merges: u64,
    /// From dispatch to merge.
    pub whole: Spread,
    /// The same by stage.
    pub stages: Vec<StageSpread>,
}

/// The time of one stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StageSpread {
    /// Which.
    pub stage: Stage,
    /// How long.
    #[serde(flatten)]
    pub spread: Spread,
}

/// What is known of the way of one task.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Life {
    /// Dispatched.
    pub(super) dispatched: Option<Timestamp>,
    /// Its pull request was opened.
    pub(super) opened: Option<Timestamp>,
    /// It was merged.
    pub(super) merged: Option<Timestamp>,
    /// Whether its pull request is open now.
    pub(super) is_open: bool,
    /// Seconds of runs before the pull request; `None` without any.
    work: Option<f64>,
    /// Seconds of runs behind it.
    repairs: f64,
}

impl Life {
    /// A run of it that ended at `at`. Its line may come before or after the others of its task.
    pub(super) fn run(&mut self, at: Timestamp, seconds: f64) {
        let is_repair = self.opened.is_some_and(|opened| at > opened);
        // What ran after the merge did not delay it.
        if self.merged.is_some_and(|merged| at > merged) || !seconds.is_finite() || seconds < 0.0 {
            return;
        }
        if is_repair {
            self.repairs += seconds;
        } else {
            *self.work.get_or_insert_default() += seconds;
        }
    }

    /// Seconds of each stage, in the order of [`Stage::ALL`]; `None` where a moment is not recorded, or where they contradict each other.
    pub(super) fn stages(&self) -> Option<[f64; 4]> {
        let (dispatched, opened, merged) = (self.dispatched?, self.opened?, self.merged?);
        let before = opened.duration_since(dispatched).as_secs_f64();
        let after = merged.duration_since(opened).as_secs_f64();
        if before < 0.0 || after < 0.0 {
            return None;
        }
        // Runs are measured by another clock: together they cannot take longer than the time they lie in.
        let (work, repairs) = (self.work?.min(before), self.repairs.min(after));
        Some([before - work, work, after - repairs, repairs])
    }

    /// Seconds from dispatch to merge.
    pub(super) fn whole(&self) -> Option<f64> {
        self.stages().map(|stages| stages.iter().sum())
    }
}

/// The lead time of these lives.
pub(super) fn lead_time(lives: &[Life]) -> Option<LeadTime> {
    let known: Vec<[f64; 4]> = lives.iter().filter_map(Life::stages).collect();
    let whole = Spread::of(known.iter().map(|stages| stages.iter().sum()).collect())?;
    let of = |(index, stage): (usize, Stage)| {
        let all = known.iter().filter_map(|stages| stages.get(index).copied()).collect();
        Some(StageSpread { stage, spread: Spread::of(all)? })
    };
    let stages = Stage::ALL.into_iter().enumerate().filter_map(of).collect();
    Some(LeadTime { merges: known.len() as u64, whole, stages })
}

/// The median of the lead times of these lives.
pub(super) fn median(lives: &[Life]) -> Option<f64> {
    Spread::of(lives.iter().filter_map(Life::whole).collect()).map(|spread| spread.p50_seconds)
}
