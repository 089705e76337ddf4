//! From findings to one remediation backlog: overlapping findings become one item, the gravest come first, at most three are filed, and each
//! says what is to be reached, on what evidence and why (seed 000, `analyze`). Pure; no model is needed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::finding::{Finding, Kind};
use super::issue::{Issue, IssueState, Trust};
use super::kinds::Priority;
use super::origin;
use crate::text::{clean, marker};

/// At most so many issues in one run (seed 000).
pub const MOST: usize = 3;

/// The job that files these.
const JOB: &str = "analyze";

/// Behind evidence that says where it can be checked: no agent can read there.
const FOR_THE_OPERATOR: &str = "\nThe places are named for the operator: they belong to the organisation and not to this repository. What is needed for the work stands here and in the repository.\n";

/// One item of the backlog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The id of its gravest finding: what de-duplicates it from week to week.
    pub signature: String,
    /// The repository whose issue it becomes.
    pub repo: String,
    /// Its title.
    pub title: String,
    /// How urgent.
    pub priority: Priority,
    /// What is to be true afterwards.
    pub goal: String,
    /// How one sees that it is.
    pub success_criteria: Vec<String>,
    /// What must not be done for it.
    pub constraints: Vec<String>,
    /// The findings that it answers.
    pub findings: Vec<Finding>,
    /// Why this, and why now.
    pub reasoning: String,
    /// 1 where people's work gave the evidence, more where work of our own did.
    pub generation: u32,
}

/// Makes the backlog, the gravest first; every finding of a repository is in exactly one item.
pub fn backlog(findings: &[Finding]) -> Vec<Item> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut sorted: Vec<&Finding> = findings.iter().filter(|f| f.repo.is_some()).collect();
    sorted.sort_by(|a, b| gravity(b.kind).cmp(&gravity(a.kind)).then_with(|| a.id.cmp(&b.id)));
    for finding in sorted {
        match groups.iter_mut().find(|group| group.iter().any(|other| overlap(other, finding))) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.iter().filter_map(|group| item(group)).collect()
}

/// How grave a kind of finding is beside the others.
fn gravity(kind: Kind) -> u8 {
    match kind {
        Kind::BusinessObjectiveRegressed => 6,
        Kind::FailurePattern => 5,
        Kind::BlockerSpike => 4,
        Kind::AgentRemediation => 3,
        Kind::RunObstacle => 2,
        Kind::RetryStorm => 1,
        Kind::MeasurementGap => 0,
    }
}

/// Whether two findings are two views of one trouble: in one repository, about the work, and either of one agent, with one reason, of one
/// task, or the one that failures bring about (retries).
fn overlap(one: &Finding, other: &Finding) -> bool {
    let is_business =
        |f: &Finding| matches!(f.kind, Kind::BusinessObjectiveRegressed | Kind::MeasurementGap);
    // Two failures that read differently have two causes, whoever ran into them.
    let are_failures = one.kind == Kind::FailurePattern && other.kind == Kind::FailurePattern;
    if one.repo != other.repo || is_business(one) != is_business(other) || are_failures {
        return false;
    }
    let is_business = is_business(one);
    let same_agent = one.agent.is_some() && one.agent == other.agent;
    let same_cause = cause(one).is_some() && cause(one) == cause(other);
    let is_retry = |f: &Finding| f.kind == Kind::RetryStorm;
    let tasks = |f: &Finding| -> BTreeSet<String> {
        f.evidence.iter().filter_map(|text| task_in(text)).collect()
    };
    let same_tasks = !tasks(one).is_disjoint(&tasks(other));
    is_business || same_agent || same_cause || same_tasks || is_retry(one) || is_retry(other)
}

fn cause(finding: &Finding) -> Option<&str> {
    finding.metrics.get("cause").and_then(serde_json::Value::as_str)
}

/// The task that a line of evidence names, `task web-42: …`.
fn task_in(text: &str) -> Option<String> {
    let rest = text.strip_prefix("task ")?;
    Some(rest.split([':', ' ']).next()?.to_owned())
}

