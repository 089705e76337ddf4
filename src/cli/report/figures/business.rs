//! The figure of a business score.

use super::{Figure, labels};
use crate::cli::report::chart::{self, About, Ink, Line};
use crate::cli::report::table;
use crate::cli::report::words::{count, known, percent, score, short};
use crate::domain::reliability::{ObjectiveRow, Week};

/// The business score of one repository, week by week, and what it is made of.
pub(in crate::cli::report) fn objective(
    place: usize,
    row: &ObjectiveRow,
    weeks: &[Week],
) -> String {
    let title = format!("Business score of {}", row.repo);
    let now = match row.score {
        None => "Nothing was measured of late".to_owned(),
        Some(now) => format!("{} now", score(now)),
    };
    let says = format!(
        "{now}, with {} of the weights measured within {}. Between −1 (all got worse) and +1 (all got better). Goal: {}",
        percent(row.coverage),
        count(row.window_days.unsigned_abs(), "day", "days"),
        row.primary_outcome
    );
    let (id, chart_id) = (format!("objective-{place}"), format!("objective-{place}-chart"));
    let about = About { id: &chart_id, title: &title, says: &says };
    let line = Line {
        ink: Ink::Second,
        values: row.trend.iter().map(|point| point.score).collect(),
        band: Vec::new(),
    };
    let is_known = row.trend.iter().any(|point| point.score.is_some());
    let svg = if is_known {
        chart::lines(&about, &labels(weeks), (-1.0, 1.0), &score_of_axis, &[line])
    } else {
        String::new()
    };
    let metrics: Vec<Vec<String>> = row
        .metrics
        .iter()
        .map(|metric| {
            vec![
                metric.id.clone(),
                percent(metric.weight),
                known(metric.mean, score),
                known(metric.contribution, score),
                metric.counts.total().to_string(),
            ]
        })
        .collect();
    let head = ["Metric", "Weight", "Mean", "Adds", "Judged"];
    let trend = row.trend.iter().zip(weeks);
    let trend: Vec<Vec<String>> =
        trend.map(|(point, week)| vec![short(week.from), known(point.score, score)]).collect();
    let table = format!(
        "{}\n{}",
        table::render(
            &format!("What the score of {} is made of", row.repo),
            &head,
            &metrics,
            false
        ),
        table::folded(&format!("{title} by week"), &["Week from", "Score at its end"], &trend)
    );
    Figure { id: &id, title: &title, says, legend: &[], svg, table }.html()
}

fn score_of_axis(value: f64) -> String {
    if value.abs() < 1e-9 { "0".to_owned() } else { format!("{value:+}").replace('-', "−") }
}
