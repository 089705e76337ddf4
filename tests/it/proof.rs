//! What this project claims to survive, and the test of each claim: `docs/proof.md` is made from `tests/data/proof` here, with the tests
//! looked up, and `docs/security.md` names none that is not there. A row of the data is `number | failure | seen at | what happens here |
//! tests`; a test is named by its function, or by more of its path where two have the same name.

mod entries;
mod known;
mod page;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use entries::{Entry, sections};
use known::Known;

/// The lists of entries, with what they are.
const LISTS: [(&str, &str); 4] = [
    ("complaints", "What users of other programs report"),
    ("ancestor", "What went wrong with the program that this one follows"),
    ("others", "What else was seen"),
    ("invariants", "What has to hold always"),
];

/// The numbers of the ancestor's catalogue: a letter and how many entries there are.
const CATALOGUE: [(char, usize); 10] = [
    ('L', 27),
    ('C', 17),
    ('S', 18),
    ('Q', 16),
    ('G', 16),
    ('P', 15),
    ('N', 8),
    ('X', 16),
    ('D', 16),
    ('O', 25),
];

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

fn entries_of(list: &str) -> Vec<Entry> {
    sections(&file(&format!("tests/data/proof/{list}.txt")))
        .into_iter()
        .flat_map(|section| section.entries)
        .collect()
}

#[test]
fn the_proof_is_what_the_tests_are() {
    let known = Known::of_the_tree();
    let lists = LISTS
        .map(|(name, title)| (title, sections(&file(&format!("tests/data/proof/{name}.txt")))));
    let made = page::render(&lists, &known);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/proof.md");
    if std::env::var_os("AGENTOS_WRITE_DOCS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert!(
        made == file("docs/proof.md"),
        "docs/proof.md is not what tests/data/proof and the tests say: `AGENTOS_WRITE_DOCS=1 cargo test --test it proof::` writes it anew"
    );
}

#[test]
fn every_claim_names_tests_that_are_there() {
    let known = Known::of_the_tree();
    let mut complaints = Vec::new();
    for (list, _) in LISTS {
        for entry in entries_of(list) {
            if entry.tests.is_empty() {
                complaints.push(format!("{list} {}: no test", entry.number));
            }
            let faults = entry.tests.iter().filter_map(|test| known.find(test).err());
            complaints.extend(faults.map(|fault| format!("{list} {}: {fault}", entry.number)));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn no_complaint_and_no_entry_of_the_catalogue_is_left_out() {
    let numbers = |list: &str| -> Vec<String> {
        entries_of(list).into_iter().map(|entry| entry.number).collect()
    };
    let complaints: BTreeSet<String> = numbers("complaints")
        .iter()
        .map(|number| number.trim_end_matches(char::is_alphabetic).to_owned())
        .collect();
    let all: BTreeSet<String> = (1..=33).map(|number| number.to_string()).collect();
    assert_eq!(complaints, all);
    let catalogue: Vec<String> = CATALOGUE
        .iter()
        .flat_map(|(letter, last)| (1..=*last).map(move |number| format!("{letter}{number}")))
        .collect();
    assert_eq!(numbers("ancestor"), catalogue);
    let invariants: Vec<String> = (1..=20).map(|number| number.to_string()).collect();
    assert_eq!(numbers("invariants"), invariants);
}

#[test]
fn every_scenario_of_the_field_stands_in_the_proof() {
    let known = Known::of_the_tree();
    let named: BTreeSet<String> = LISTS
        .iter()
        .flat_map(|(list, _)| entries_of(list))
        .flat_map(|entry| entry.tests)
        .filter_map(|test| known.find(&test).ok())
        .collect();
    let left: Vec<&String> = known
        .names()
        .filter(|name| name.starts_with("field::") && !named.contains(*name))
        .collect();
    assert!(left.is_empty(), "no entry names {left:#?}");
}

#[test]
fn every_control_of_the_threat_model_has_its_tier_and_tests_that_are_there() {
    let known = Known::of_the_tree();
    let document = file("docs/security.md");
    let rows: Vec<Vec<&str>> = document
        .lines()
        .skip_while(|line| !line.starts_with("## Controls"))
        .filter(|line| line.starts_with("| ") && !line.starts_with("| control"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 20, "{rows:#?}");
    let mut tiers = BTreeSet::new();
    let mut complaints = Vec::new();
    for row in rows {
        let [control, against, tier, tests] = row[..] else { panic!("no row of four: {row:?}") };
        assert!(!control.is_empty() && !against.is_empty(), "{row:?}");
        tiers.insert(tier);
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            complaints.push(format!("{control}: no test"));
        }
        complaints.extend(names.iter().filter_map(|name| known.find(name).err()));
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    assert_eq!(tiers, BTreeSet::from(["enforced", "partial", "unsupported"]));
}

#[test]
fn a_test_that_is_not_there_or_not_clear_is_told() {
    let known = Known::of_the_tree();
    assert!(known.find("a_test_that_nobody_has_written").unwrap_err().contains("there is no test"));
    assert!(known.find("what_a_person_closed_stays_closed").unwrap_err().contains("more than one"));
    assert_eq!(
        known.find("analyze::what_a_person_closed_stays_closed").unwrap(),
        "analyze::what_a_person_closed_stays_closed"
    );
}
