//! The documents say what is so: modules, variables, commands and links.
#![expect(clippy::disallowed_methods, reason = "the binary is asked for its commands")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use agentos::jobs::doctor::Kind;
use agentos::sys::env::VARIABLES;

use super::{assert_none, has_extension, project, sources, text_files, text_of};

#[test]
fn every_module_has_its_row_in_the_map() {
    let map = text_of("CODEBASE.md");
    let modules: BTreeSet<String> =
        sources().iter().filter_map(|file| file.module().map(str::to_owned)).collect();
    let complaints: Vec<String> = modules
        .iter()
        .filter(|module| !map.lines().any(|line| line.starts_with(&format!("| `{module}/`"))))
        .map(|module| format!("CODEBASE.md: no row for `{module}/`"))
        .collect();
    assert_none(&complaints);
    assert!(map.lines().count() <= 300, "CODEBASE.md is a map, not a diary: at most 300 lines");
}

#[test]
fn every_file_that_the_map_names_is_there() {
    let map = text_of("CODEBASE.md");
    let complaints: Vec<String> = map
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| {
            ["src/", "tests/", "docs/", "bin/"].iter().any(|place| name.starts_with(place))
        })
        .filter(|name| !name.contains(['<', '*', ' ']) && !project().join(name).exists())
        .map(|name| format!("CODEBASE.md: `{name}` does not exist"))
        .collect();
    assert_none(&complaints);
}

#[test]
fn every_variable_that_is_read_is_documented() {
    let document = text_of("docs/environment.md");
    let complaints: Vec<String> = VARIABLES
        .iter()
        .filter(|variable| !document.contains(&format!("| `{}` |", variable.name)))
        .map(|variable| format!("docs/environment.md: no row for `{}`", variable.name))
        .collect();
    assert_none(&complaints);
}

#[test]
fn every_variable_that_is_documented_is_read() {
    let document = text_of("docs/environment.md");
    let ours = document.split("## What an agent sees").next().unwrap();
    let rows = ours.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let complaints: Vec<String> = rows
        .filter(|name| !VARIABLES.iter().any(|variable| variable.name == *name))
        .map(|name| format!("docs/environment.md: `{name}` is read nowhere"))
        .collect();
    assert_none(&complaints);
}

#[test]
fn every_command_is_in_the_readme() {
    let output = Command::new(env!("CARGO_BIN_EXE_agentos")).arg("--help").output().unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 5, "{help}");
    let readme = text_of("README.md");
    let complaints: Vec<String> = commands
        .iter()
        .filter(|command| **command != "help" && !mentions(&readme, command))
        .map(|command| format!("README.md: `{command}` is not mentioned"))
        .collect();
    assert_none(&complaints);
}

#[test]
fn the_readme_sells_and_starts_in_one_screen() {
    let readme = text_of("README.md");
    assert!(readme.lines().count() <= 300, "what is longer belongs into docs/guides");
    let first_screen: Vec<&str> = readme.lines().take(25).collect();
    assert!(first_screen.iter().any(|line| line.starts_with("cargo run --release -- demo")));
}

/// Whether the command stands in a code span, alone or with arguments, with or without the program's name.
fn mentions(document: &str, command: &str) -> bool {
    document
        .split('`')
        .skip(1)
        .step_by(2)
        .any(|code| code.trim_start_matches("agentos ").split([' ', '\n']).next() == Some(command))
}

#[test]
fn every_check_of_doctor_is_documented_and_no_other() {
    let document = text_of("docs/doctor.md");
    let rows: Vec<&str> = document
        .lines()
        .skip_while(|line| !line.starts_with("| group |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    let expected: Vec<String> = Kind::ALL
        .iter()
        .map(|kind| format!("| {} | {} | {} |", kind.group(), kind.name(), kind.proves()))
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let mut complaints = Vec::new();
    for file in text_files().iter().filter(|file| has_extension(&file.path, "md")) {
        let folder = project().join(&file.path).parent().map(Path::to_path_buf).unwrap();
        for after in file.text.split("](").skip(1) {
            let target = after.split([')', '#', ' ']).next().unwrap_or_default();
            let outside = target.is_empty() || target.contains("://");
            if !outside && !folder.join(target).exists() {
                complaints.push(format!("{}: `{target}` does not exist", file.path));
            }
        }
    }
    assert_none(&complaints);
}
