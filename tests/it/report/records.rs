//! Thirteen weeks of records, made by arithmetic: three agents, four kinds of work, merges, judgements, issues, and two tasks that wait for a
//! person. What people wrote in them is hostile.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::World;

/// A title that would be markup, if it were put into a page as it is.
pub(super) const HOSTILE: &str = "Pay \"><script>alert(1)</script> & <img src=x onerror=alert(2)>";

const WEEKS: i64 = 13;

/// The lines of the files in `runtime/metrics/`, and the issues, task by task.
struct Records<'a> {
    world: &'a World,
    runs: Vec<(Timestamp, String)>,
    outcomes: Vec<(Timestamp, String)>,
    number: i64,
}

/// A world whose last quarter is on record.
pub(super) fn quarter() -> World {
    let world = World::new().setting("evidence_dir: evidence");
    let objective = concat!(env!("CARGO_MANIFEST_DIR"), "/objectives/example.yaml");
    world.write("objectives/shop.yaml", &std::fs::read_to_string(objective).unwrap());
    let mut records = Records { world: &world, runs: vec![], outcomes: vec![], number: 0 };
    for week in 0..WEEKS {
        for place in 0..3 + week * 5 % 4 + week / 4 {
            records.task(week, place);
        }
    }
    records.write();
    waits(
        &world,
        901,
        "escalated",
        HOSTILE,
        "every attempt is used up: `codex` and `claude` both failed on tests/cart.rs",
    );
    waits(
        &world,
        902,
        "blocked",
        "Which currency does the cart show?",
        "it asks: dollars or the customer's own?",
    );
    world
}

