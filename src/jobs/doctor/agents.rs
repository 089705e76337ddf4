//! The agents: what each lacks, and whether some agent is left for each type of task.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Kind};
use crate::app::{App, spend};
use crate::domain::ids::AgentName;
use crate::domain::kinds::{Priority, TaskType};

/// Whether an agent can be used, and if not, why and what mends it.
type Usable = Result<(), (String, String)>;

pub(super) fn checks(app: &App) -> Vec<Check> {
    let (wanted, shown) = (wanted(app), shown(app));
    let mut found: BTreeMap<AgentName, Usable> = BTreeMap::new();
    let mut checks = Vec::new();
    for name in &wanted {
        let check = agent(app, name);
        let usable = match (check.status, &check.mend) {
            (super::Status::Fail, mend) => {
                Err((check.detail.clone(), mend.clone().unwrap_or_default()))
            }
            _ => Ok(()),
        };
        found.insert(name.clone(), usable);
        if shown.contains(name) {
            checks.push(softened(check).of(name));
        }
    }
    checks.extend(chains(app, &found));
    checks.push(planners(app, &found));
    checks
}

/// The agents that a repository's usual tasks go to, and those of the configuration: each has a line of its own.
pub(super) fn shown(app: &App) -> BTreeSet<AgentName> {
    let mut names: BTreeSet<AgentName> = app.settings.agents.keys().cloned().collect();
    for repository in &app.repositories {
        names.extend(chain(app, repository.settings.default_task_type, repository));
    }
    names
}

/// Every agent that some chain names.
fn wanted(app: &App) -> BTreeSet<AgentName> {
    let mut names = shown(app);
    names.extend(app.settings.planner_agents.iter().cloned());
    for repository in &app.repositories {
        names.extend(TaskType::ALL.into_iter().flat_map(|kind| chain(app, kind, repository)));
    }
    names
}

fn chain(app: &App, kind: TaskType, repository: &crate::app::Repository) -> Vec<AgentName> {
    let mut names: Vec<AgentName> = app.settings.default_agent.iter().cloned().collect();
    if let Some(fallbacks) = repository.settings.agent_fallbacks.get(&kind) {
        for name in Priority::ALL.into_iter().flat_map(|priority| fallbacks.chain(priority)) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

/// One agent alone does not stop the work: its chain decides.
fn softened(check: Check) -> Check {
    let status = check.status.min(super::Status::Warn);
    Check { status, ..check }
}

fn agent(app: &App, name: &AgentName) -> Check {
    let Some(table) = app.agents.get(name) else {
        let mend = "give it a `command` under `agents`";
        return Check::fail(Kind::Agent, "it is not configured", mend);
    };
    let found = app.preflight(table, true);
    if let Some(problem) = found.problems.iter().find(|problem| problem.blocks) {
        return Check::fail(Kind::Agent, problem.what.clone(), problem.mend.clone());
    }
    if let Some(out) = app.availability().get(name) {
        let until = out.until.map(|until| format!(" until {until:.0}")).unwrap_or_default();
        let mend = "wait; or let it be tried again at once by `agentos task retry`";
        return Check::fail(Kind::Agent, format!("parked{until}: {}", out.reason), mend);
    }
    if let Some(out) = spend::stopped(app, name) {
        let mend = "wait for the next month, or raise `budgets.per_agent`";
        return Check::fail(Kind::Agent, out.reason, mend);
    }
    let version = found.version.map(|version| format!("version {version}, ")).unwrap_or_default();
    match found.problems.first() {
        Some(problem) => {
            Check::warn(Kind::Agent, format!("{version}{}", problem.what), problem.mend.clone())
        }
        None => Check::ok(Kind::Agent, format!("{version}can be used (`{}`)", table.program())),
    }
}

/// Whether it looks as if an agent could be used.
pub(super) fn is_usable(app: &App, name: &AgentName) -> bool {
    agent(app, name).status != super::Status::Fail
}

fn chains(app: &App, found: &BTreeMap<AgentName, Usable>) -> Vec<Check> {
    let is_usable = |name: &AgentName| found.get(name).is_some_and(Result::is_ok);
    let mut checks = Vec::new();
    for repository in &app.repositories {
        let usual = repository.settings.default_task_type;
        let has_none = |kind: TaskType| !chain(app, kind, repository).iter().any(&is_usable);
        let dead: Vec<&str> = TaskType::ALL
            .into_iter()
            .filter(|kind| has_none(*kind))
            .map(TaskType::as_str)
            .collect();
        let names = chain(app, usual, repository);
        checks.push(if has_none(usual) {
            nobody(&names, found)
        } else if dead.is_empty() {
            Check::ok(Kind::Chain, "some agent for every type of task")
        } else {
            let mend = "install or log in an agent of theirs, or name usable ones under `agent_fallbacks`";
            Check::warn(Kind::Chain, format!("no usable agent for tasks of type {}", dead.join(", ")), mend)
        }
        .of(repository.slug()));
    }
    if let Some((until, reason)) = spend::wait(app) {
        let mend = "wait, or raise `budgets.per_day_usd`";
        checks.push(
            Check::warn(Kind::Chain, format!("nobody runs until {until:.0}: {reason}"), mend)
                .of("budget"),
        );
    }
    checks
}

fn nobody(names: &[AgentName], found: &BTreeMap<AgentName, Usable>) -> Check {
    let why = |name: &AgentName| {
        let Some(Err((what, _))) = found.get(name) else { return name.to_string() };
        format!("{name}: {what}")
    };
    let mend = names.iter().find_map(|name| match found.get(name) {
        Some(Err((_, mend))) => Some(format!("{name}: {mend}")),
        _ => None,
    });
    let all: Vec<String> = names.iter().map(why).collect();
    Check::fail(
        Kind::Chain,
        format!("no agent can be used, so no task is begun ({})", all.join("; ")),
        mend.unwrap_or_else(|| "name an agent under `agent_fallbacks`".to_owned()),
    )
}

fn planners(app: &App, found: &BTreeMap<AgentName, Usable>) -> Check {
    let names = &app.settings.planner_agents;
    let usable = names.iter().find(|name| found.get(*name).is_some_and(Result::is_ok));
    match usable {
        Some(name) => Check::ok(Kind::Planners, format!("{name} answers first")),
        None => Check::warn(
            Kind::Planners,
            "no agent of `planner_agents` can be used; planning does without a model",
            "install or log in one of them, or name a usable one under `planner_agents`",
        ),
    }
}
