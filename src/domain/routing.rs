//! Which task next, and which agent for it (`DESIGN.md` section 5, "Routing"). Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ids::{AgentName, RepoSlug, TaskId};
use super::kinds::Priority;
use super::task::Task;

/// After waiting this long a task counts one priority higher, and again after as long: a low one is never starved.
const AGEING_HOURS: i64 = 12;

/// Why an agent cannot run now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// When it may be tried again; `None` when only a person can mend it.
    pub until: Option<Timestamp>,
    /// One line.
    pub reason: String,
}

/// The agents that cannot run now; everybody else can.
pub type Availability = BTreeMap<AgentName, Unavailable>;

/// Who is to run a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// This agent, now.
    Run(AgentName),
    /// Nobody now: all that are left are parked or unavailable.
    Later {
        /// When the first of them is expected back.
        until: Option<Timestamp>,
        /// One line.
        reason: String,
    },
    /// Every agent of the chain has had its turn in this round.
    UsedUp,
}

/// The chain of a task: the preferred agent first, then the chain of its type.
pub fn chain_of(preferred: Option<&AgentName>, chain: &[AgentName]) -> Vec<AgentName> {
    let mut all: Vec<AgentName> = preferred.into_iter().cloned().collect();
    for agent in chain {
        if !all.contains(agent) {
            all.push(agent.clone());
        }
    }
    all
}

/// The agents of a chain that have not had their turn in this round. A chain of one agent begins anew each time: there is nobody else to
/// hand over to, and `max_attempts` still bounds it.
pub fn left_in_round(task: &Task, chain: &[AgentName]) -> Vec<AgentName> {
    let tried = task.tried_this_round();
    if chain.len() == 1 {
        return chain.to_vec();
    }
    chain.iter().filter(|agent| !tried.contains(agent)).cloned().collect()
}

/// Chooses the agent of a task's next run.
pub fn route(
    task: &Task,
    chain: &[AgentName],
    availability: &Availability,
    now: Timestamp,
) -> Route {
    let mut candidates: Vec<AgentName> = task.second_chance.iter().cloned().collect();
    candidates.extend(left_in_round(task, chain));
    if candidates.is_empty() {
        return Route::UsedUp;
    }
    let is_out = |agent: &AgentName| {
        availability.get(agent).filter(|out| out.until.is_none_or(|until| until > now))
    };
    if let Some(agent) = candidates.iter().find(|agent| is_out(agent).is_none()) {
        return Route::Run(agent.clone());
    }
    let outs = candidates.iter().filter_map(|agent| Some((agent, is_out(agent)?)));
    let reason =
        outs.clone().map(|(agent, out)| format!("{agent}: {}", out.reason)).collect::<Vec<_>>();
    Route::Later { until: outs.filter_map(|(_, out)| out.until).min(), reason: reason.join("; ") }
}

/// What the order of the inbox depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which task.
    pub id: TaskId,
    /// The repository that it works on.
    pub repo: RepoSlug,
    /// How urgent.
    pub priority: Priority,
    /// Waiting since.
    pub created_at: Timestamp,
    /// Parked until.
    pub not_before: Option<Timestamp>,
}

/// How many workers each repository has had lately: those at work, and those that this run has given it.
pub type Served = BTreeMap<RepoSlug, usize>;

