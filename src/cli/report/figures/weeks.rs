//! Figures over weeks.

use super::{Figure, by_week, labels, number};
use crate::cli::report::chart::{self, About, Ink, Line};
use crate::cli::report::table;
use crate::cli::report::words::{count, duration, interval, known, money, percent};
use crate::domain::reliability::{Reliability, Week};

/// Complete runs week by week.
pub(in crate::cli::report) fn success(report: &Reliability) -> String {
    let weeks = &report.weeks;
    let totals = &report.totals;
    let says = match totals.success {
        None => "No run says anything of the work yet.".to_owned(),
        Some(_) => format!(
            "{} of {} were complete: {}.",
            totals.complete,
            count(totals.samples, "run", "runs"),
            interval(totals.success)
        ),
    };
    let line = Line {
        ink: Ink::First,
        values: weeks.iter().map(|week| Some(week.success?.rate)).collect(),
        band: weeks.iter().map(|week| week.success.map(|one| (one.low, one.high))).collect(),
    };
    let (id, title) = ("success", "Runs that were complete");
    let about = About { id: "success-chart", title, says: &says };
    let svg = chart::lines(&about, &labels(weeks), (0.0, 1.0), &percent, &[line]);
    let rows = by_week(weeks, |week| {
        vec![
            week.runs.to_string(),
            week.samples.to_string(),
            week.complete.to_string(),
            interval(week.success),
        ]
    });
    let head = ["Week from", "Runs", "Counted", "Complete", "Rate (95 % range)"];
    let legend = [(Ink::First, "rate; the bar behind it: where the true rate lies")];
    let table = table::folded("Complete runs by week", &head, &rows);
    Figure { id, title, says, legend: &legend, svg, table }.html()
}

/// Pull requests opened and merged week by week.
pub(in crate::cli::report) fn pulls(report: &Reliability) -> String {
    let (weeks, totals) = (&report.weeks, &report.totals);
    let says = format!(
        "{} opened, {} merged, {} still open. Merged of those that are decided: {}.",
        count(totals.opened, "pull request", "pull requests"),
        totals.merged,
        totals.still_open,
        interval(totals.merge_rate)
    );
    let (id, title) = ("pulls", "Pull requests opened and merged");
    let about = About { id: "pulls-chart", title, says: &says };
    let groups = [
        (Ink::Third, weeks.iter().map(|week| number(week.opened)).collect()),
        (Ink::Second, weeks.iter().map(|week| number(week.merged)).collect()),
    ];
    let svg = chart::columns(&about, &labels(weeks), &whole, &groups, None);
    let rows = by_week(weeks, |week| {
        vec![
            week.opened.to_string(),
            week.still_open.to_string(),
            week.merged.to_string(),
            interval(week.merge_rate),
        ]
    });
    let head = ["Week from", "Opened", "Of them open", "Merged", "Merge rate (95 % range)"];
    let legend = [(Ink::Third, "opened"), (Ink::Second, "merged")];
    let table = table::folded("Pull requests by week", &head, &rows);
    Figure { id, title, says, legend: &legend, svg, table }.html()
}

/// Only whole numbers have a name on the axis.
fn whole(value: f64) -> String {
    if (value - value.round()).abs() < 1e-9 { format!("{value:.0}") } else { String::new() }
}

/// The median lead time week by week.
pub(in crate::cli::report) fn lead(report: &Reliability) -> String {
    let weeks = &report.weeks;
    let known_ones = weeks.iter().filter_map(|week| week.lead_p50_seconds);
    let (seconds, unit) = unit_for(known_ones.fold(0.0, f64::max));
    let values: Vec<f64> =
        weeks.iter().map(|week| week.lead_p50_seconds.unwrap_or_default() / seconds).collect();
    let (id, title) = ("lead", "Lead time of a typical merge");
    let says = "Half of a week's merges took no longer from dispatch to merge. Without a column: none was merged, or not every moment is recorded.".to_owned();
    let about = About { id: "lead-chart", title, says: &says };
    let told = |value: f64| format!("{} {unit}", trimmed(value));
    let svg = chart::columns(&about, &labels(weeks), &told, &[(Ink::First, values)], None);
    let rows = by_week(weeks, |week| {
        vec![week.merged.to_string(), known(week.lead_p50_seconds, duration)]
    });
    let table = table::folded("Lead time by week", &["Week from", "Merged", "Half within"], &rows);
    Figure { id, title, says, legend: &[], svg, table }.html()
}

