//! Figures with a row for each agent, stage or reason.

use super::{Figure, LONGEST, MOST_ROWS, number};
use crate::cli::report::chart::{self, About, Bar, Ink, Rate};
use crate::cli::report::table;
use crate::cli::report::words::{count, duration, interval, known, money, obstacle, percent};
use crate::domain::reliability::{Quality, Reliability};

/// Complete runs of agents, of kinds of work, or of both.
pub(in crate::cli::report) fn quality(
    id: &str,
    title: &str,
    names: &str,
    rows: &[Quality],
) -> String {
    let mut best: Vec<&Quality> = rows.iter().filter(|row| row.samples > 0).collect();
    best.sort_by_key(|row| std::cmp::Reverse(row.samples));
    let shown = best.len().min(MOST_ROWS);
    let says = match (best.is_empty(), rows.len() > shown) {
        (true, _) => "No run says anything of the work yet.".to_owned(),
        (false, true) => format!(
            "The {shown} with the most runs that count; all of them are in the table. A narrow bar means that many runs are behind the rate."
        ),
        (false, false) => "A narrow bar means that many runs are behind the rate.".to_owned(),
    };
    let plotted: Vec<Rate> = best
        .iter()
        .take(MOST_ROWS)
        .map(|row| Rate {
            label: crate::text::clean::one_line(&row.name(), LONGEST),
            told: format!("{}, {}", known(row.success, |s| percent(s.rate)), runs(row.samples)),
            value: row.success.map(|one| (one.rate, one.low, one.high)),
        })
        .collect();
    let chart_id = format!("{id}-chart");
    let about = About { id: &chart_id, title, says: &says };
    let svg = if plotted.is_empty() { String::new() } else { chart::rates(&about, &plotted) };
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.name(),
                row.runs.to_string(),
                row.samples.to_string(),
                row.complete.to_string(),
                interval(row.success),
                known(row.p50_seconds, duration),
                known(row.p95_seconds, duration),
                known(row.cost_usd, money),
            ]
        })
        .collect();
    let head = [
        names,
        "Runs",
        "Counted",
        "Complete",
        "Rate (95 % range)",
        "Half within",
        "95 % within",
        "Cost",
    ];
    let table = table::folded(title, &head, &cells);
    Figure { id, title, says, legend: &[], svg, table }.html()
}

fn runs(number: u64) -> String {
    count(number, "run", "runs")
}

/// Where the time between dispatch and merge goes.
pub(in crate::cli::report) fn stages(report: &Reliability) -> String {
    let (id, title) = ("stages", "From dispatch to merge, by stage");
    let Some(lead) = &report.lead_time else {
        let says = "No merge of this time has all its moments on record.".to_owned();
        let table = String::new();
        return Figure { id, title, says, legend: &[], svg: String::new(), table }.html();
    };
    let says = format!(
        "Half of {} took no longer than {}, 95 % no longer than {}.",
        count(lead.merges, "merge", "merges"),
        duration(lead.whole.p50_seconds),
        duration(lead.whole.p95_seconds)
    );
    let told = |p50: f64, p95: f64| format!("{} · {}", duration(p50), duration(p95));
    let rows: Vec<Bar> = lead
        .stages
        .iter()
        .map(|one| Bar {
            label: one.stage.as_str().to_owned(),
            told: told(one.spread.p50_seconds, one.spread.p95_seconds),
            value: one.spread.p50_seconds,
            further: one.spread.p95_seconds,
        })
        .collect();
    let about = About { id: "stages-chart", title, says: &says };
    let svg = chart::bars(&about, Ink::First, &rows);
    let whole = ("all of it", &lead.whole);
    let stages = lead.stages.iter().map(|one| (one.stage.as_str(), &one.spread));
    let cells: Vec<Vec<String>> = stages
        .chain([whole])
        .map(|(name, spread)| {
            let numbers = [spread.p50_seconds, spread.p95_seconds, spread.mean_seconds];
            let mut row = vec![name.to_owned()];
            row.extend(numbers.map(duration));
            row
        })
        .collect();
    let head = ["Stage", "Half within", "95 % within", "Mean"];
    let legend = [(Ink::First, "full: half of them within; pale: 95 % within")];
    let table = table::folded(title, &head, &cells);
    Figure { id, title, says, legend: &legend, svg, table }.html()
}

/// What kept runs from being complete.
pub(in crate::cli::report) fn blockers(report: &Reliability) -> String {
    let all: u64 = report.blockers.iter().map(|one| one.runs).sum();
    let says = match all {
        0 => "Every run was complete.".to_owned(),
        n => format!("Why {} did not end complete.", runs(n)),
    };
    let rows: Vec<Bar> = report
        .blockers
        .iter()
        .take(MOST_ROWS)
        .map(|one| Bar {
            label: obstacle(&one.code),
            told: runs(one.runs),
            value: number(one.runs),
            further: 0.0,
        })
        .collect();
    let (id, title) = ("blockers", "What stood in the way");
    let about = About { id: "blockers-chart", title, says: &says };
    let svg = if rows.is_empty() { String::new() } else { chart::bars(&about, Ink::Third, &rows) };
    let cells: Vec<Vec<String>> =
        report.blockers.iter().map(|one| vec![obstacle(&one.code), one.runs.to_string()]).collect();
    let table = if cells.is_empty() {
        String::new()
    } else {
        table::folded(title, &["Reason", "Runs"], &cells)
    };
    Figure { id, title, says, legend: &[], svg, table }.html()
}
