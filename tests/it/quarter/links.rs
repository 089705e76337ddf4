//! Whether what an issue names under `## Evidence` is there: files, lines in them, tasks, findings.

use std::path::PathBuf;

use crate::support::World;

/// The lines under `## Evidence`.
pub(super) fn evidence(body: &str) -> Vec<String> {
    let (_, section) = body.split_once("## Evidence\n").unwrap();
    let lines = section.lines().take_while(|line| !line.starts_with("## "));
    lines.filter(|line| line.trim().starts_with("- ")).map(ToOwned::to_owned).collect()
}

/// What of it cannot be found.
pub(super) fn dangling(world: &World, body: &str) -> Vec<String> {
    let lines = evidence(body);
    assert!(lines.len() > 1, "{body}");
    lines.into_iter().filter(|line| !resolves(world, line)).collect()
}

/// Files of the organisation that the evidence names and that are not there.
pub(super) fn missing(world: &World, body: &str) -> Vec<String> {
    let lines = evidence(body);
    let paths: Vec<&str> = lines.iter().flat_map(|line| quoted(line)).collect();
    let paths: Vec<&str> = paths.into_iter().filter(|path| path.starts_with("runtime/")).collect();
    assert!(!paths.is_empty(), "{body}");
    paths.into_iter().filter(|path| !place(world, path).exists()).map(ToOwned::to_owned).collect()
}

/// Where what was told to lie at `path` lies now: the runs of a task move to the archive with it, under the same names.
fn place(world: &World, path: &str) -> PathBuf {
    let here = world.path(path.trim_end_matches('/'));
    let Some(below) = path.strip_prefix("runtime/runs/").filter(|_| !here.exists()) else {
        return here;
    };
    let months = std::fs::read_dir(world.path("runtime/archive")).into_iter().flatten().flatten();
    let mut places = months.map(|month| month.path().join(below.trim_end_matches('/')));
    places.find(|place| place.exists()).unwrap_or(here)
}

/// The words in backticks; inside of them a quotation mark may stand.
fn quoted(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

fn resolves(world: &World, line: &str) -> bool {
    let words = quoted(line);
    let Some(first) = words.first() else { return false };
    if let Some(rest) = line.strip_prefix("- ") {
        // A finding, with its summary: the backlog of that day has it word by word.
        let backlog = world.read("runtime/analysis/remediation_backlog.json");
        let summary = rest.split_once("`: ").map_or("", |(_, summary)| summary);
        return backlog.contains(&format!("\"{first}\"")) && backlog.contains(summary);
    }
    let path = place(world, first);
    if let Some(rest) = line.trim().strip_prefix("- task ") {
        let task = rest.split(':').next().unwrap_or_default();
        let file = format!("{task}.md");
        let is_known = world.path(&format!("runtime/mailbox/done/{file}")).exists()
            || world.snapshot("runtime/archive").keys().any(|path| path.ends_with(&file));
        return is_known && path.join("receipt.json").exists();
    }
    // A file, perhaps with the words by which its lines are found.
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let words: Vec<&str> =
        words.into_iter().skip(1).filter(|word| !word.contains("check_ids")).collect();
    text.lines().any(|line| words.iter().all(|word| line.contains(word)))
}
