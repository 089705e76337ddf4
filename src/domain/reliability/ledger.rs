//! Counting the records of the reported time.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

use super::cohort::Cohort;
use super::flow::{self, Span};
use super::gaps::{self, Gaps};
use super::lead::{self, Life};
use super::money::{Money, Question};
use super::window::{Window, day};
use super::{Blocker, ObjectiveRow, Quality, Reliability, Totals, Waiting, Week};
use crate::domain::execution::{End, Group, Run, Tally, wilson};
use crate::domain::issue::Issue;
use crate::domain::kinds::TaskType;
use crate::domain::outcome::{Kind, Record};

/// What of the world a report is about, beside what the records say.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// How many days.
    pub days: u32,
    /// The repositories.
    pub repositories: Vec<String>,
    /// The scores.
    pub objectives: Vec<ObjectiveRow>,
    /// What waits for a person.
    pub escalations: Vec<Waiting>,
    /// What could not be told.
    pub missing: Vec<String>,
}

#[derive(Debug, Clone, Default)]
struct OfWeek {
    runs: u64,
    samples: u64,
    complete: u64,
    money: Money,
}

/// What was counted so far. Outcomes come first, then moments of dispatch, then runs: by what is known of its merge it is decided what a
/// run counts for.
#[derive(Debug)]
pub struct Ledger {
    window: Window,
    first: Option<Timestamp>,
    weeks: Vec<OfWeek>,
    runs: Tally,
    money: Money,
    /// By agent and kind of work.
    spent: HashMap<String, Vec<(Option<TaskType>, Money)>>,
    /// Tasks whose pull request was opened or merged in the window, by a hash of their id: two of a million are taken for one once in
    /// thirty million reports.
    lives: HashMap<u64, Life>,
    issues: Option<Vec<Span>>,
    unreadable: u64,
}

impl Ledger {
    /// Nothing counted yet.
    pub fn new(window: Window) -> Self {
        let weeks = vec![OfWeek::default(); window.weeks()];
        Self {
            window,
            first: None,
            weeks,
            runs: Tally::default(),
            money: Money::default(),
            spent: HashMap::new(),
            lives: HashMap::new(),
            issues: Some(Vec::new()),
            unreadable: 0,
        }
    }

