//! Thirteen weeks, Monday, Wednesday and Friday: the exporter measures, people ask for work, the organisation has its tick. What it does
//! about itself, from the finding to the merge, nobody asks it for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::agents::{self, BANNER};
use super::business::{self, Business, Sums};
use super::links;
use crate::support::World;

/// The days of a week on which there is a tick.
const DAYS: [i32; 3] = [0, 2, 4];

/// On this day somebody asks for a page of which its agent says a risk.
const RISKY: (i32, i32) = (10, 0);

/// The quarter has so many weeks; the report on its last one comes on the Monday after them.
const WEEKS: i32 = 13;

/// Settings of the quarter: one worker, so that every run of this test does the same in the same order.
const SETTINGS: &str = "\
evidence_dir: evidence
max_parallel_workers: 1";

const REPOSITORY: &str = "  \
  ci_command: sh test.sh
  outcome_attribution: {enabled: true}
  agent_fallbacks: {debugging: [builder, mender]}
";

/// A Monday's report.
pub(super) struct Monday {
    pub(super) week: i32,
    pub(super) date: String,
    /// Complete runs of the weak agent and all that count, in the week before.
    pub(super) builder: (u64, u64),
    /// The ids of what was found.
    pub(super) findings: BTreeSet<String>,
    /// Issues that this report filed.
    pub(super) filed: Vec<u64>,
    /// The score as reported, and as by hand with its sums.
    pub(super) score: Option<f64>,
    pub(super) sums: Sums,
    pub(super) coverage: f64,
    pub(super) waiting: usize,
    /// Open issues after the tick, and those of them that the system made.
    pub(super) open: (usize, usize),
}

/// An issue that the system filed.
pub(super) struct Filed {
    pub(super) number: u64,
    pub(super) week: i32,
    pub(super) body: String,
    pub(super) title: String,
}

/// The quarter as it went.
pub(super) struct Story {
    pub(super) world: World,
    pub(super) business: Business,
    pub(super) mondays: Vec<Monday>,
    pub(super) filed: BTreeMap<u64, Filed>,
    pub(super) most_open: usize,
    /// Day, job, action, issue and reason.
    pub(super) acts: Vec<[String; 5]>,
}

/// Plays the quarter.
pub(super) fn play() -> Story {
    let agents = [("builder", agents::builder()), ("mender", agents::mender())];
    let world = World::with_agents(&agents)
        .with_sprints()
        .env("TZ", "UTC")
        .setting(SETTINGS)
        .repo_settings(REPOSITORY);
    world.write("objectives/shop.yaml", business::OBJECTIVE);
    let mut story = Story {
        world,
        business: Business::default(),
        mondays: Vec::new(),
        filed: BTreeMap::new(),
        most_open: 0,
        acts: Vec::new(),
    };
    for week in 1..=WEEKS {
        for day in DAYS {
            story.day(week, day);
            let days = if day == 4 { 3 } else { 2 };
            story.world.advance(SignedDuration::from_hours(24 * i64::from(days)));
        }
    }
    story.day(WEEKS + 1, 0);
    story
}

/// What people ask for on a day: kind of work, title, file, what is to be in it.
fn wishes(week: i32, day: i32) -> Vec<(&'static str, String, String, String)> {
    let page = |n: i32| {
        (
            "implementation",
            format!("Add page {n}"),
            format!("pages/{n}.txt"),
            format!("This is page {n}."),
        )
    };
    let defect = |n: i32| {
        let name = format!("{week}-{day}-{n}");
        (
            "debugging",
            format!("Dates of report {name} are wrong"),
            format!("reports/{name}.txt"),
            "2026-01-05".to_owned(),
        )
    };
    match (week, day) {
        (14, _) => Vec::new(),
        (5, 0) => {
            let text = "Wait 20 seconds, then buy.".to_owned();
            vec![(
                "implementation",
                "Show an offer on the checkout".to_owned(),
                BANNER.to_owned(),
                text,
            )]
        }
        (_, 0) => vec![page(week)],
        (2 | 3, 2) | (4, 4) => vec![defect(1), defect(2)],
        (2, 4) | (5.., 2) => vec![defect(1)],
        _ => Vec::new(),
    }
}

impl Story {
    fn day(&mut self, week: i32, day: i32) {
        self.business.export(&self.world, week, day);
        for (kind, title, file, text) in wishes(week, day) {
            let mut body = format!("Change the file {file}.\nWrite: {text}");
            if (week, day) == RISKY {
                body.push_str("\nRisk: Page 10 is in no table of contents.");
            }
            let label = format!("task:{kind}");
            let words = [
                "issue", "create", "--title", &title, "--body", &body, "--label", &label, "--ready",
            ];
            self.world.run_words(&words).ok();
        }
        let reports = self.world.run("--json tick").ok().json();
        // `score` looks at outcomes on Mondays, `plan` where it plans.
        let is_planned = self.note(&reports);
        if (day == 0 && week > 1) || is_planned {
            let merges = self.merges();
            self.business.judge(&merges, self.world.now());
        }
        if day == 0 && week > 1 {
            self.monday(week, &reports);
        }
        self.look();
    }

