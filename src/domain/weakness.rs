//! Which numbers are a weakness: rules with thresholds, each a finding with a stable id. Pure.

use std::collections::BTreeSet;

use super::execution::{End, Group, Tally, Totals};
use super::finding::{Finding, Kind};
use super::kinds::TaskType;
use super::objective::Score;

/// Below this share of complete runs an agent's work needs looking after (seed 000).
pub const SUCCESS: f64 = 0.60;

/// Fewer samples say nothing.
pub const SAMPLES: u64 = 4;

/// At or below this a business score is a regression.
pub const REGRESSION: f64 = -0.15;

/// So many merges must have happened before missing checks are a gap, and so many of them without.
const GAP: (usize, f64) = (3, 0.70);

/// So many tasks, of which such a share took at least so many runs.
const STORM: (usize, f64, u32) = (6, 0.30, 3);

/// So many runs stopped by the same obstacle, and such a share of all.
const OBSTACLE: (u64, f64) = (3, 0.30);

/// Who found these.
const SOURCE: &str = "score";

/// Where the numbers of runs can be checked.
const STATS: &str = "runtime/metrics/agent_stats.jsonl";

/// Where the numbers of outcomes can be checked.
const OUTCOMES: &str = "runtime/metrics/outcome_attribution.jsonl";

/// Weaknesses of the work itself, per repository and agent. A kind of work is named where it alone is weak, or where it is all there was.
pub fn of_execution(tally: &Tally, window_days: u32) -> Vec<Finding> {
    let groups = tally.groups();
    let pairs: BTreeSet<(&str, &str)> =
        groups.iter().map(|group| (group.repo.as_str(), group.agent.as_str())).collect();
    let repos: BTreeSet<&str> = pairs.iter().map(|(repo, _)| *repo).collect();
    let mut findings = Vec::new();
    for (repo, agent) in pairs {
        let is_pair = |group: &Group| group.repo == repo && group.agent == agent;
        let all = tally.totals(is_pair);
        findings.extend(quality(tally, &groups, (repo, agent), &all, window_days));
        findings.extend(obstacles((repo, agent), &all, window_days));
    }
    findings.extend(repos.into_iter().filter_map(|repo| storm(tally, repo, window_days)));
    findings
}

fn is_weak(totals: &Totals) -> bool {
    totals.samples >= SAMPLES && totals.success.is_some_and(|success| success.rate < SUCCESS)
}

fn quality(
    tally: &Tally,
    groups: &[Group],
    (repo, agent): (&str, &str),
    all: &Totals,
    days: u32,
) -> Option<Finding> {
    let kinds = groups.iter().filter(|group| group.repo == repo && group.agent == agent);
    let weak: Vec<(TaskType, Totals)> = kinds
        .filter_map(|group| {
            let totals = tally.totals(|other| other == group);
            Some((group.task_type?, totals)).filter(|(_, totals)| is_weak(totals))
        })
        .collect();
    // One weak kind of work beside others that are well is the more precise finding.
    let (word, totals) = match weak.as_slice() {
        [(kind, totals)] => (kind.as_str(), totals.clone()),
        _ if is_weak(all) => ("all", all.clone()),
        _ => return None,
    };
    let success = totals.success?;
    let cause = main_cause(&totals);
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let summary = format!(
        "{agent} completed {} of {} runs ({}, between {} and {}) in {repo} within {days} days; kind of work: {word}; most common reason: {cause}",
        totals.complete,
        totals.samples,
        percent(success.rate),
        percent(success.low),
        percent(success.high),
    );
    let distinction = [agent, repo, word, cause.as_str()];
    let finding = Finding::new(SOURCE, Kind::AgentRemediation, &distinction, summary)
        .of_repo(repo)
        .of_agent(agent)
        .metric("samples", totals.samples)
        .metric("complete", totals.complete)
        .metric("rate", success.rate)
        .metric("low", success.low)
        .metric("high", success.high)
        .metric("threshold", SUCCESS)
        .metric("cause", cause)
        .evidence(format!(
            "`{STATS}`: lines with `\"agent\":\"{agent}\"` and `\"repo\":\"{repo}\"`"
        ));
    Some(finding)
}

