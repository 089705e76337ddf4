//! The note that hands a lineage to a person. It stands in the task's file as a section and on the issue as a comment, in the same words; the
//! comment is made from the file alone, so that whoever finds it missing can post it.

use std::fmt::Write as _;

use super::{ESCALATION, quoted, quoted_line};
use crate::domain::body;
use crate::domain::escalation::{Escalation, Try};
use crate::domain::money;
use crate::domain::task::Task;
use crate::text::count::counted;
use crate::text::{clean, marker, sections};

/// The heading of the section.
const HEADING: &str = "# Escalation";
/// What stands before the step that a person can take.
const NEXT_STEP: &str = "**Next step:** ";
/// So many runs are listed, the last ones.
const MOST_RUNS: usize = 12;
/// So many failures are shown.
const MOST_FAILING: usize = 5;

/// The key of an escalation's marker: once for each time that it is given up.
pub fn escalation_key(task: &Task) -> String {
    format!(
        "{}/{}.{}.{}",
        task.id, task.counters.spent, task.counters.repairs, task.counters.free_runs
    )
}

/// The body of a task with the section of its escalation at the end; an earlier one goes.
pub fn with_escalation(task: &Task, escalation: &Escalation) -> String {
    let body = body::without_section(&task.body, HEADING);
    format!("{}\n\n{HEADING}\n\n{}", body.trim_end(), note(task, escalation))
}

/// The comment of an escalated task.
pub fn escalation(task: &Task) -> String {
    match section(task) {
        Some(section) => format!("{section}\n"),
        None => note(task, &Escalation::of_task(task)),
    }
}

/// The step that a person can take, of an escalated task.
pub fn next_step(task: &Task) -> String {
    let named = section(task).and_then(|note| note.lines().find_map(|l| l.strip_prefix(NEXT_STEP)));
    named.map_or_else(|| Escalation::of_task(task).next_step, str::to_owned)
}

/// The section of this escalation; one of an earlier time is none.
fn section(task: &Task) -> Option<&str> {
    let section = body::last_section(&task.body, HEADING)?;
    marker::has(section.lines().next()?, ESCALATION, &escalation_key(task)).then_some(section)
}

fn note(task: &Task, escalation: &Escalation) -> String {
    let mut text = format!(
        "{}\n**agentos** · `{}` gives up and needs a person.\n\n**Why:** {}\n\n{NEXT_STEP}{}\n",
        marker::render(ESCALATION, &escalation_key(task)),
        task.id,
        quoted_line(&escalation.why),
        clean::one_line(&marker::neutralize(&escalation.next_step), 800),
    );
    tried(&mut text, escalation);
    evidence(&mut text, task, escalation);
    if let Some(words) = &escalation.last_words {
        let words = sections::fence(&quoted(words), "text");
        let _infallible = writeln!(text, "\n**The last agent said**\n\n{words}");
    }
    let _infallible = writeln!(
        text,
        "\n`agentos task retry {}`, or `escalated/{}.md` moved to `inbox/`, gives it one more attempt. Closing the issue ends it.",
        task.id, task.id
    );
    text
}

fn tried(text: &mut String, escalation: &Escalation) {
    let left_out = escalation.tried.len().saturating_sub(MOST_RUNS);
    let shown = escalation.tried.get(left_out..).unwrap_or_default();
    if shown.is_empty() {
        return;
    }
    text.push_str("\n**What was tried**\n\n| run | agent | status | blocker | what failed | minutes | cost |\n|---|---|---|---|---|---|---|\n");
    for one in shown {
        text.push_str(&row(one));
    }
    if left_out > 0 {
        let are = if left_out == 1 { "is" } else { "are" };
        let runs = counted(left_out, "earlier run");
        let _infallible = writeln!(text, "\n({runs} {are} left out.)");
    }
}

fn row(one: &Try) -> String {
    let blocker = one.blocker.map_or("", |code| code.as_str());
    let cost = one.cost_usd_micros.map_or_else(|| "unknown".to_owned(), money::usd);
    format!(
        "| {} | {} | {} | {blocker} | {} | {:.1} | {cost} |\n",
        cell(&one.attempt),
        cell(&one.agent),
        cell(&one.status),
        cell(&one.failed),
        one.seconds / 60.0,
    )
}

/// Text from outside as a cell of a table.
fn cell(text: &str) -> String {
    clean::one_line(&quoted_line(text), 200).replace('|', "\\|")
}

fn evidence(text: &mut String, task: &Task, escalation: &Escalation) {
    let head = task.head_sha.as_ref().map_or_else(String::new, |head| format!(" at `{head}`"));
    let _infallible = writeln!(
        text,
        "\n**Evidence**\n\n- Branch `{}`{head}, base `{}`",
        task.branch, task.base_branch
    );
    if let Some(pr) = task.pr {
        let _infallible = writeln!(text, "- Pull request {}", pr.0);
    }
    if let Some(runs) = &escalation.runs {
        let _infallible = writeln!(text, "- Prompts, output and receipts: `{runs}`");
    }
    for failing in escalation.failing.iter().take(MOST_FAILING) {
        let (name, summary) = (quoted_line(&failing.name), quoted_line(&failing.summary));
        let _infallible = writeln!(text, "- **{name}**: {summary}");
        if let Some(excerpt) = &failing.excerpt {
            let _infallible = writeln!(text, "\n{}", sections::fence(&quoted(excerpt), "text"));
        }
    }
}

#[cfg(test)]
#[path = "escalation_tests.rs"]
mod tests;
