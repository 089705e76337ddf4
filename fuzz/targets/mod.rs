//! One function for each parser of outside text, with what has to hold for any input. The fuzz targets beside run them on what libFuzzer
//! thinks of, and `tests/it/fuzz.rs` on the kept corpus and on what can be made of it without a tool.

mod agent_result;
mod comment_command;
mod configuration;
mod crontab;
mod evidence;
mod front_matter;
mod github;
mod issue_brief;
mod log_excerpt;
mod marker;
mod memory;
mod model_answer;
mod objective;
mod outside_text;
mod page;
mod redactor;
mod release;
mod task_file;
mod transcript;
mod yaml;

/// A target: its name, which its corpus and its binary have as well, and what it does with an input.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target.
pub(crate) const TARGETS: [Target; 22] = [
    ("agent_result", agent_result::run),
    ("comment_command", comment_command::run),
    ("configuration", configuration::run),
    ("crontab", crontab::run),
    ("evidence", evidence::run),
    ("front_matter", front_matter::run),
    ("github_issue", github::issue),
    ("github_pull", github::pull),
    ("github_sight", github::sight),
    ("issue_brief", issue_brief::run),
    ("log_excerpt", log_excerpt::run),
    ("marker", marker::run),
    ("memory", memory::run),
    ("model_answer", model_answer::run),
    ("objective", objective::run),
    ("outside_text", outside_text::run),
    ("page", page::run),
    ("redactor", redactor::run),
    ("release", release::run),
    ("task_file", task_file::run),
    ("transcript", transcript::run),
    ("yaml", yaml::run),
];

/// Runs the target of a name; one that is not there is a mistake of whoever named it.
pub(crate) fn run(name: &str, input: &[u8]) {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    assert!(found.is_some(), "there is no target `{name}`");
    if let Some((_, target)) = found {
        target(input);
    }
}

/// The input as text, as all readers of files take it.
fn text(input: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(input)
}

/// Whether a text has a character that steers a terminal, line ends and tabs left out.
fn steers(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
}
