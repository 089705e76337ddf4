//! The parts of the page: what they are about, and in which order.

use super::words::{count, date, duration, interval, known, money, score};
use super::{figures, table};
use crate::domain::reliability::{Reliability, Waiting};
use crate::domain::task::Folder;
use crate::text::html::escape;

/// The most important things in one or two sentences.
pub(super) fn lede(report: &Reliability) -> String {
    let totals = &report.totals;
    if report.recorded_since.is_none() {
        return "Nothing is recorded yet. Once agents have worked, this page shows how reliable they are.".to_owned();
    }
    let mut words =
        vec![format!("{} merged in {} days", were(totals.merged, "pull request"), report.days)];
    if let Some(success) = totals.success {
        words.push(format!(
            ", and {:.0} % of the agents' runs ended with complete work",
            success.rate * 100.0
        ));
    }
    words.push(". ".to_owned());
    if let Some(lead) = &report.lead_time {
        words.push(format!(
            "Half of the merges took {} or less from dispatch. ",
            duration(lead.whole.p50_seconds)
        ));
    }
    words.push(match report.escalations.len() as u64 {
        0 => "Nothing waits for a person.".to_owned(),
        1 => "One task waits for a person.".to_owned(),
        n => format!("{n} tasks wait for a person."),
    });
    words.concat()
}

fn were(number: u64, one: &str) -> String {
    let verb = if number == 1 { "was" } else { "were" };
    format!("{} {verb}", count(number, one, &format!("{one}s")))
}

/// The numbers at the top.
pub(super) fn tiles(report: &Reliability) -> String {
    let totals = &report.totals;
    let rate = |found: Option<crate::domain::execution::Interval>| {
        known(found, |found| format!("{:.0} %", found.rate * 100.0))
    };
    let range = |found: Option<crate::domain::execution::Interval>| {
        known(found, |i| format!("between {:.0} and {:.0} %", i.low * 100.0, i.high * 100.0))
    };
    let mut tiles = vec![
        ("Merged", totals.merged.to_string(), format!("{} opened", totals.opened)),
        ("Complete runs", rate(totals.success), range(totals.success)),
        ("Merge rate", rate(totals.merge_rate), range(totals.merge_rate)),
        (
            "Typical lead time",
            known(report.lead_time.as_ref(), |lead| duration(lead.whole.p50_seconds)),
            known(report.lead_time.as_ref(), |lead| {
                format!("95 % within {}", duration(lead.whole.p95_seconds))
            }),
        ),
        (
            "Cost per merge",
            known(totals.cost_per_merge_usd, money),
            known(totals.cost.usd, |usd| format!("{} together", money(usd))),
        ),
    ];
    if let Some(row) = report.objectives.iter().find(|row| row.score.is_some()) {
        tiles.push(("Business score", known(row.score, score), row.repo.clone()));
    }
    let tile = |(name, value, more): &(&str, String, String)| {
        format!(
            "<div><dt>{name}</dt><dd><strong>{}</strong><span>{}</span></dd></div>\n",
            escape(value),
            escape(more)
        )
    };
    format!("<dl class=\"tiles\">\n{}</dl>\n", tiles.iter().map(tile).collect::<String>())
}

/// All sections.
pub(super) fn all(report: &Reliability) -> String {
    let mut html = section("waiting", "What waits for you", &waiting(&report.escalations));
    let flow = format!("{}{}", figures::success(report), figures::pulls(report));
    html.push_str(&section("reliability", "Does the work succeed?", &figures_of(&flow)));
    let who = format!(
        "{}{}",
        figures::quality("agents", "By agent", "Agent", &report.agents),
        figures::quality("kinds", "By kind of work", "Kind of work", &report.task_types),
    );
    let mut who = figures_of(&who);
    if report.agents_by_task_type.len() > report.agents.len() {
        who.push_str(&pairs(report));
    }
    html.push_str(&section("quality", "Who is good at what?", &who));
    let time = format!("{}{}", figures::stages(report), figures::lead(report));
    html.push_str(&section("time", "How long does it take?", &figures_of(&time)));
    let spent = format!("{}{}", figures::cost(report), figures::blockers(report));
    html.push_str(&section(
        "spent",
        "What does it cost, what stands in the way?",
        &figures_of(&spent),
    ));
    let mut good = String::new();
    for (place, row) in report.objectives.iter().enumerate() {
        good.push_str(&figures::objective(place, row, &report.weeks));
    }
    good.push_str(&figures::backlog(report));
    html.push_str(&section("business", "What is it good for?", &figures_of(&good)));
    html.push_str(&section("notes", "How to read this", &notes(report)));
    html
}

