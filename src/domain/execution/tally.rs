//! Counting runs: what is kept grows with the agents and repositories, not with the runs, but for eight bytes a run by which the runs of a
//! task are counted.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use super::durations::Durations;
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
    durations: Durations,
    cost_usd: f64,
}

/// All runs of a window.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    repos: HashMap<String, OfRepo>,
}

/// The runs of one repository.
#[derive(Debug, Clone, Default)]
struct OfRepo {
    agents: HashMap<String, Vec<(Group, Counted)>>,
    /// The task of each run, as a hash: two of a million tasks are taken for one once in thirty million weeks.
    tasks: Vec<u64>,
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
        let mut hasher = DefaultHasher::new();
        run.task_id.hash(&mut hasher);
        with(&mut self.repos, &run.repo, |repo| {
            repo.tasks.push(hasher.finish());
            with(&mut repo.agents, &run.agent, |kinds| count(kinds, run));
        });
    }

    /// The groups that were counted, in order.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.known().cloned().collect();
        groups.sort();
        groups
    }

    /// The same, in no order and without copies.
    pub fn known(&self) -> impl Iterator<Item = &Group> {
        self.counted().map(|(group, _)| group)
    }

    fn counted(&self) -> impl Iterator<Item = &(Group, Counted)> {
        self.repos.values().flat_map(|repo| repo.agents.values()).flatten()
    }

    /// What the groups that `wanted` chooses add up to.
    pub fn totals(&self, wanted: impl Fn(&Group) -> bool) -> Totals {
        let mut sum = Counted::default();
        for (_, counted) in self.counted().filter(|(group, _)| wanted(group)) {
            sum.merge(counted);
        }
        sum.totals()
    }

    /// How many tasks of a repository had runs, and how many of them had at least `many`.
    pub fn tasks(&self, repo: &str, many: u32) -> (usize, usize) {
        let Some(repo) = self.repos.get(repo) else { return (0, 0) };
        let mut tasks = repo.tasks.clone();
        tasks.sort_unstable();
        let runs = tasks.chunk_by(|one, next| one == next).map(<[u64]>::len);
        let many = usize::try_from(many).unwrap_or(usize::MAX);
        runs.fold((0, 0), |(all, often), runs| (all + 1, often + usize::from(runs >= many)))
    }
}

/// Counts a run in the group of its kind of work.
fn count(kinds: &mut Vec<(Group, Counted)>, run: &Run<'_>) {
    if let Some((_, counted)) = kinds.iter_mut().find(|(group, _)| group.task_type == run.task_type)
    {
        return counted.add(run);
    }
    let group = Group {
        repo: run.repo.clone().into_owned(),
        agent: run.agent.clone().into_owned(),
        task_type: run.task_type,
    };
    let mut counted = Counted::default();
    counted.add(run);
    kinds.push((group, counted));
}

/// Does something with the value of a name, which is made where it is new; the name is copied only then.
fn with<T: Default>(map: &mut HashMap<String, T>, name: &str, act: impl FnOnce(&mut T)) {
    if let Some(value) = map.get_mut(name) {
        return act(value);
    }
    act(map.entry(name.to_owned()).or_default());
}

impl Counted {
    fn add(&mut self, run: &Run<'_>) {
        let end = run.end();
        *self.ends.entry(end).or_default() += 1;
        if end != End::Complete {
            let code = run.blocker_code.as_deref().unwrap_or("none");
            match self.codes.get_mut(code) {
                Some(count) => *count += 1,
                None => drop(self.codes.insert(code.to_owned(), 1)),
            }
        }
        if let Some(seconds) = run.duration_seconds {
            self.durations.add(seconds);
        }
        let cost = run.charged_usd.or(run.cost_usd).filter(|cost| cost.is_finite());
        self.cost_usd += cost.unwrap_or_default();
    }

    fn merge(&mut self, other: &Self) {
        for (end, count) in &other.ends {
            *self.ends.entry(*end).or_default() += count;
        }
        for (code, count) in &other.codes {
            *self.codes.entry(code.clone()).or_default() += count;
        }
        self.durations.merge(&other.durations);
        self.cost_usd += other.cost_usd;
    }

    fn totals(self) -> Totals {
        let count = |end: End| self.ends.get(&end).copied().unwrap_or_default();
        let complete = count(End::Complete);
        let samples = complete + count(End::Incomplete);
        let is_apart = |end: &End| !matches!(end, End::Complete | End::Incomplete);
        let apart = self.ends.iter().filter(|(end, _)| is_apart(end));
        let apart = apart.map(|(end, count)| (*end, *count)).collect();
        let tenths = |seconds: f64| (seconds * 10.0).round() / 10.0;
        let [p50_seconds, p95_seconds] =
            self.durations.percentiles([50, 95]).map(|found| found.map(tenths));
        Totals {
            runs: self.ends.values().sum(),
            samples,
            complete,
            success: wilson(complete, samples),
            apart,
            p50_seconds,
            p95_seconds,
            busy_seconds: tenths(self.durations.sum()),
            cost_usd: (self.cost_usd * 1e6).round() / 1e6,
            codes: self.codes,
        }
    }
}
