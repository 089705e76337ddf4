//! Where crates may be named, how long files get, and words that have no place in finished work.

use std::collections::BTreeSet;

use super::{assert_none, code_lines, is_rust, sources, text_files};

/// The folders of `src/` that may name a crate which is a decision of one place. What reads like an exception is one: `config` compiles
/// the globs that it refuses, `domain` matches paths against them, `git` restores the files they name; `text` checks its redactor with base64.
pub(super) const HOMES: [(&str, &[&str]); 23] = [
    ("base64", &["git", "release", "text"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("git2", &["git"]),
    ("globset", &["config", "domain", "git"]),
    ("http", &["host"]),
    ("http_body_util", &["host"]),
    ("minijinja", &["prompt"]),
    ("landlock", &["sys"]),
    ("octocrab", &["host"]),
    ("plotters", &["cli"]),
    ("regex", &["text"]),
    ("reqwest", &["evidence", "host", "notify", "release"]),
    ("ring", &["release"]),
    ("rustls", &["sys"]),
    ("rustls_platform_verifier", &["sys"]),
    ("rustix", &["sys", "agent", "git"]),
    ("schemars", &["config", "domain"]),
    ("serde_yaml", &["text"]),
    ("sha2", &["text"]),
    ("signal_hook", &["sys"]),
    ("strsim", &["text"]),
];

/// Longest file of the program, without the tests in it; 350 is what to aim at.
const MOST_LINES: usize = 600;

#[test]
fn a_crate_is_named_only_where_it_is_at_home() {
    let mut complaints = Vec::new();
    for file in sources() {
        let module = file.module().unwrap_or("lib.rs");
        for (name, homes) in HOMES {
            if names_crate(&file.text, name) && !homes.contains(&module) {
                complaints.push(format!("{}: `{name}` is named outside {homes:?}", file.path));
            }
        }
    }
    assert_none(&complaints);
}

/// Whether code names the crate: `name::` or `use name;`, not as the end of a longer word or path.
fn names_crate(text: &str, name: &str) -> bool {
    code_lines(text).any(|(_, line)| {
        line.match_indices(name).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = &line[at + name.len()..];
            let begins = before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'));
            begins && (after.starts_with("::") || (after.starts_with(';') && line.contains("use ")))
        })
    })
}

#[test]
fn a_file_can_be_read_in_one_go() {
    let complaints: Vec<String> = sources()
        .iter()
        .map(|file| (&file.path, length_without_tests(&file.text)))
        .filter(|(_, length)| *length > MOST_LINES)
        .map(|(path, length)| format!("{path}: {length} lines, at most {MOST_LINES}"))
        .collect();
    assert_none(&complaints);
}

/// Lines up to a test module at the end of the file.
fn length_without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    tests.unwrap_or(lines.len())
}

#[test]
fn every_file_says_first_what_it_owns() {
    let complaints: Vec<String> = text_files()
        .iter()
        .filter(|file| is_rust(&file.path))
        .filter(|file| !file.text.starts_with("//! ") || file.text.starts_with("//! Being written"))
        .map(|file| format!("{}: no `//!` header", file.path))
        .collect();
    assert_none(&complaints);
}

#[test]
fn nothing_is_marked_as_unfinished() {
    let mut complaints = Vec::new();
    for file in text_files() {
        for (number, line) in (1..).zip(file.text.lines()) {
            if ["TODO", "FIXME"].iter().any(|word| has_bare_word(line, word)) {
                complaints.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
            if is_rust(&file.path) && line.trim() == concat!("#[", "ignore]") {
                complaints.push(format!("{}:{number}: ignored without a reason", file.path));
            }
        }
    }
    assert_none(&complaints);
}

/// Whether a line has the word as itself, not quoted as data or as an example.
fn has_bare_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '`');
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

#[test]
fn no_file_names_a_machine_it_was_written_on_or_a_registry() {
    let forbidden = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("crates", ".io"),
        concat!("registry.", "npmjs"),
        concat!("py", "pi.org"),
    ];
    let mut complaints = Vec::new();
    for file in text_files() {
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(found) = forbidden.iter().find(|found| line.contains(*found)) {
                complaints.push(format!("{}:{number}: names {found}", file.path));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_file_of_integration_tests_is_run() {
    let files = text_files();
    let main = files.iter().find(|file| file.path == "tests/it/main.rs").unwrap();
    let declared: BTreeSet<&str> = main
        .text
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let complaints: Vec<String> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix("tests/it/")?.strip_suffix(".rs"))
        .map(|name| name.split('/').next().unwrap_or(name))
        .filter(|name| *name != "main" && !declared.contains(name))
        .map(|name| format!("tests/it/{name} is not declared in tests/it/main.rs"))
        .collect();
    assert_none(&complaints);
}
