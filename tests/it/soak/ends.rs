//! What must hold when a soak is over: each issue has its end, nothing was done twice, nothing is left.

use std::collections::BTreeMap;
use std::fs;

use super::people::{Filed, People};
use super::town::Town;
use crate::support::invariants::{Faults, TaskFile, at_rest_in, merged_in};

/// How many issues came to which end.
pub(super) type Ends = BTreeMap<&'static str, usize>;

/// Judges the end of every issue.
pub(super) fn ends(town: &Town, people: &People, faults: &mut Faults) -> Ends {
    let mut ends = Ends::new();
    let tasks: BTreeMap<String, TaskFile> = town.tasks().into_iter().collect();
    let merged: BTreeMap<String, usize> =
        town.repositories.iter().flat_map(|name| merged_in(town.root(), name)).collect();
    for filed in &people.filed {
        match end(town, filed, &tasks, &merged) {
            Ok(end) => *ends.entry(end).or_default() += 1,
            Err(fault) => faults.push(fault),
        }
    }
    ends
}

fn end(
    town: &Town,
    filed: &Filed,
    tasks: &BTreeMap<String, TaskFile>,
    merged: &BTreeMap<String, usize>,
) -> Result<&'static str, String> {
    let Filed { repository, number, is_backlog } = filed;
    let id = format!("{repository}-{number}");
    let issues = town.path(&format!("board/{repository}/issues"));
    let issue = fs::read_to_string(issues.join(format!("{number}.md"))).unwrap();
    let is_closed = issue.contains("\nstate: closed\n");
    let comments =
        fs::read_to_string(issues.join(format!("{number}.comments.md"))).unwrap_or_default();
    let told = |kind: &str| comments.contains(&format!("<!-- agentos:{kind} {id}"));
    let Some(file) = tasks.get(&id) else {
        return match (is_closed, is_backlog) {
            (true, _) => Ok("closed before it began"),
            (false, true) => Ok("in the backlog"),
            (false, false) => Err(format!("issue {id} has no task")),
        };
    };
    let is_merged = merged.get(&id) == Some(&1);
    match (file.folder, file.key("outcome")) {
        ("done" | "archive", Some("merged")) if is_merged && is_closed => Ok("merged"),
        ("done" | "archive", Some("cancelled" | "closed")) if is_closed && !is_merged => {
            Ok("closed by a person")
        }
        ("blocked", _) if told("question") => Ok("a question to a person"),
        ("escalated", _) if told("escalation") => Ok("handed to a person"),
        (folder, outcome) => Err(format!(
            "{id} rests in {folder} as {outcome:?}, merged {:?} times, its issue closed: {is_closed}",
            merged.get(&id)
        )),
    }
}

/// What is left behind in the root.
pub(super) fn remains(town: &Town, faults: &mut Faults) {
    let repositories: Vec<&str> = town.repositories.iter().map(String::as_str).collect();
    faults.extend(at_rest_in(town.root(), &repositories));
    faults.extend(town.leaks());
    let tasks = town.tasks();
    let unfinished = tasks.iter().filter(|(_, file)| file.key("outcome").is_none()).count();
    let (checkouts, known) = town.worktrees();
    if checkouts > unfinished {
        faults.push(format!("{checkouts} worktrees are left for {unfinished} unfinished tasks"));
    }
    if known > unfinished + town.repositories.len() {
        faults.push(format!("the mirrors know {known} worktrees"));
    }
}
