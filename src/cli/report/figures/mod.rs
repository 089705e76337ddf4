//! The figures of the page: what is plotted, what it says in words, and the same numbers as a table.

mod business;
mod rows;
mod weeks;

pub(super) use business::objective;
pub(super) use rows::{blockers, quality, stages};
pub(super) use weeks::{backlog, cost, lead, pulls, success};

use super::chart::Ink;
use super::words::short;
use crate::domain::reliability::Week;
use crate::text::html::escape;

/// At most so many rows are plotted; the table has all of them.
const MOST_ROWS: usize = 8;
/// Longest name in a chart.
const LONGEST: usize = 34;

/// A figure of the page.
struct Figure<'a> {
    id: &'a str,
    title: &'a str,
    says: String,
    /// What each colour stands for, where there are several.
    legend: &'a [(Ink, &'a str)],
    svg: String,
    table: String,
}

impl Figure<'_> {
    fn html(&self) -> String {
        let key = |(ink, word): &(Ink, &str)| {
            format!("<li><span class=\"key {}\"></span>{}</li>", ink.name(), escape(word))
        };
        let keys: String = self.legend.iter().map(key).collect();
        let legend = match keys.as_str() {
            "" => String::new(),
            keys => format!("<ul class=\"legend\">{keys}</ul>"),
        };
        format!(
            "<figure id=\"{}\">\n<figcaption><h3>{}</h3><p>{}</p></figcaption>\n{legend}{}\n{}\n</figure>\n",
            self.id,
            escape(self.title),
            escape(&self.says),
            self.svg,
            self.table
        )
    }
}

fn labels(weeks: &[Week]) -> Vec<String> {
    weeks.iter().map(|week| short(week.from)).collect()
}

/// A row of a table for each week.
fn by_week(weeks: &[Week], cells: impl Fn(&Week) -> Vec<String>) -> Vec<Vec<String>> {
    let row = |week: &Week| {
        let part = if week.whole { "" } else { " (part)" };
        let mut row = vec![format!("{}{part}", short(week.from))];
        row.extend(cells(week));
        row
    };
    weeks.iter().map(row).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a count of a week")]
fn number(count: u64) -> f64 {
    count as f64
}
