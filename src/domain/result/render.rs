//! A result as the file that says it, and the template that agents are shown.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::AgentResult;
use super::parse::{clean, is_nothing};
use super::scan::{Key, unknown_name};
use super::sections::{escape, in_code};

/// What the prompt shows. Whatever has to be replaced stands in angle brackets; handed back as it is, it is no result.
pub const TEMPLATE: &str = "\
STATUS: <one word: complete, partial or blocked>
BLOCKER_CODE: <none, or the code that says what is in the way>
SUMMARY: <what the state of the work is now, in one to three sentences>
DONE:
- <one finished thing on each line>
BLOCKERS:
- <what is in the way, or none>
NEXT_STEP: <what the next attempt should begin with, or none>
FILES_CHANGED:
- <path from the root of the repository>
TESTS_RUN:
- <command and its outcome>
DECISIONS:
- <choice and its reason>
RISKS:
- <what may go wrong later, or none>
ATTEMPTED_APPROACHES:
- <what was tried and given up, and why, or none>
MANUAL_STEPS:
- <what a person has to do besides the merge, or none>
";

/// The template as text of its own.
pub fn template() -> String {
    TEMPLATE.to_owned()
}

/// Whether this is one of the template's own placeholders, alone.
pub(super) fn is_template_text(value: &str) -> bool {
    value.starts_with('<')
        && TEMPLATE
            .lines()
            .any(|line| line.strip_suffix(value).is_some_and(|key| key.ends_with(' ')))
}

impl AgentResult {
    /// The result as a file, sections in the order of the contract; reading it gives the same result again.
    pub fn render(&self) -> String {
        let mut out = format!("STATUS: {}\nBLOCKER_CODE: {}\n", self.status, self.blocker);
        text(&mut out, Key::Summary, &self.summary);
        list(&mut out, Key::Done, &self.done);
        list(&mut out, Key::Blockers, &self.blockers);
        text(&mut out, Key::NextStep, &self.next_step);
        list(&mut out, Key::FilesChanged, &self.files_changed);
        list(&mut out, Key::TestsRun, &self.tests_run);
        list(&mut out, Key::Decisions, &self.decisions);
        list(&mut out, Key::Risks, &self.risks);
        list(&mut out, Key::AttemptedApproaches, &self.attempted_approaches);
        list(&mut out, Key::ManualSteps, &self.manual_steps);
        for (name, value) in self.unknown.iter().filter(|(_, value)| !is_nothing(value)) {
            let name = unknown_name(name)
                .or_else(|| unknown_name(&format!("SECTION_{name}")))
                .unwrap_or_else(|| "SECTION".to_owned());
            // A heading, because not every title is a key when it stands alone.
            let _infallible = writeln!(out, "## {name}\n{}", lines(&clean(value)));
        }
        out
    }
}

fn text(out: &mut String, key: Key, value: &str) {
    let value = clean(value);
    let value = value.trim();
    let key = key.as_str();
    let _infallible = if is_nothing(value) {
        writeln!(out, "{key}: none")
    } else if value.contains('\n') {
        writeln!(out, "{key}:\n{}", lines(value))
    } else {
        writeln!(out, "{key}: {}", escape(value))
    };
}

fn list(out: &mut String, key: Key, items: &[String]) {
    let _infallible = writeln!(out, "{}:", key.as_str());
    let items: Vec<String> = items
        .iter()
        .map(|item| clean(item).split('\n').map(str::trim).collect::<Vec<_>>().join(" "))
        .filter(|item| !is_nothing(item))
        .collect();
    if items.is_empty() {
        out.push_str("- none\n");
    }
    for item in items {
        let _infallible = writeln!(out, "- {}", escape(item.trim()));
    }
}

/// Lines of text with everything escaped that would be read as a key, except in closed code blocks.
fn lines(value: &str) -> String {
    let lines: Vec<&str> = value.lines().collect();
    let code = in_code(&lines);
    let safe: Vec<Cow<'_, str>> = lines
        .iter()
        .zip(code)
        .map(|(line, code)| if code { Cow::Borrowed(*line) } else { escape(line) })
        .collect();
    safe.join("\n")
}