/// The order in which tasks are taken: by priority raised by age, then from the repository that was served least, so that a flood of one
/// does not keep the others waiting; then older first, then by id. Parked ones are left out.
pub fn rank(tasks: &[Waiting], served: &Served, now: Timestamp) -> Vec<TaskId> {
    let mut ready: Vec<&Waiting> =
        tasks.iter().filter(|task| task.not_before.is_none_or(|at| at <= now)).collect();
    ready.sort_by(|a, b| {
        let served = |task: &Waiting| served.get(&task.repo).copied().unwrap_or_default();
        let key = |task: &Waiting| (urgency(task, now), served(task), task.created_at);
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    ready.into_iter().map(|task| task.id.clone()).collect()
}

/// Lower is more urgent; never below high priority, so that among old tasks age alone decides.
fn urgency(task: &Waiting, now: Timestamp) -> i64 {
    let base = match task.priority {
        Priority::High => 0,
        Priority::Normal => 1,
        Priority::Low => 2,
    };
    let waited_hours = now.duration_since(task.created_at).as_hours();
    (base - waited_hours.max(0) / AGEING_HOURS).max(0)
}

/// Why no further worker may begin, if so: what is free must do for one more run and for each that has just begun and still grows. The only
/// worker always may: a machine on which nothing ever ran would help nobody. What is free is unknown on some machines; then nothing is held.
pub fn no_room(free: Option<u64>, at_work: usize, just_begun: usize, each: u64) -> Option<String> {
    let free = free.filter(|_| at_work > 0)?;
    let needed = each.saturating_mul(just_begun.saturating_add(1) as u64);
    let mib = |bytes: u64| bytes / (1024 * 1024);
    (free < needed).then(|| {
        format!(
            "{} MiB of memory are free, and {} more are wanted beside {at_work} at work (`worker_memory_mb`)",
            mib(free),
            mib(needed)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_767_600_000 + hours * 3600).unwrap()
    }

    fn waiting(id: &str, priority: Priority, created: i64) -> Waiting {
        let (repo, _) = id.rsplit_once('-').unwrap();
        Waiting {
            id: id.parse().unwrap(),
            repo: format!("acme/{repo}").parse().unwrap(),
            priority,
            created_at: at(created),
            not_before: None,
        }
    }

    fn order(tasks: &[Waiting], now: i64) -> Vec<String> {
        rank(tasks, &Served::new(), at(now)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_flood_of_one_repository_does_not_keep_the_others_waiting() {
        let mut tasks: Vec<Waiting> =
            (1..=20).map(|n| waiting(&format!("web-{n}"), Priority::Normal, 0)).collect();
        tasks.push(waiting("api-1", Priority::Normal, 1));
        tasks.push(waiting("api-2", Priority::Normal, 1));
        tasks.push(waiting("web-30", Priority::High, 1));
        let mut served = Served::new();
        let mut taken = Vec::new();
        for _ in 0..6 {
            let next = rank(&tasks, &served, at(1)).remove(0);
            let position = tasks.iter().position(|task| task.id == next).unwrap();
            *served.entry(tasks.remove(position).repo).or_default() += 1;
            taken.push(next.to_string());
        }
        assert_eq!(taken, ["web-30", "api-1", "web-1", "api-2", "web-10", "web-11"]);
    }

    #[test]
    fn a_further_worker_begins_only_where_there_is_memory_for_it() {
        const MIB: u64 = 1024 * 1024;
        let told = |free: Option<u64>, at_work, just_begun| {
            no_room(free.map(|mib| mib * MIB), at_work, just_begun, 768 * MIB)
        };
        assert_eq!(told(Some(1), 0, 0), None, "the only worker always may");
        assert_eq!(told(None, 3, 1), None, "unknown");
        assert_eq!(told(Some(768), 1, 0), None);
        assert_eq!(told(Some(2 * 768), 2, 1), None);
        assert_eq!(
            told(Some(767), 1, 0).unwrap(),
            "767 MiB of memory are free, and 768 more are wanted beside 1 at work (`worker_memory_mb`)"
        );
        assert!(told(Some(2 * 768 - 1), 2, 1).is_some());
    }

    #[test]
    fn high_priority_comes_first_and_older_before_newer() {
        let tasks = [
            waiting("web-1", Priority::Low, 0),
            waiting("web-2", Priority::Normal, 1),
            waiting("web-3", Priority::Normal, 0),
            waiting("web-4", Priority::High, 2),
        ];
        assert_eq!(order(&tasks, 2), ["web-4", "web-3", "web-2", "web-1"]);
    }

    #[test]
    fn a_low_task_is_never_starved_by_a_stream_of_high_ones() {
        let mut tasks = vec![waiting("web-1", Priority::Low, 0)];
        tasks.extend((2..50).map(|n| waiting(&format!("web-{n}"), Priority::High, 30)));
        assert_eq!(order(&tasks, 30)[0], "web-1");
    }

    #[test]
    fn parked_tasks_wait_for_their_time() {
        let mut parked = waiting("web-1", Priority::High, 0);
        parked.not_before = Some(at(5));
        let tasks = [parked, waiting("web-2", Priority::Low, 0)];
        assert_eq!(order(&tasks, 4), ["web-2"]);
        assert_eq!(order(&tasks, 5), ["web-1", "web-2"]);
    }

    #[test]
    fn a_preferred_agent_leads_the_chain_once() {
        let names =
            |list: &[&str]| list.iter().map(|n| n.parse().unwrap()).collect::<Vec<AgentName>>();
        let claude: AgentName = "claude".parse().unwrap();
        assert_eq!(
            chain_of(Some(&claude), &names(&["codex", "claude"])),
            names(&["claude", "codex"])
        );
        assert_eq!(chain_of(None, &names(&["codex", "claude"])), names(&["codex", "claude"]));
    }
}
