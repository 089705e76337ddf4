//! What came about in many schedules, so that whoever reads "all passed" sees what was passed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::support::invariants::{self, Faults};

/// How often each kind of event came about, and how many tasks ended in each way.
#[derive(Debug, Default)]
pub(super) struct Census(BTreeMap<String, u64>);

impl Census {
    /// Counts the story of a schedule, and the tasks that it left.
    pub(super) fn add(&mut self, story: &[String], root: &Path) {
        for kind in story.iter().flat_map(|line| kinds(line)) {
            *self.0.entry(kind).or_default() += 1;
        }
        for (_, file) in invariants::tasks(root, &mut Faults::new()) {
            let outcome = file.key("outcome").map(|outcome| format!(" as {outcome}"));
            let end = format!("tasks that end in {}{}", file.folder, outcome.unwrap_or_default());
            *self.0.entry(end).or_default() += 1;
        }
    }
}

impl fmt::Display for Census {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(kind, count)| writeln!(out, "{count:>8} {kind}"))
    }
}

/// The kinds of event that a line of a story tells.
fn kinds(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((jobs, end)) = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
        found.extend(jobs.split(", ").map(|job| format!("jobs: {job}")));
        if jobs.contains(", ") {
            found.push("jobs side by side: two".to_owned());
        }
        if end.starts_with("died at point") {
            found.push("jobs that died at a crash point".to_owned());
        }
    } else if let Some((_, mood)) =
        line.split_once("agent for ").and_then(|(_, x)| x.split_once(": "))
    {
        found.push(format!("agents: {mood}"));
    } else if let Some(act) = line.strip_prefix("operator: ") {
        found.push(format!("people: {}", without_names(act)));
    } else if line.contains(" pushes to ") {
        found.push(format!("people: {}", without_names(line)));
    } else if line.starts_with("the disk is full") {
        found.push("disks that are full after some writes".to_owned());
    } else if line.contains(" minutes pass: ") {
        let back = if line.starts_with('-') { "put back" } else { "goes on" };
        found.push(format!("clocks: {back}"));
    }
    found
}

/// What a person does, whichever task it is done to.
fn without_names(act: &str) -> String {
    let is_name = |word: &&str| word.contains("shop-") || word.parse::<u64>().is_ok();
    let words: Vec<&str> = act.split(' ').filter(|word| !is_name(word)).collect();
    match words.as_slice() {
        ["task", "cancel", ..] => "task cancel".to_owned(),
        ["mv", to] => format!("mv a task to {to}"),
        [act @ .., "on" | "to" | "of"] | [act @ .., "on", "issue"] | act => act.join(" "),
    }
}

#[test]
fn a_line_of_a_story_is_counted_by_what_came_about() {
    let cases = [
        ("[Queue]: shop-1 claimed ()", "jobs: Queue"),
        (
            "[Queue, PrMonitor]: died at point 7, x",
            "jobs: Queue|jobs: PrMonitor|jobs side by side: two|jobs that died at a crash point",
        ),
        ("    agent for shop-1: Quota", "agents: Quota"),
        ("operator: mv blocked/shop-1.md inbox/", "people: mv a task to inbox/"),
        ("operator: task cancel shop-1: done", "people: task cancel"),
        ("operator: status: Ready on issue 3", "people: status: Ready"),
        ("a stranger pushes to agent/shop-2", "people: a stranger pushes"),
        ("the disk is full after 12 writes", "disks that are full after some writes"),
        ("-600 minutes pass: 2026-01-01T00:00:00Z", "clocks: put back"),
        ("    changed: runtime/x", ""),
    ];
    for (line, kinds_of_it) in cases {
        assert_eq!(kinds(line).join("|"), kinds_of_it, "{line}");
    }
}