/// The blocker code that ended most incomplete runs; ties in the order of the alphabet.
fn main_cause(totals: &Totals) -> String {
    let counts_for_quality = |code: &str| {
        !matches!(code, "quota_limited" | "missing_credentials" | "environment_failure")
            && !matches!(code, "runner_failure" | "fallback_exhausted" | "missing_context")
            && !matches!(code, "dependency_blocked" | "manual_intervention_required")
    };
    let codes = totals.codes.iter().filter(|(code, _)| counts_for_quality(code));
    let most = codes.max_by(|(a, n), (b, m)| n.cmp(m).then_with(|| b.cmp(a)));
    match most.map(|(code, _)| code.as_str()) {
        None | Some("none") => "unfinished_work".to_owned(),
        Some(code) => code.to_owned(),
    }
}

fn obstacles((repo, agent): (&str, &str), all: &Totals, days: u32) -> Vec<Finding> {
    let (least, share) = OBSTACLE;
    let obstacles = all.apart.iter().filter(|(end, count)| {
        #[expect(clippy::cast_precision_loss, reason = "counts of runs")]
        let is_often = **count as f64 >= share * all.runs as f64;
        **end != End::Person && **count >= least && is_often
    });
    obstacles
        .map(|(end, count)| {
            let word = end.as_str();
            let summary = format!(
                "{word} stopped {count} of {} runs of {agent} in {repo} within {days} days",
                all.runs
            );
            Finding::new(SOURCE, Kind::RunObstacle, &[agent, repo, word], summary)
                .of_repo(repo)
                .of_agent(agent)
                .metric("runs", all.runs)
                .metric("stopped", *count)
                .metric("obstacle", word)
                .evidence(format!("`{STATS}`: `blocker_code` of `{agent}` in `{repo}`"))
        })
        .collect()
}

fn storm(tally: &Tally, repo: &str, days: u32) -> Option<Finding> {
    let (least, share, many) = STORM;
    let (tasks, often) = tally.tasks(repo, many);
    #[expect(clippy::cast_precision_loss, reason = "counts of tasks")]
    let is_storm = tasks >= least && often as f64 >= share * tasks as f64;
    is_storm.then(|| {
        let summary = format!(
            "{often} of {tasks} tasks of {repo} took {many} runs or more within {days} days"
        );
        Finding::new(SOURCE, Kind::RetryStorm, &[repo], summary)
            .of_repo(repo)
            .metric("tasks", tasks)
            .metric("with_many_runs", often)
            .metric("many", many)
            .evidence(format!("`{STATS}`: lines per `task_id` of `{repo}`"))
    })
}

/// A business score that fell. Where nothing was measured there is nothing to find (`CONTRACT.md` section 8).
pub fn of_score(repo: &str, objective: &str, score: &Score, days: u32) -> Option<Finding> {
    if !score.is_measured() || score.score > REGRESSION {
        return None;
    }
    let worst = score.components.iter().filter(|part| part.contribution < 0.0);
    let worst: Vec<String> =
        worst.map(|part| format!("{} {:+.3}", part.id, part.contribution)).collect();
    let summary = format!(
        "the business score of {repo} is {:+.3} over {days} days, with {:.0} % of the weights measured: {}",
        score.score,
        score.coverage * 100.0,
        worst.join(", ")
    );
    let finding = Finding::new(SOURCE, Kind::BusinessObjectiveRegressed, &[repo], summary)
        .of_repo(repo)
        .metric("score", score.score)
        .metric("coverage", score.coverage)
        .metric("threshold", REGRESSION)
        .metric("window_days", days)
        .metric("unmeasured", score.unmeasured.clone())
        .evidence(format!("`{objective}`"))
        .evidence(format!("`{OUTCOMES}`: snapshots of `{repo}`"));
    Some(finding)
}

/// Merges without any check: nobody will ever know what they were good for.
pub fn of_measurement(repo: &str, merges: usize, without: usize, days: u32) -> Option<Finding> {
    let (least, share) = GAP;
    #[expect(clippy::cast_precision_loss, reason = "counts of merges")]
    let is_gap = merges >= least && without as f64 >= share * merges as f64;
    is_gap.then(|| {
        let summary = format!(
            "{without} of {merges} merges of {repo} within {days} days have no outcome check"
        );
        Finding::new(SOURCE, Kind::MeasurementGap, &[repo], summary)
            .of_repo(repo)
            .metric("merges", merges)
            .metric("without_check", without)
            .evidence(format!("`{OUTCOMES}`: `check_ids` of merged tasks of `{repo}`"))
    })
}

#[cfg(test)]
#[path = "weakness_tests.rs"]
mod tests;
