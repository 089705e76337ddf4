//! The people of a soak: issues that come in over the day, answers, retries by hand, withdrawals.

use std::fs;

use super::town::Town;
use crate::support::invariants::TaskFile;

/// A number made from others, the same in each run.
pub(super) fn mixed(number: usize) -> usize {
    let mut mixed = (number as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    usize::try_from((mixed ^ (mixed >> 29)) >> 33).unwrap()
}

/// The minute at which an issue is filed: two of five at any time, the others in the working hours of the day.
pub(super) fn minute_of(town: &Town, issue: usize) -> usize {
    let day = town.size.hours * 60;
    let chance = mixed(issue) % 1000;
    if mixed(issue + 7_000_000) % 5 < 2 {
        day * chance / 1000
    } else {
        day * (375 + chance * 3 / 10) / 1000
    }
}

/// An issue that was filed.
#[derive(Debug, Clone)]
pub(super) struct Filed {
    pub(super) repository: String,
    pub(super) number: u64,
    /// Not Ready: it waits for a sprint.
    pub(super) is_backlog: bool,
}

/// What the people of a town have done so far.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) filed: Vec<Filed>,
    /// Tasks that were brought back by hand.
    pub(super) retried: Vec<String>,
    pub(super) answers: usize,
    pub(super) closed: usize,
}

impl People {
    /// Files what is due in the five minutes from `minute`.
    pub(super) fn file(&mut self, town: &Town, minute: usize) {
        for issue in 0..town.size.issues {
            if (minute..minute + 5).contains(&minute_of(town, issue)) {
                self.file_one(town, issue);
            }
        }
    }

    fn file_one(&mut self, town: &Town, issue: usize) {
        let repository = town.repositories[issue % town.repositories.len()].clone();
        let is_backlog = mixed(issue + 3_000_000) % 20 == 7;
        let title = format!("{} {} for {}", pick(issue, &VERBS), pick(issue + 1, &THINGS), issue);
        let body = format!(
            "As a customer I want this, see page {issue}.\n\n## Acceptance\n\n- it works\n"
        );
        let mut words = vec!["--json", "issue", "create", "--repo", &repository];
        words.extend(["--title", &title, "--body", &body]);
        if !is_backlog {
            words.push("--ready");
        }
        let made: serde_json::Value = serde_json::from_str(&town.run(&words)).unwrap();
        let number = made["number"].as_u64().unwrap();
        self.filed.push(Filed { repository, number, is_backlog });
    }

    /// What a person does once an hour: answers questions, brings back what was given up for the first time, closes what was given up
    /// twice, and withdraws one issue that is under way.
    pub(super) fn look_in(&mut self, town: &Town, hour: usize) {
        let tasks = town.tasks();
        for (task, _) in tasks.iter().filter(|(_, file)| file.folder == "blocked") {
            self.answer(town, task);
        }
        for (task, file) in tasks.iter().filter(|(_, file)| file.folder == "escalated") {
            self.retry_or_close(town, task, file);
        }
        let under_way: Vec<&(String, TaskFile)> =
            tasks.iter().filter(|(_, file)| file.folder == "inbox").collect();
        if !under_way.is_empty() {
            let (task, _) = under_way[mixed(hour) % under_way.len()];
            self.close(town, task);
        }
    }

    fn answer(&mut self, town: &Town, task: &str) {
        let (repository, number) = task.split_once('-').unwrap();
        town.run(&["issue", "comment", "--repo", repository, number, "Blue, please."]);
        self.answers += 1;
    }

    fn retry_or_close(&mut self, town: &Town, task: &str, file: &TaskFile) {
        if self.retried.iter().any(|known| known == task) {
            return self.close(town, task);
        }
        let path = |folder: &str| town.path(&format!("runtime/mailbox/{folder}/{task}.md"));
        fs::rename(path(file.folder), path("inbox")).unwrap();
        self.retried.push(task.to_owned());
    }

    fn close(&mut self, town: &Town, task: &str) {
        let (repository, number) = task.split_once('-').unwrap();
        // A second generation of a task is named by one more part.
        let number = number.split('-').next().unwrap();
        town.run(&["issue", "close", "--repo", repository, number]);
        self.closed += 1;
    }
}

const VERBS: [&str; 7] = ["Add", "Mend", "Show", "Sort", "Export", "Translate", "Hide"];
const THINGS: [&str; 11] = [
    "the cart",
    "the till",
    "a filter",
    "the invoice",
    "reviews",
    "the search",
    "the menu",
    "stock",
    "shipping",
    "coupons",
    "the newsletter",
];

fn pick<'a>(number: usize, words: &[&'a str]) -> &'a str {
    words[mixed(number) % words.len()]
}