fn item(group: &[&Finding]) -> Option<Item> {
    let gravest = *group.first()?;
    let repo = gravest.repo.clone()?;
    let words = words(gravest, &repo);
    let others = group.len() - 1;
    let mut reasoning = words.reasoning;
    if others > 0 {
        let noun = if others == 1 { "finding" } else { "findings" };
        let _infallible = write!(
            reasoning,
            " {others} further {noun} of the same time point to the same trouble and are listed above; one piece of work should end them all."
        );
    }
    Some(Item {
        signature: gravest.id.clone(),
        repo,
        title: words.title,
        priority: if gravity(gravest.kind) >= 4 { Priority::High } else { Priority::Normal },
        goal: words.goal,
        success_criteria: words.criteria,
        constraints: vec![
            "Keep the change as small as the evidence asks for.".to_owned(),
            "Do not weaken, skip or delete tests to make the numbers better.".to_owned(),
            "Do not change thresholds, budgets or the configuration of the organisation itself."
                .to_owned(),
        ],
        findings: group.iter().map(|finding| (*finding).clone()).collect(),
        reasoning,
        generation: 1,
    })
}

/// Whether an issue of ours names this finding among those that it is to end. It answers the finding while it is open, and for as long after
/// it was closed as the numbers go back: until then they are those of before.
pub fn still_answers(issue: &Issue, signature: &str, since: jiff::Timestamp) -> bool {
    let is_recent = issue.state == IssueState::Open || issue.updated_at > since;
    let is_ours = origin::of(issue).is_some_and(|origin| origin.job == JOB);
    is_recent && is_ours && issue.body.contains(&format!("\n- `{signature}`: "))
}

/// Whether an issue of ours is about another failure than the one of this signature, however alike their titles are: of such titles only the
/// few words differ that tell the failures apart.
pub fn is_about_another_failure(issue: &Issue, signature: &str) -> bool {
    let is_of_failure = |key: &str| key.split(':').next() == Some(Kind::FailurePattern.as_str());
    let answers = |marker: &marker::Marker| {
        marker.kind == "signature" && is_of_failure(&marker.key) && marker.key != signature
    };
    issue.author_trust == Trust::Trusted
        && is_of_failure(signature)
        && marker::find_all(&issue.body).iter().any(answers)
}

/// What an item says.
struct Words {
    title: String,
    goal: String,
    criteria: Vec<String>,
    reasoning: String,
}

fn words(finding: &Finding, repo: &str) -> Words {
    match finding.kind {
        Kind::BusinessObjectiveRegressed | Kind::MeasurementGap => words_of_business(finding, repo),
        Kind::FailurePattern | Kind::BlockerSpike => words_of_failures(finding, repo),
        Kind::AgentRemediation | Kind::RunObstacle | Kind::RetryStorm => {
            words_of_runs(finding, repo)
        }
    }
}

/// A word of a finding's numbers.
fn text(finding: &Finding, name: &str) -> String {
    let value = finding.metrics.get(name).and_then(serde_json::Value::as_str);
    value.unwrap_or("an unknown reason").to_owned()
}

fn next_week(finding: &Finding, what: &str) -> String {
    format!("The next weekly report no longer has `{}`: {what}.", finding.id)
}

fn words_of_business(finding: &Finding, repo: &str) -> Words {
    if finding.kind == Kind::BusinessObjectiveRegressed {
        return Words {
            title: format!("Turn the business score of {repo} around"),
            goal: "The metrics that fell stop falling, or it is known why they fell and what follows from that.".to_owned(),
            criteria: vec![
                "The merges of the window are looked at against the metrics that fell, and the finding is written down with its evidence.".to_owned(),
                "Either a change that addresses the cause is made, or a reason is given why none of ours is the cause.".to_owned(),
                next_week(finding, "the score is above the threshold or not measured"),
            ],
            reasoning: "Shipped work is worth what it moves; measured outcomes went the wrong way.".to_owned(),
        };
    }
    Words {
            title: format!("Measure what merged work in {repo} is good for"),
            goal: "Merged work has at least one outcome check, so that its value can be seen.".to_owned(),
            criteria: vec![
                "Issues name their checks under `## Outcome Checks`, or an objective file gives every merge its checks.".to_owned(),
                next_week(finding, "most merges have a check"),
            ],
            reasoning: "Without measurements planning follows habit.".to_owned(),
        }
}

