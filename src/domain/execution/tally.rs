//! Counting runs.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use super::{End, Interval, Run, wilson};
use crate::domain::kinds::TaskType;

/// Runs are counted by these together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// The repository.
    pub repo: String,
    /// The agent.
    pub agent: String,
    /// The kind of work; `None` where a line does not say so.
    pub task_type: Option<TaskType>,
}

#[derive(Debug, Clone, Default)]
struct Counted {
    ends: BTreeMap<End, u64>,
    codes: BTreeMap<String, u64>,
    durations: Vec<f32>,
    cost_usd: f64,
}

/// All runs of a window.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    groups: HashMap<Group, Counted>,
    /// Runs per task; only a hash of the task is kept.
    runs_of_tasks: HashMap<(String, u64), u32>,
}

/// What a selection of groups adds up to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Totals {
    /// All runs.
    pub runs: u64,
    /// Runs that count for quality: complete or incomplete.
    pub samples: u64,
    /// Of those, complete.
    pub complete: u64,
    /// Complete among samples; `None` without samples.
    pub success: Option<Interval>,
    /// Runs that say nothing of the work, by what stood in the way.
    pub apart: BTreeMap<End, u64>,
    /// How often each blocker code ended a run.
    pub codes: BTreeMap<String, u64>,
    /// The median of the durations in seconds.
    pub p50_seconds: Option<f64>,
    /// Nineteen of twenty took no longer.
    pub p95_seconds: Option<f64>,
    /// Seconds of agents' work, all together.
    pub busy_seconds: f64,
    /// Money, with the stated worst case where nobody counted.
    pub cost_usd: f64,
}

impl Tally {
    /// Counts one run.
    pub fn add(&mut self, run: &Run<'_>) {
        let group = Group {
            repo: run.repo.clone().into_owned(),
            agent: run.agent.clone().into_owned(),
            task_type: run.task_type,
        };
        let mut hasher = DefaultHasher::new();
        run.task_id.hash(&mut hasher);
        *self.runs_of_tasks.entry((group.repo.clone(), hasher.finish())).or_default() += 1;
        let counted = self.groups.entry(group).or_default();
        let end = run.end();
        *counted.ends.entry(end).or_default() += 1;
        if end != End::Complete {
            let code = run.blocker_code.as_deref().unwrap_or("none");
            match counted.codes.get_mut(code) {
                Some(count) => *count += 1,
                None => drop(counted.codes.insert(code.to_owned(), 1)),
            }
        }
        if let Some(seconds) = run.duration_seconds.filter(|s| s.is_finite() && *s >= 0.0) {
            #[expect(clippy::cast_possible_truncation, reason = "seconds of a run, for a median")]
            counted.durations.push(seconds as f32);
        }
        let cost = run.charged_usd.or(run.cost_usd).filter(|cost| cost.is_finite());
        counted.cost_usd += cost.unwrap_or_default();
    }

    /// The groups that were counted, in order.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.groups.keys().cloned().collect();
        groups.sort();
        groups
    }

    /// The same, in no order and without copies.
    pub fn known(&self) -> impl Iterator<Item = &Group> {
        self.groups.keys()
    }

    /// What the groups that `wanted` chooses add up to.
    pub fn totals(&self, wanted: impl Fn(&Group) -> bool) -> Totals {
        let mut sum = Counted::default();
        for (_, counted) in self.groups.iter().filter(|(group, _)| wanted(group)) {
            for (end, count) in &counted.ends {
                *sum.ends.entry(*end).or_default() += count;
            }
            for (code, count) in &counted.codes {
                *sum.codes.entry(code.clone()).or_default() += count;
            }
            sum.durations.extend_from_slice(&counted.durations);
            sum.cost_usd += counted.cost_usd;
        }
        sum.totals()
    }

    /// How many tasks of a repository had runs, and how many of them had at least `many`.
    pub fn tasks(&self, repo: &str, many: u32) -> (usize, usize) {
        let of_repo = self.runs_of_tasks.iter().filter(|((of, _), _)| of == repo);
        of_repo
            .fold((0, 0), |(all, often), (_, runs)| (all + 1, often + usize::from(*runs >= many)))
    }
}

impl Counted {
    fn totals(mut self) -> Totals {
        let count = |end: End| self.ends.get(&end).copied().unwrap_or_default();
        let complete = count(End::Complete);
        let samples = complete + count(End::Incomplete);
        let is_apart = |end: &End| !matches!(end, End::Complete | End::Incomplete);
        let apart = self.ends.iter().filter(|(end, _)| is_apart(end));
        let apart = apart.map(|(end, count)| (*end, *count)).collect();
        let busy: f64 = self.durations.iter().map(|seconds| f64::from(*seconds)).sum();
        self.durations.sort_unstable_by(f32::total_cmp);
        Totals {
            runs: self.ends.values().sum(),
            samples,
            complete,
            success: wilson(complete, samples),
            apart,
            p50_seconds: percentile(&self.durations, 50),
            p95_seconds: percentile(&self.durations, 95),
            busy_seconds: (busy * 10.0).round() / 10.0,
            cost_usd: (self.cost_usd * 1e6).round() / 1e6,
            codes: self.codes,
        }
    }
}

/// The smallest value that `percent` of all do not exceed (nearest rank); of sorted values.
fn percentile(sorted: &[f32], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map(|seconds| (f64::from(*seconds) * 10.0).round() / 10.0)
}