/// The unit in which durations up to this one are told, with its length in seconds.
fn unit_for(seconds: f64) -> (f64, &'static str) {
    match seconds {
        s if s < 180.0 => (1.0, "s"),
        s if s < 10_800.0 => (60.0, "min"),
        s if s < 259_200.0 => (3600.0, "h"),
        _ => (86_400.0, "d"),
    }
}

/// A number without zeros at its end.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What was spent week by week.
pub(in crate::cli::report) fn cost(report: &Reliability) -> String {
    let (weeks, cost) = (&report.weeks, &report.totals.cost);
    let says = match cost.usd {
        None => "No agent told what its runs cost, and no price is configured.".to_owned(),
        Some(usd) => {
            let untold = match (cost.untold, cost.worst_case_usd) {
                (0, _) => "All of them told what they cost.".to_owned(),
                (n, None) => format!("{n} more did not tell and are not in the sum."),
                (n, Some(most)) => format!(
                    "{n} more did not tell and are not in the sum; budgets count them as {} at most.",
                    money(most)
                ),
            };
            format!(
                "{} for {}, {} for a merged pull request. {untold}",
                money(usd),
                count(cost.told, "run or question", "runs and questions"),
                known(report.totals.cost_per_merge_usd, money)
            )
        }
    };
    let (id, title) = ("cost", "Money");
    let about = About { id: "cost-chart", title, says: &says };
    let spent = weeks.iter().map(|week| week.cost_usd.unwrap_or_default()).collect();
    let told = |value: f64| format!("${}", trimmed(value));
    let svg = match cost.usd {
        None => String::new(),
        Some(_) => chart::columns(&about, &labels(weeks), &told, &[(Ink::Third, spent)], None),
    };
    let rows = by_week(weeks, |week| {
        vec![
            known(week.cost_usd, money),
            week.merged.to_string(),
            known(week.cost_per_merge_usd, money),
        ]
    });
    let head = ["Week from", "Cost", "Merged", "Per merged pull request"];
    let table = table::folded("Cost by week", &head, &rows);
    Figure { id, title, says, legend: &[], svg, table }.html()
}

/// Issues made and closed, and how many lie there.
pub(in crate::cli::report) fn backlog(report: &Reliability) -> String {
    let (id, title) = ("backlog", "Issues made, closed and open");
    let weeks = &report.weeks;
    let Some(backlog) = report.backlog else {
        let says = "The issues could not be read; see below.".to_owned();
        let (svg, table) = (String::new(), String::new());
        return Figure { id, title, says, legend: &[], svg, table }.html();
    };
    let says = format!(
        "{} open now. {} made, {} closed.",
        count(backlog.live, "issue is", "issues are"),
        backlog.created,
        backlog.closed
    );
    let about = About { id: "backlog-chart", title, says: &says };
    let flow = |week: &Week| week.backlog.unwrap_or_default();
    let groups = [
        (Ink::Third, weeks.iter().map(|week| number(flow(week).created)).collect()),
        (Ink::Second, weeks.iter().map(|week| number(flow(week).closed)).collect()),
    ];
    let values = weeks.iter().map(|week| Some(number(week.backlog?.live))).collect();
    let open = Line { ink: Ink::First, values, band: Vec::new() };
    let svg = chart::columns(&about, &labels(weeks), &whole, &groups, Some(&open));
    let rows = by_week(weeks, |week| {
        let flow = flow(week);
        [flow.created, flow.closed, flow.live].map(|n| n.to_string()).to_vec()
    });
    let head = ["Week from", "Made", "Closed", "Open at its end"];
    let legend = [(Ink::Third, "made"), (Ink::Second, "closed"), (Ink::First, "open (line)")];
    let table = table::folded("Issues by week", &head, &rows);
    Figure { id, title, says, legend: &legend, svg, table }.html()
}