fn section(id: &str, title: &str, inside: &str) -> String {
    format!(
        "<section aria-labelledby=\"{id}-heading\">\n<h2 id=\"{id}-heading\">{}</h2>\n{inside}</section>\n",
        escape(title)
    )
}

fn figures_of(figures: &str) -> String {
    format!("<div class=\"figures\">\n{figures}</div>\n")
}

fn pairs(report: &Reliability) -> String {
    let rows: Vec<Vec<String>> = report
        .agents_by_task_type
        .iter()
        .map(|row| {
            vec![
                row.name(),
                row.runs.to_string(),
                row.samples.to_string(),
                interval(row.success),
                known(row.p50_seconds, duration),
                known(row.cost_usd, money),
            ]
        })
        .collect();
    let head =
        ["Agent and kind of work", "Runs", "Counted", "Rate (95 % range)", "Half within", "Cost"];
    table::folded("Each agent at each kind of work", &head, &rows)
        .replace("The numbers", "Each agent at each kind of work")
}

fn waiting(rows: &[Waiting]) -> String {
    if rows.is_empty() {
        return "<p class=\"calm\">Nothing waits for a person.</p>\n".to_owned();
    }
    let item = |row: &Waiting| {
        let state = match row.state {
            Folder::Escalated => "given up",
            Folder::Failed => "failed",
            _ => "asks",
        };
        format!(
            "<li><h3>{} <span class=\"state\">{state}</span></h3>\n<p class=\"of\">{}#{}, task {}, since {}</p>\n<p>{}</p>\n<p class=\"next\"><b>Next step:</b> {}</p></li>\n",
            escape(&row.title),
            escape(row.repo.as_str()),
            row.issue.0,
            escape(row.task.as_str()),
            date(row.dispatched_at),
            escape(&row.reason),
            escape(&row.next_step)
        )
    };
    format!("<ul class=\"waiting\">\n{}</ul>\n", rows.iter().map(item).collect::<String>())
}

const NOTES: [&str; 5] = [
    "A run is one attempt of an agent at a task. It counts where it says something of the work: runs that a provider's limit, a login, the machine or an open question ended are left out of the rate.",
    "A rate comes with the range in which the true one lies with 95 % confidence (Wilson). Few runs, wide range.",
    "The merge rate is of the pull requests opened in that time that are not open any more.",
    "Lead time begins when an issue that is Ready is dispatched. Waiting: in the mailbox, no agent at work. Working: agents before the pull request. Review and CI: the pull request is open. Repairs: agents at work on it.",
    "Weeks begin on Monday, in UTC; the first and the last are seldom whole. A dash is something that no record tells; it is not zero.",
];

fn notes(report: &Reliability) -> String {
    let item = |text: &str| format!("<li>{}</li>\n", escape(text));
    let mut html = String::new();
    if !report.missing.is_empty() {
        let gaps: String = report.missing.iter().map(|gap| item(gap)).collect();
        html = format!(
            "<h3>What is not known</h3>\n<ul class=\"notes\">\n{gaps}</ul>\n<h3>What the words mean</h3>\n"
        );
    }
    let words: String = NOTES.iter().map(|note| item(note)).collect();
    format!("{html}<ul class=\"notes\">\n{words}</ul>\n")
}
