//! `CODEBASE.md` as a repository has it, and what merged work adds to it.

use std::collections::BTreeMap;
use std::convert::Infallible;

use agentos::domain::ids::IssueNumber;
use agentos::domain::memory::{Bounds, Change, Entry, FILE, Files, excerpt};

use super::text;

/// Nothing that people wrote is lost, an entry is there once, and a second time changes nothing.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let Ok(task) = "web-42".parse() else { return };
    let entry = Change::Entry(Entry {
        task,
        issue: IssueNumber(42),
        title: text.lines().next().unwrap_or_default().to_owned(),
        date: "2026-11-20".to_owned(),
        summary: text.lines().last().unwrap_or_default().to_owned(),
        files: vec!["src/cart.rs".to_owned()],
        decisions: text.lines().skip(1).take(2).map(str::to_owned).collect(),
    });
    let before = BTreeMap::from([(FILE.to_owned(), text.clone().into_owned())]);
    let changed = apply(&before, &entry);
    let mut after = before.clone();
    after.extend(changed);
    let all: String = after.values().map(String::as_str).collect::<Vec<_>>().join("\n");
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        assert!(all.contains(line), "lost: {line:?}\n{all}");
    }
    assert!(apply(&after, &entry).is_empty(), "a second time");
    let shown = excerpt(after.get(FILE).map_or("", String::as_str), 15, 25 * 1024);
    assert!(shown.len() <= 25 * 1024 + 400, "{}", shown.len());
}

fn apply(tree: &BTreeMap<String, String>, change: &Change) -> BTreeMap<String, String> {
    let read = |path: &str| Ok::<_, Infallible>(tree.get(path).cloned());
    let Ok(changed) = Files::new(read).apply(std::slice::from_ref(change), &Bounds::default());
    changed
}
