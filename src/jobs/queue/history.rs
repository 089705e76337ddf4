//! The history of a task: one section per attempt at the end of its body, read by the next agent and by people.

use std::fmt::Write as _;

use super::receipt::Receipt;
use crate::domain::result::AgentResult;
use crate::domain::retry::{Evidence, TestVerdict};
use crate::domain::task::Task;
use crate::text::redact::Redactor;
use crate::text::{clean, sections};

/// At most so many items of a list are kept.
const MAX_ITEMS: usize = 12;

/// The section of one run.
pub(super) fn section(
    task: &Task,
    receipt: &Receipt,
    evidence: &Evidence,
    reason: &str,
    is_repair: bool,
    redactor: &Redactor,
) -> String {
    // Before anything is cut: half a secret has no form by which it could be found.
    let one_line = |text: &str| one_line(&redactor.redact(text));
    let kind = if is_repair { ", repair" } else { "" };
    let mut text = format!("# Attempt {} ({}{kind})\n\n", task.attempt, receipt.agent);
    let _infallible = writeln!(text, "- Came to: {}", one_line(reason));
    let _infallible =
        writeln!(text, "- Ended: {} after {:.1} s", receipt.end, receipt.duration_seconds);
    if let Some(code) = evidence.code() {
        let _infallible = writeln!(text, "- Blocker: {}", code.as_str());
    }
    for path in &receipt.outside_writes {
        let _infallible =
            writeln!(text, "- Changed outside the worktree meanwhile: `{}`", one_line(path));
    }
    if let Evidence::Result { result, tests, .. } = evidence {
        said(&mut text, result, &one_line);
        if let TestVerdict::Failed { how, tail } = tests {
            let tail = redactor.redact(tail);
            let _infallible =
                writeln!(text, "\nTests run by us: {how}\n\n{}", sections::fence(&tail, "text"));
        }
    }
    text
}

fn said(text: &mut String, result: &AgentResult, one_line: &dyn Fn(&str) -> String) {
    let list =
        |text: &mut String, title: &str, items: &[String]| list(text, title, items, one_line);
    let _infallible = writeln!(text, "- Status: {}", result.status.as_str());
    let _infallible = writeln!(text, "- Summary: {}", one_line(&result.summary));
    list(text, "Done", &result.done);
    list(text, "Blockers", &result.blockers);
    if !result.next_step.trim().is_empty() {
        let _infallible = writeln!(text, "- Next step: {}", one_line(&result.next_step));
    }
    list(text, "Files changed", &result.files_changed);
    list(text, "Tests run", &result.tests_run);
    list(text, "Decisions", &result.decisions);
    list(text, "Risks", &result.risks);
    list(text, "Do not try again", &result.attempted_approaches);
    list(text, "Manual steps", &result.manual_steps);
}

fn list(text: &mut String, title: &str, items: &[String], one_line: &dyn Fn(&str) -> String) {
    if items.is_empty() {
        return;
    }
    let _infallible = writeln!(text, "- {title}:");
    for item in items.iter().take(MAX_ITEMS) {
        let _infallible = writeln!(text, "  - {}", one_line(item));
    }
    if items.len() > MAX_ITEMS {
        let _infallible = writeln!(text, "  - and {} more", items.len() - MAX_ITEMS);
    }
}

fn one_line(text: &str) -> String {
    clean::one_line(&clean::untrusted(text).text, 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_stands_across_the_cut_is_found_whole() {
        let token = format!("gh{}_{}", 'p', "aB3xK9mQ7wZ1pL5vN8tR2yC4dF6gH0jSaB3x");
        let redactor = Redactor::default();
        for before in 440..500 {
            let text = format!("{} {token} behind", "x".repeat(before));
            let line = one_line(&redactor.redact(&text));
            assert!(!line.contains("gh"), "{before}: {line}");
        }
    }
}
