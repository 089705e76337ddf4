//! `docs/proof.md`.

use std::fmt::Write as _;

use super::entries::{Answer, Entry, Section};
use super::known::Known;

const INTRODUCTION: &str = "\
# What is proven

What is known to go wrong with programs of this kind, what happens here instead, and the tests that show it. Made by
`AGENTOS_WRITE_DOCS=1 cargo test --test it proof::` from `tests/data/proof` and the tests that there are: a test fails when a name below
is none, when an entry of a list is missing, when a scenario of `tests/it/field` has no entry, or when this page is not what they say.

A test is named by its file (below `tests/it`, else below `src`) and its function; `cargo test FUNCTION` runs it, those of `crash` and
`schedules` with `--features failpoints`. *Played*: the real binary lives through it, on the fake GitHub or the local host, with scripted
agents, or a real program or server of the test does. *Decided*: the decision or the parser has it in a table. *Ruled out*: a rule of the
design makes it impossible, and the test holds the rule. *Not here*: it is about something that this program does not do.

A process that dies loses nothing that it wrote; a machine that loses its power does. `bin/check power` (the tests of `loss`) plays two
tasks up to their merges on a file system of its own in user space, lets the real binary die at its crash points, takes away what was
not synced, and goes on to the end: by the rule of a journal and by the letter of POSIX; dropping everything, keeping what chance says,
or only once another process has ended its work behind the dead one. Every thirteenth point of each process makes 58 deaths in each of
these six ways; all 348 took under eight minutes on two busy cores, the builds included.

*Seen at*: issues and pull requests of the programs that are named; in the second list pull requests, issues, commits and dates of
kai-linux/agent-os, or a word for what shows it there.
";

/// Renders the page.
pub(super) fn render(lists: &[(&str, Vec<Section>)], known: &Known) -> String {
    let mut page = format!("{INTRODUCTION}\n{}", summary(lists, known));
    for (title, sections) in lists {
        let _ = write!(page, "\n## {title}\n");
        for section in sections {
            if !section.title.is_empty() {
                let _ = write!(page, "\n### {}\n", section.title);
            }
            page.push_str(&table(section, known));
        }
    }
    page
}

/// How many entries of each list are answered how.
fn summary(lists: &[(&str, Vec<Section>)], known: &Known) -> String {
    let heads: Vec<&str> = Answer::ALL.iter().map(|answer| answer.as_str()).collect();
    let mut text = format!("| | entries | {} |\n|---|---|---|---|---|---|\n", heads.join(" | "));
    for (title, sections) in lists {
        let answers: Vec<Answer> = sections
            .iter()
            .flat_map(|section| &section.entries)
            .map(|entry| entry.answer(is_played(entry, known)))
            .collect();
        let counts: Vec<String> = Answer::ALL
            .iter()
            .map(|wanted| answers.iter().filter(|answer| *answer == wanted).count().to_string())
            .collect();
        let _ = writeln!(text, "| {title} | {} | {} |", answers.len(), counts.join(" | "));
    }
    text
}

fn table(section: &Section, known: &Known) -> String {
    let has_sources = section.entries.iter().any(|entry| entry.source != "-");
    let (head, line) = if has_sources { (" seen at |", "---|") } else { ("", "") };
    let mut text = format!(
        "\n| | failure |{head} | what happens here | tests |\n|---|---|{line}---|---|---|\n"
    );
    for entry in &section.entries {
        let source = match (has_sources, entry.source.as_str()) {
            (false, _) => String::new(),
            (true, "-") => " |".to_owned(),
            (true, source) => format!(" {source} |"),
        };
        let answer = entry.answer(is_played(entry, known)).as_str();
        let tests: Vec<String> =
            names(entry, known).iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(
            text,
            "| {} | {} |{source} {answer} | {} | {} |",
            entry.number,
            entry.failure,
            entry.told(),
            tests.join(", ")
        );
    }
    text
}

/// The whole names of its tests; one that is not there stays as it is, and a test of its own says so.
fn names(entry: &Entry, known: &Known) -> Vec<String> {
    entry.tests.iter().map(|test| known.find(test).unwrap_or_else(|_| test.clone())).collect()
}

fn is_played(entry: &Entry, known: &Known) -> bool {
    names(entry, known).iter().any(|name| known.is_integration(name) && !name.starts_with("tree::"))
}
