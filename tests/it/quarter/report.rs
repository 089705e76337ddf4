//! The quarter as people read it.

use std::fmt::Write as _;

use super::business;
use super::links;
use super::story::{Filed, Monday, Story};

const HEAD: &str = "\
# A quarter of the loop

This is what came out when the program ran for thirteen weeks on a clock of its own, on the local host, with two scripted agents and no model. The test
`tests/it/quarter.rs` plays it at each run of the tests, holds what is said here, and writes this page
(`UPDATE_QUARTER=1 cargo test --test it quarter::`).

## What was planted

* **An agent with a weakness.** `builder` is the first choice for all work. Work on defects (`task:debugging`) it gives up while the repository has no
  `docs/dates.md`, with a line on standard error; `mender`, next in the chain, does without. From week 2 on people ask for such work.
* **A change that costs customers.** In week 5 somebody asks for an offer on the checkout, which makes customers wait. While it is on
  the base branch, the exporter measures fewer conversions (24.0 instead of 30.0) and less retention (36.0 instead of 40.0).
* **An exporter that fails.** Revenue per user (`arpu`) is not measured from the middle of week 6 to the end of week 9.
* **A risk.** A page of week 10 comes with one, in the result of its agent.
* Traffic grows each week, revenue per user stalls: improvements and standstill are there all the time.

People ask for one to four changes a week and do nothing else. `score` and `analyze` run in the first tick after Monday 07:00, `groom` and `plan` at their own pace.
What they file, `plan` takes into a sprint; `builder` has the first try at that too, and `mender` looks for the cause.

";

/// The whole page.
pub(super) fn render(story: &Story) -> String {
    let mut text = HEAD.to_owned();
    weeks(&mut text, story);
    scores(&mut text, story);
    text.push_str("## What `groom` and `plan` did\n\n| day | job | action | issue | why |\n|---|---|---|---|---|\n");
    let (silent, told): (Vec<_>, Vec<_>) = story.acts.iter().partition(|act| act[2] == "groomed");
    for act in told {
        writeln!(text, "| {} |", act.join(" | ")).unwrap();
    }
    writeln!(
        text,
        "\n`groom` looked {} times; `plan` looks at each tick, and plans where there is something to choose from.",
        silent.len()
    )
    .unwrap();
    text.push_str("\n## What `analyze` filed\n\n");
    for filed in story.filed.values() {
        issue(&mut text, filed, story);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn weeks(text: &mut String, story: &Story) {
    text.push_str("## The reports\n\n");
    text.push_str("| Monday | complete runs of `builder` in the week before | found | filed | open issues | score |\n|---|---|---|---|---|---|\n");
    for monday in &story.mondays {
        let (complete, all) = monday.builder;
        let findings: Vec<String> =
            monday.findings.iter().map(|id| format!("`{}`", kind(id))).collect();
        let filed: Vec<String> = monday.filed.iter().map(|number| format!("#{number}")).collect();
        let score = monday.score.map_or_else(|| "not measured".to_owned(), signed);
        writeln!(
            text,
            "| {} (week {}) | {complete} of {all} | {} | {} | {} | {score} |",
            monday.date,
            monday.week,
            or_dash(&findings),
            or_dash(&filed),
            monday.open.0,
        )
        .unwrap();
    }
    writeln!(
        text,
        "\nMost issues open after a tick: {}. Filed by `analyze`: {}. A finding that comes back is known: it is filed once.\n",
        story.most_open,
        story.filed.len()
    )
    .unwrap();
}

fn scores(text: &mut String, story: &Story) {
    text.push_str("## The score by hand\n\nΣ weight × mean of what was judged in the last 28 days: improved 1.00, unchanged 0.00, regressed −1.00, not measured in time −0.35. A merge is judged by\neach metric a week or more after it, on the first Monday or the first day on which a sprint is planned, if the metric was measured since that week was over;\nelse it waits, for a week at most.\n\n");
    text.push_str("| Monday | by hand, in the order traffic, conversion, retention, arpu | result | reported | waiting |\n|---|---|---|---|---|\n");
    for monday in story.mondays.iter().filter(|monday| !monday.sums.is_empty()) {
        let Monday { date, sums, score, waiting, coverage, .. } = monday;
        let told = score.map_or_else(String::new, signed);
        let part = if *coverage < 1.0 {
            format!(", {:.0} % of the weights", coverage * 100.0)
        } else {
            String::new()
        };
        writeln!(
            text,
            "| {date} | {} | {} | {told}{part} | {waiting} |",
            business::written(sums),
            signed(business::score(sums)),
        )
        .unwrap();
    }
    text.push('\n');
}

fn issue(text: &mut String, filed: &Filed, story: &Story) {
    let leading = kind(links::evidence(&filed.body)[0].trim_start_matches("- `")).to_owned();
    let gone = |monday: &&Monday| {
        monday.week > filed.week && !monday.findings.iter().any(|id| id.starts_with(&leading))
    };
    let closed = story.mondays.iter().find(gone);
    writeln!(text, "### #{}: {}\n", filed.number, filed.title).unwrap();
    let runs = story.runs_for(filed.number);
    let runs: Vec<String> =
        runs.iter().map(|(date, agent, end)| format!("{agent} {end} ({date})")).collect();
    writeln!(
        text,
        "Filed in week {}. Its runs: {}. Closed; its leading finding is gone from the report of {}.\n",
        filed.week,
        runs.join(", "),
        closed.map_or("no week", |monday| monday.date.as_str()),
    )
    .unwrap();
    writeln!(text, "Its evidence, each line of which the test looked up:\n").unwrap();
    for line in links::evidence(&filed.body) {
        writeln!(text, "{}", line.replace(&format!("{}/", story.world.root().display()), ""))
            .unwrap();
    }
    text.push('\n');
}

/// What an id begins with.
fn kind(id: &str) -> &str {
    id.split(':').next().unwrap_or(id)
}

fn signed(score: f64) -> String {
    let score = if score.abs() < 0.000_05 { 0.0 } else { score };
    let sign = if score < 0.0 { "−" } else { "+" };
    format!("{sign}{:.4}", score.abs())
}

fn or_dash(words: &[String]) -> String {
    if words.is_empty() { "–".to_owned() } else { words.join(", ") }
}