fn words_of_failures(finding: &Finding, repo: &str) -> Words {
    if finding.kind == Kind::FailurePattern {
        return Words {
            title: format!("End a failure that comes back: {}", clean::one_line(&text(finding, "pattern"), 80)),
            goal: "The failure named below does not come back, because its cause is gone.".to_owned(),
            criteria: vec![
                "The cause is named in the pull request.".to_owned(),
                "A test fails without the change and passes with it, where a test can show it.".to_owned(),
                next_week(finding, "the pattern is gone"),
            ],
            reasoning: "The same failure in several tasks costs a run each time; ending its cause once is cheaper.".to_owned(),
        };
    }
    Words {
            title: format!("Clear what blocks work in {repo}: {}", text(finding, "cause")),
            goal: "Work is no longer stopped by this reason.".to_owned(),
            criteria: vec![
                "What stopped the runs below is found and mended, or what a person has to do is written down.".to_owned(),
                next_week(finding, "no such spike"),
            ],
            reasoning: "One reason stopped several runs within a day: until it is mended every further run is wasted.".to_owned(),
        }
}

fn words_of_runs(finding: &Finding, repo: &str) -> Words {
    let agent = finding.agent.as_deref().unwrap_or("the agents");
    match finding.kind {
        Kind::AgentRemediation => Words {
            title: format!("Help {agent} succeed in {repo}: {}", text(finding, "cause")),
            goal: format!("{agent} completes most of its runs in {repo}."),
            criteria: vec![
                "What the failed runs have in common is written down with their task ids.".to_owned(),
                "Documents, scripts or tests of the repository are changed so that an agent does not fail there again.".to_owned(),
                next_week(finding, "the rate is 60 % or more"),
            ],
            reasoning: "Failed runs cost money and time twice: their own, and that of the run that follows.".to_owned(),
        },
        Kind::RunObstacle => Words {
            title: format!("Keep {} from stopping {agent} in {repo}", text(finding, "obstacle")),
            goal: format!("Runs of {agent} are not stopped by {}.", text(finding, "obstacle")),
            criteria: vec![
                "What a person has to change (plan, login, machine) is written down step by step, or the repository is changed where it is the cause.".to_owned(),
                next_week(finding, "fewer than three runs and 30 % are stopped"),
            ],
            reasoning: "This says nothing of the quality of the work, and keeps it from being done.".to_owned(),
        },
        _ => Words {
            title: format!("Make tasks of {repo} succeed with fewer runs"),
            goal: "Most tasks are done with one or two runs.".to_owned(),
            criteria: vec![
                "The tasks that took most runs are looked at and what they had in common is written down.".to_owned(),
                "Issue templates, documents or tests are changed accordingly.".to_owned(),
                next_week(finding, "fewer than 30 % of tasks take three runs"),
            ],
            reasoning: "Retries burn budget without adding value.".to_owned(),
        },
    }
}

impl Item {
    /// The tasks that its evidence comes from.
    pub fn tasks(&self) -> BTreeSet<String> {
        let evidence = self.findings.iter().flat_map(|finding| &finding.evidence);
        evidence.filter_map(|text| task_in(text)).collect()
    }

    /// The text of its issue.
    pub fn body(&self) -> String {
        let mut text = origin::markers(JOB, self.generation, &self.signature);
        let _infallible = write!(text, "\n## Goal\n\n{}\n\n## Success Criteria\n\n", self.goal);
        bullets(&mut text, &self.success_criteria);
        text.push_str("\n## Constraints\n\n");
        bullets(&mut text, &self.constraints);
        text.push_str("\n## Evidence\n\n");
        for finding in &self.findings {
            let _infallible = writeln!(text, "- `{}`: {}", finding.id, quoted(&finding.summary));
            for place in finding.evidence.iter().filter(is_for_others).take(12) {
                let _infallible = writeln!(text, "  - {}", quoted(place));
            }
        }
        let mut places = self.findings.iter().flat_map(|finding| &finding.evidence);
        if places.any(|place| is_for_others(&place)) {
            text.push_str(FOR_THE_OPERATOR);
        }
        let _infallible = write!(text, "\n## Reasoning\n\n{}\n", self.reasoning);
        text
    }

    /// The labels of its issue.
    pub fn labels(&self) -> Vec<String> {
        vec![origin::LABEL.to_owned(), format!("prio:{}", self.priority.as_str())]
    }
}

/// Whether a line of evidence may stand in an issue, which others read: the full path of a file of the machine may not. The backlog has it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that `filter` asks for")]
fn is_for_others(place: &&String) -> bool {
    !place.starts_with("`/")
}

fn bullets(text: &mut String, items: &[String]) {
    for item in items {
        let _infallible = writeln!(text, "- {item}");
    }
}

/// One line of text that came from outside.
fn quoted(text: &str) -> String {
    clean::one_line(&marker::neutralize(&clean::untrusted(text).text), 400)
}

#[cfg(test)]
#[path = "remediation_tests.rs"]
mod tests;