impl Records<'_> {
    fn task(&mut self, week: i64, place: i64) {
        self.number += 1;
        let n = self.number;
        let hours = SignedDuration::from_hours;
        let begin = self.world.now() - hours(24 * 7 * (WEEKS - week));
        let dispatched =
            begin + hours(24 * (place * 2 % 7) + 1) + SignedDuration::from_mins(n * 7 % 50);
        // Better from week to week, and one agent better than the others.
        let agent = ["codex", "claude", "gemini"][usize::try_from(n * 5 % 7 % 3).unwrap()];
        let kind =
            ["implementation", "debugging", "docs", "research"][usize::try_from(n % 4).unwrap()];
        let fails = (n * 7 + week) % 10 < if agent == "gemini" { 6 } else { 5 - week / 4 };
        let mut at = dispatched + SignedDuration::from_mins(3 + n * 11 % 90);
        if fails {
            let code = ["test_failure", "timeout", "none", "quota_limited"]
                [usize::try_from(n / 2 % 4).unwrap()];
            let status = if code == "quota_limited" { "blocked" } else { "partial" };
            let took = 400 + n * 37 % 1500;
            at += SignedDuration::from_secs(took);
            self.run(n, (agent, kind), at, (status, code), took);
            at += SignedDuration::from_mins(10 + n % 7 * 9);
        }
        let took = 300 + n * 53 % 1900;
        at += SignedDuration::from_secs(took);
        if n % 11 == 0 {
            self.run(n, ("claude", kind), at, ("blocked", "missing_context"), took);
            self.issue(n, dispatched, None);
            return;
        }
        self.run(n, (if fails { "claude" } else { agent }, kind), at, ("complete", "none"), took);
        self.outcome(n, "pr_opened", at, None);
        at += SignedDuration::from_mins(12 + n * 29 % 200);
        if n % 6 == 1 {
            let took = 200 + n * 17 % 700;
            at += SignedDuration::from_secs(took);
            self.run(n, ("codex", kind), at, ("complete", "none"), took);
            at += SignedDuration::from_mins(25);
        }
        let is_merged = n % 13 != 3;
        self.archive(n, dispatched, if is_merged { "merged" } else { "closed" });
        if is_merged {
            self.outcome(n, "merged", at, None);
            self.issue(n, dispatched - hours(30 + n % 5 * 20), Some(at));
            self.judge(n, week, at + hours(24 * 7));
        }
    }

    fn judge(&mut self, n: i64, week: i64, at: Timestamp) {
        if at > self.world.now() {
            return;
        }
        for (place, metric) in (0..).zip(["traffic", "conversion", "retention"]) {
            let word = match (week + place, n % 3) {
                (5..=7, _) => "regressed",
                (_, 0) => "unchanged",
                _ => "improved",
            };
            self.outcome(n, "snapshot", at, Some((metric, word)));
        }
    }

    fn run(
        &mut self,
        n: i64,
        (agent, kind): (&str, &str),
        at: Timestamp,
        (status, code): (&str, &str),
        took: i64,
    ) {
        let cents = 4 + n * 13 % 60;
        let told = agent != "gemini";
        let usd = f64::from(u32::try_from(cents).unwrap()) / 100.0;
        let line = json!({
            "timestamp": at, "task_id": format!("shop-{n}"), "repo": "acme/shop", "issue": n, "agent": agent, "model": null,
            "task_type": kind, "attempt": "1", "status": status, "blocker_code": code, "spent": true,
            "duration_seconds": took, "input_tokens": null, "output_tokens": null,
            "cost_usd": told.then_some(usd), "charged_usd": if told { usd } else { 0.0 }, "pr": null, "head_sha": null,
        });
        self.runs.push((at, line.to_string()));
    }

    fn outcome(&mut self, n: i64, kind: &str, at: Timestamp, judged: Option<(&str, &str)>) {
        let mut line = json!({
            "timestamp": at, "kind": kind, "repo": "acme/shop", "task_id": format!("shop-{n}"), "issue": n, "pr": 1000 + n,
        });
        if let Some((check, word)) = judged {
            line["check_id"] = check.into();
            line["interpretation"] = word.into();
        }
        self.outcomes.push((at, line.to_string()));
    }

    fn archive(&self, n: i64, dispatched: Timestamp, outcome: &str) {
        let month = &dispatched.to_string()[..7];
        let text = format!(
            "---\ntask_id: shop-{n}\nrepo: acme/shop\nissue: {n}\nbase_branch: main\nbranch: agent/shop-{n}\npr: {}\noutcome: {outcome}\ncreated_at: \"{dispatched}\"\n---\n",
            1000 + n
        );
        self.world.write(&format!("runtime/archive/{month}/shop-{n}.md"), &text);
    }

    fn issue(&self, n: i64, created: Timestamp, closed: Option<Timestamp>) {
        let mut text =
            format!("---\nnumber: {n}\ntitle: Issue {n}\nstatus: Backlog\ncreated_at: {created}\n");
        match closed {
            None => text.push_str("state: open\n"),
            Some(at) => write!(text, "state: closed\nupdated_at: {at}\nclosed_at: {at}\n").unwrap(),
        }
        self.world.write(&format!("board/shop/issues/{n}.md"), &(text + "---\n"));
    }

    /// In the order of time, as the files are.
    fn write(mut self) {
        for (name, lines) in
            [("agent_stats", &mut self.runs), ("outcome_attribution", &mut self.outcomes)]
        {
            lines.sort();
            let now = self.world.now();
            let past = lines.iter().filter(|(at, _)| *at <= now);
            let text: String = past.map(|(_, line)| in_order(line)).collect();
            self.world.write(&format!("runtime/metrics/{name}.jsonl"), &text);
        }
    }
}

/// Lines of ours begin with their time.
fn in_order(line: &str) -> String {
    let mut value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
    let at = value.shift_remove("timestamp").unwrap();
    let rest = serde_json::to_string(&value).unwrap();
    format!("{{\"timestamp\":{at},{}\n", &rest[1..])
}

fn waits(world: &World, n: u64, folder: &str, title: &str, reason: &str) {
    let at = world.now() - SignedDuration::from_hours(50);
    let words = |text: &str| serde_json::to_string(text).unwrap();
    let text = format!(
        "---\ntask_id: shop-{n}\nrepo: acme/shop\nissue: {n}\ntitle: {}\nbase_branch: main\nbranch: agent/shop-{n}\nreason: {}\ncreated_at: \"{at}\"\n---\n",
        words(title),
        words(reason)
    );
    world.write(&format!("runtime/mailbox/{folder}/shop-{n}.md"), &text);
}