    /// Keeps what `groom` and `plan` did; says whether a sprint was planned.
    fn note(&mut self, reports: &Value) -> bool {
        let before = self.acts.len();
        let date = self.world.now().strftime("%Y-%m-%d").to_string();
        for report in reports.as_array().unwrap() {
            let job = report["job"].as_str().unwrap();
            for item in report["items"].as_array().unwrap() {
                if ["groom", "plan"].contains(&job) {
                    let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
                    let issue =
                        item["issue"].as_u64().map_or_else(String::new, |n| format!("#{n}"));
                    self.acts.push([
                        date.clone(),
                        job.to_owned(),
                        text("action"),
                        issue,
                        text("reason"),
                    ]);
                }
            }
        }
        self.acts[before..].iter().any(|act| act[2] == "planned")
    }

    /// Issues of the board, open ones only.
    fn open(&self) -> Vec<Value> {
        self.world.run("--json issue list").ok().json().as_array().unwrap().clone()
    }

    fn look(&mut self) {
        self.most_open = self.most_open.max(self.open().len());
    }

    fn monday(&mut self, week: i32, reports: &Value) {
        let now = self.world.now();
        let report =
            |job: &str| reports.as_array().unwrap().iter().find(|r| r["job"] == job).unwrap();
        let score = &report("score")["scores"][0];
        let filed: Vec<u64> = report("analyze")["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["action"] == "filed")
            .map(|item| item["issue"].as_u64().unwrap())
            .collect();
        for number in &filed {
            self.read_issue(*number, week);
        }
        let open = self.open();
        self.mondays.push(Monday {
            week,
            date: now.strftime("%Y-%m-%d").to_string(),
            builder: self.runs_of("builder", now),
            findings: self.findings(),
            filed,
            score: score["score"].as_f64(),
            sums: self.business.sums(now),
            coverage: score["coverage"].as_f64().unwrap(),
            waiting: score["waiting"].as_array().unwrap().len(),
            open: (open.len(), open.iter().filter(|issue| is_ours(issue)).count()),
        });
    }

    /// Reads an issue that was just filed, as people do who look whether what it says is so.
    fn read_issue(&mut self, number: u64, week: i32) {
        let issue = self.world.issue(number);
        let text = |key: &str| issue[key].as_str().unwrap().to_owned();
        let (title, body) = (text("title"), text("body"));
        assert_eq!(links::dangling(&self.world, &body), Vec::<String>::new(), "#{number}");
        self.filed.insert(number, Filed { number, week, body, title });
    }

    /// Every merge so far, with its moment.
    fn merges(&self) -> Vec<(String, Timestamp)> {
        let lines = self.world.read("runtime/metrics/outcome_attribution.jsonl");
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let merged = lines.filter(|line| line["kind"] == "merged");
        merged
            .map(|line| {
                let task = line["task_id"].as_str().unwrap().to_owned();
                (task, line["timestamp"].as_str().unwrap().parse().unwrap())
            })
            .collect()
    }

    /// Complete runs of an agent in the last week, and all of them.
    fn runs_of(&self, agent: &str, now: Timestamp) -> (u64, u64) {
        let since = now - SignedDuration::from_hours(7 * 24);
        let at = |line: &Value| line["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap();
        let lines = self.world.stats();
        let runs = lines.iter().filter(|line| line["agent"] == agent && at(line) > since);
        runs.fold((0, 0), |(complete, all), line| {
            (complete + u64::from(line["status"] == "complete"), all + 1)
        })
    }

    /// Who ran for an issue: day, agent, how it ended.
    pub(super) fn runs_for(&self, issue: u64) -> Vec<(String, String, String)> {
        let lines = self.world.stats();
        let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
        let runs = lines.iter().filter(|line| line["issue"] == issue);
        runs.map(|line| {
            (text(line, "timestamp")[..10].to_owned(), text(line, "agent"), text(line, "status"))
        })
        .collect()
    }

    /// The findings of all items of the backlog.
    fn findings(&self) -> BTreeSet<String> {
        let path = self.world.path("runtime/analysis/remediation_backlog.json");
        let Ok(text) = std::fs::read_to_string(path) else { return BTreeSet::new() };
        let backlog: Value = serde_json::from_str(&text).unwrap();
        let items = backlog["items"].as_array().unwrap().clone();
        let findings =
            items.into_iter().flat_map(|item| item["findings"].as_array().unwrap().clone());
        findings.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
    }
}

fn is_ours(issue: &Value) -> bool {
    issue["labels"].as_array().unwrap().iter().any(|label| label == "bot-generated")
}
