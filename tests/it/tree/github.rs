//! What can be sent to GitHub stands in `docs/github.md`, row by row, with what it needs; and its documents are files of one folder.

use std::collections::BTreeSet;
use std::fs;

use agentos::host::github::endpoints::{ALL, DOCUMENTS};

use super::{project, text_of};

/// Where the documents lie.
const FOLDER: &str = "src/host/github/graphql";

/// The rows of the table whose first column is called `first`, cell by cell.
fn table(document: &str, first: &str) -> Vec<Vec<String>> {
    let head = format!("| {first} |");
    let mut lines = document.lines().skip_while(|line| !line.starts_with(&head));
    assert!(lines.next().is_some(), "docs/github.md has no table `{first}`");
    lines
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

fn row(name: &str, scope: &str, permission: &str, purpose: &str) -> Vec<String> {
    let name = format!("`{name}`");
    [name.as_str(), scope, permission, purpose].map(str::to_owned).to_vec()
}

#[test]
fn every_request_that_can_be_sent_to_github_is_documented_and_no_other() {
    let expected: Vec<_> = ALL
        .iter()
        .map(|endpoint| {
            let name = format!("{} {}", endpoint.method.as_str(), endpoint.path);
            row(&name, endpoint.scope(), endpoint.permission, endpoint.purpose)
        })
        .collect();
    assert!(expected.len() > 20, "the table of endpoints is short");
    assert_eq!(table(&text_of("docs/github.md"), "request"), expected);
}

#[test]
fn every_graphql_document_is_documented_and_no_other() {
    let expected: Vec<_> = DOCUMENTS
        .iter()
        .map(|one| row(one.name, one.scope(), one.permission(), one.purpose))
        .collect();
    assert!(!expected.is_empty(), "there are no documents");
    assert_eq!(table(&text_of("docs/github.md"), "document"), expected);
}

#[test]
fn every_graphql_file_is_one_operation_of_the_table() {
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for entry in fs::read_dir(project().join(FOLDER)).unwrap() {
        texts.insert(fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let known: BTreeSet<String> = DOCUMENTS.iter().map(|one| one.text.to_owned()).collect();
    assert_eq!(texts, known, "files of {FOLDER} and rows of DOCUMENTS");
    for one in DOCUMENTS {
        let kind = if one.writes { "mutation" } else { "query" };
        let operations: Vec<&str> = one
            .text
            .lines()
            .filter(|line| line.starts_with("query") || line.starts_with("mutation"))
            .collect();
        let [operation] = operations.as_slice() else {
            panic!("{}: {} operations", one.name, operations.len());
        };
        let begins = [" ", "(", "{"].map(|end| format!("{kind} {}{end}", one.name));
        assert!(begins.iter().any(|begin| operation.starts_with(begin)), "{operation}");
    }
}
