//! The report as lines for a terminal.

use super::words::{
    UNKNOWN, count, date, duration, interval, known, money, obstacle, score, short,
};
use crate::cli::output::table;
use crate::domain::reliability::{Quality, Reliability, Totals, Week};

/// All lines, without an end of line.
pub(super) fn lines(report: &Reliability) -> Vec<String> {
    let mut lines = vec![format!(
        "{} to {} ({} days): {}",
        date(report.since),
        date(report.generated_at),
        report.days,
        report.repositories.join(", ")
    )];
    lines.push(String::new());
    lines.extend(table(&summary(report)));
    lines.push(String::new());
    lines.extend(table(&weeks(&report.weeks)));
    for (title, rows) in [("AGENT", &report.agents), ("KIND OF WORK", &report.task_types)] {
        if !rows.is_empty() {
            lines.push(String::new());
            lines.extend(table(&qualities(title, rows)));
        }
    }
    if !report.blockers.is_empty() {
        let parts =
            report.blockers.iter().map(|one| format!("{} {}", obstacle(&one.code), one.runs));
        lines.push(String::new());
        lines.push(format!("blockers: {}", parts.collect::<Vec<_>>().join(", ")));
    }
    for waiting in &report.escalations {
        lines.push(String::new());
        lines.push(format!("{} in {}/: {}", waiting.task, waiting.state, waiting.title));
        lines.push(format!("  why:  {}", waiting.reason));
        lines.push(format!("  next: {}", waiting.next_step));
    }
    if !report.missing.is_empty() {
        lines.push(String::new());
        lines.extend(report.missing.iter().map(|gap| format!("not known: {gap}")));
    }
    lines
}

fn summary(report: &Reliability) -> Vec<Vec<String>> {
    let totals = &report.totals;
    let mut rows = vec![
        ["success".to_owned(), success(totals)],
        ["merged".to_owned(), merged(totals)],
        ["cost".to_owned(), cost(totals)],
        ["lead time".to_owned(), lead(report)],
    ];
    for row in &report.objectives {
        let measured = format!("{:.0} % of the weights measured", row.coverage * 100.0);
        let told = known(row.score, score);
        rows.push(["score".to_owned(), format!("{told} for {}, {measured}", row.repo)]);
    }
    let backlog = known(report.backlog, |backlog| {
        format!("{} open, {} made, {} closed", backlog.live, backlog.created, backlog.closed)
    });
    rows.push(["issues".to_owned(), backlog]);
    let waiting = report.escalations.len() as u64;
    rows.push(["waiting".to_owned(), count(waiting, "task for a person", "tasks for a person")]);
    rows.into_iter().map(|row| row.to_vec()).collect()
}

pub(super) fn success(totals: &Totals) -> String {
    let apart = totals.runs - totals.samples;
    let rest = match apart {
        0 => String::new(),
        n => format!("; {n} more say nothing of the work"),
    };
    format!(
        "{}: {} of {} complete{rest}",
        interval(totals.success),
        totals.complete,
        count(totals.samples, "run", "runs")
    )
}

pub(super) fn merged(totals: &Totals) -> String {
    format!(
        "{}; {} opened, {} still open; merge rate {}",
        count(totals.merged, "pull request", "pull requests"),
        totals.opened,
        totals.still_open,
        interval(totals.merge_rate)
    )
}

pub(super) fn cost(totals: &Totals) -> String {
    let Some(usd) = totals.cost.usd else { return format!("{UNKNOWN} (nobody told)") };
    let share = known(totals.cost_per_merge_usd, money);
    let untold = match totals.cost.untold {
        0 => String::new(),
        n => format!("; of {} nobody told", count(n, "run", "runs")),
    };
    format!("{}, {share} for a merged pull request{untold}", money(usd))
}

fn lead(report: &Reliability) -> String {
    let Some(lead) = &report.lead_time else { return UNKNOWN.to_owned() };
    let stages: Vec<String> = lead
        .stages
        .iter()
        .map(|one| format!("{} {}", one.stage.as_str(), duration(one.spread.p50_seconds)))
        .collect();
    format!(
        "half within {}, 95 % within {} (halves: {})",
        duration(lead.whole.p50_seconds),
        duration(lead.whole.p95_seconds),
        stages.join(", ")
    )
}

fn weeks(weeks: &[Week]) -> Vec<Vec<String>> {
    let head =
        ["WEEK", "RUNS", "SUCCESS", "OPENED", "MERGED", "COST", "LEAD TIME", "ISSUES +/-/OPEN"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for week in weeks {
        let part = if week.whole { "" } else { "*" };
        rows.push(vec![
            format!("{}{part}", short(week.from)),
            week.runs.to_string(),
            interval(week.success),
            week.opened.to_string(),
            week.merged.to_string(),
            known(week.cost_usd, money),
            known(week.lead_p50_seconds, duration),
            known(week.backlog, |flow| format!("{}/{}/{}", flow.created, flow.closed, flow.live)),
        ]);
    }
    rows
}

fn qualities(title: &str, rows: &[Quality]) -> Vec<Vec<String>> {
    let head = [title, "RUNS", "COUNTED", "COMPLETE", "SUCCESS", "HALF WITHIN", "COST"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        cells.push(vec![
            row.name(),
            row.runs.to_string(),
            row.samples.to_string(),
            row.complete.to_string(),
            interval(row.success),
            known(row.p50_seconds, duration),
            known(row.cost_usd, money),
        ]);
    }
    cells
}