    /// The time that it is about.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// There is a record of this moment: before the oldest one nothing is known.
    pub fn seen(&mut self, at: Timestamp) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
    }

    /// The first week of which anything is known.
    pub fn first_week(&self) -> usize {
        let first = self.first.unwrap_or(self.window.until);
        (0..self.window.weeks()).find(|week| self.window.span(*week).1 >= first).unwrap_or_default()
    }

    /// A line that cannot be read.
    pub fn unreadable(&mut self) {
        self.unreadable += 1;
    }

    /// An opening or a merge.
    pub fn outcome(&mut self, record: &Record) {
        if !self.window.has(record.timestamp) || record.kind == Kind::Snapshot {
            return;
        }
        let life = self.lives.entry(hash(&record.task_id)).or_default();
        let moment = match record.kind {
            Kind::Merged => &mut life.merged,
            _ => &mut life.opened,
        };
        moment.get_or_insert(record.timestamp);
    }

    /// Whether the opening of some merged pull request is not known yet: then older records have to be looked through.
    pub fn lacks_openings(&self) -> bool {
        self.lives.values().any(|life| life.merged.is_some() && life.opened.is_none())
    }

    /// An opening before the window; it matters where the merge was in it.
    pub fn earlier_opening(&mut self, record: &Record) {
        let is_old = record.kind == Kind::PrOpened && record.timestamp <= self.window.since;
        if let Some(life) = self.lives.get_mut(&hash(&record.task_id)).filter(|_| is_old) {
            life.opened.get_or_insert(record.timestamp);
        }
    }

    /// Whether the moment of dispatch of a task matters.
    pub fn is_about(&self, task: &str) -> bool {
        self.lives.contains_key(&hash(task))
    }

    /// When a task was dispatched, and whether its pull request is open now.
    pub fn task(&mut self, id: &str, dispatched: Timestamp, is_open: bool) {
        if let Some(life) = self.lives.get_mut(&hash(id)) {
            life.dispatched = Some(dispatched);
            life.is_open = is_open && life.merged.is_none();
        }
    }

    /// Runs that ended at this moment or before it matter for nothing.
    pub fn horizon(&self) -> Timestamp {
        let merged = self.lives.values().filter(|life| life.merged.is_some());
        let dispatched = merged.filter_map(|life| life.dispatched).min();
        dispatched.map_or(self.window.since, |first| first.min(self.window.since))
    }

    /// A run of an agent.
    pub fn run(&mut self, run: &Run<'_>) {
        if let Some(life) = self.lives.get_mut(&hash(&run.task_id)) {
            life.run(run.timestamp, run.duration_seconds.unwrap_or_default());
        }
        let Some(week) = self.window.week(run.timestamp) else { return };
        self.runs.add(run);
        self.money.add(run.cost_usd, run.charged_usd);
        self.spend(run);
        let Some(counts) = self.weeks.get_mut(week) else { return };
        let end = run.end();
        counts.runs += 1;
        counts.complete += u64::from(end == End::Complete);
        counts.samples += u64::from(matches!(end, End::Complete | End::Incomplete));
        counts.money.add(run.cost_usd, run.charged_usd);
    }

    fn spend(&mut self, run: &Run<'_>) {
        // The name of an agent is copied once and not with each of its runs.
        if !self.spent.contains_key(run.agent.as_ref()) {
            self.spent.insert(run.agent.clone().into_owned(), Vec::new());
        }
        let Some(kinds) = self.spent.get_mut(run.agent.as_ref()) else { return };
        if let Some((_, money)) = kinds.iter_mut().find(|(kind, _)| *kind == run.task_type) {
            return money.add(run.cost_usd, run.charged_usd);
        }
        let mut money = Money::default();
        money.add(run.cost_usd, run.charged_usd);
        kinds.push((run.task_type, money));
    }

    /// A question to a model.
    pub fn question(&mut self, question: &Question<'_>) {
        let Some(week) = self.window.week(question.timestamp) else { return };
        self.money.add(question.cost_usd, question.charged_usd);
        if let Some(counts) = self.weeks.get_mut(week) {
            counts.money.add(question.cost_usd, question.charged_usd);
        }
    }

    /// An issue, open or closed.
    pub fn issue(&mut self, issue: &Issue) {
        if let Some(spans) = &mut self.issues {
            spans.push(Span::of(issue));
        }
    }

    /// Issues could not be read: of the rest no sum is made.
    pub fn no_issues(&mut self) {
        self.issues = None;
    }

    /// The report.
    pub fn report(self, scope: Scope) -> Reliability {
        let lives: Vec<Life> = self.lives.values().copied().collect();
        let of_merges: Vec<Life> =
            lives.iter().filter(|life| life.merged.is_some()).copied().collect();
        let lead_time = lead::lead_time(&of_merges);
        let all = self.runs.totals(|_| true);
        let mut blockers: Vec<Blocker> = all
            .codes
            .iter()
            .map(|(code, runs)| Blocker { code: code.clone(), runs: *runs })
            .collect();
        blockers.sort_by(|a, b| b.runs.cmp(&a.runs).then_with(|| a.code.cmp(&b.code)));
        let mut missing = scope.missing;
        missing.extend(gaps::told(&Gaps {
            has_records: self.first.is_some(),
            merges: of_merges.len() as u64,
            with_lead_time: lead_time.as_ref().map_or(0, |lead| lead.merges),
            money: &self.money,
            unreadable: self.unreadable,
        }));
        Reliability {
            generated_at: self.window.until,
            since: self.window.since,
            days: scope.days,
            repositories: scope.repositories,
            recorded_since: self.first,
            totals: self.totals(&lives),
            weeks: (self.first_week()..self.window.weeks())
                .map(|week| self.week(week, &lives))
                .collect(),
            agents: self.qualities(|group| (Some(group.agent.clone()), None)),
            task_types: self.qualities(|group| (None, Some(kind_of(group)))),
            agents_by_task_type: self
                .qualities(|group| (Some(group.agent.clone()), Some(kind_of(group)))),
            blockers,
            apart: all.apart,
            lead_time,
            objectives: scope.objectives,
            escalations: scope.escalations,
            backlog: self.issues.as_ref().map(|spans| flow::backlog(spans, &self.window)),
            missing,
        }
    }

    fn totals(&self, lives: &[Life]) -> Totals {
        let all = self.runs.totals(|_| true);
        let cohort = Cohort::of(lives, |at| self.window.has(at));
        let cost = self.money.rounded();
        Totals {
            runs: all.runs,
            samples: all.samples,
            complete: all.complete,
            success: all.success,
            opened: cohort.opened,
            still_open: cohort.still_open,
            merged: cohort.merged_in_time,
            merge_rate: cohort.merge_rate(),
            cost,
            cost_per_merge_usd: cost.per_merge(cohort.merged_in_time),
        }
    }

    fn week(&self, week: usize, lives: &[Life]) -> Week {
        let counts = self.weeks.get(week).cloned().unwrap_or_default();
        let is_in = |at: Timestamp| self.window.week(at) == Some(week);
        let cohort = Cohort::of(lives, is_in);
        let merged: Vec<Life> =
            lives.iter().filter(|life| life.merged.is_some_and(is_in)).copied().collect();
        let cost = counts.money.rounded();
        Week {
            from: day(self.window.span(week).0),
            whole: self.window.is_whole(week),
            runs: counts.runs,
            samples: counts.samples,
            complete: counts.complete,
            success: wilson(counts.complete, counts.samples),
            opened: cohort.opened,
            still_open: cohort.still_open,
            merged: cohort.merged_in_time,
            merge_rate: cohort.merge_rate(),
            cost_usd: cost.usd,
            cost_per_merge_usd: cost.per_merge(cohort.merged_in_time),
            lead_p50_seconds: lead::median(&merged),
            backlog: self.issues.as_ref().map(|spans| flow::flow(spans, &self.window, week)),
        }
    }

    /// The groups that `name` tells apart, in the order of their names.
    fn qualities(&self, name: impl Fn(&Group) -> Name) -> Vec<Quality> {
        let names: BTreeSet<Name> = self.runs.known().map(&name).collect();
        let row = |wanted: Name| {
            let totals = self.runs.totals(|group| name(group) == wanted);
            let (agent, task_type) = wanted;
            let usd = self.spent_by(agent.as_deref(), task_type.as_deref());
            Quality {
                agent,
                task_type,
                runs: totals.runs,
                samples: totals.samples,
                complete: totals.complete,
                success: totals.success,
                p50_seconds: totals.p50_seconds,
                p95_seconds: totals.p95_seconds,
                cost_usd: usd.map(|usd| (usd * 1e6).round() / 1e6),
            }
        };
        names.into_iter().map(row).collect()
    }

    fn spent_by(&self, agent: Option<&str>, task_type: Option<&str>) -> Option<f64> {
        let of_agent = self.spent.iter().filter(|(name, _)| agent.is_none_or(|a| a == *name));
        let of_kind = of_agent.flat_map(|(_, kinds)| kinds).filter(|(kind, _)| {
            task_type.is_none_or(|wanted| kind.map_or(UNKNOWN, TaskType::as_str) == wanted)
        });
        of_kind.filter_map(|(_, money)| money.usd).reduce(|sum, usd| sum + usd)
    }
}

/// Agent and kind of work, as far as they are told apart.
type Name = (Option<String>, Option<String>);

/// Where no record says of what kind the work was.
const UNKNOWN: &str = "unknown";

fn kind_of(group: &Group) -> String {
    group.task_type.map_or(UNKNOWN, TaskType::as_str).to_owned()
}

fn hash(task: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    task.hash(&mut hasher);
    hasher.finish()
}
