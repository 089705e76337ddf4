//! `docs/dependencies.md` and `Cargo.toml` name the same crates with the same features, and the folders are those that a test holds.

use std::collections::BTreeMap;

use super::sources::HOMES;
use super::{assert_none, text_of};

/// A crate as one of the two has it.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    section: &'static str,
    features: Vec<String>,
}

/// The sections of `Cargo.toml` with the headings of the document.
const SECTIONS: [(&str, &str); 2] =
    [("[dependencies]", "## In the program"), ("[dev-dependencies]", "## For tests alone")];

/// The part of `Cargo.toml` for Linux alone, whose crates the document has with the others in the program.
const LINUX: &str = "[target.'cfg(target_os = \"linux\")'.dependencies]";

/// The lines below a heading, up to the next one.
fn below<'a>(text: &'a str, heading: &str, next: &str) -> impl Iterator<Item = &'a str> {
    let heading = heading.to_owned();
    let next = next.to_owned();
    text.lines()
        .skip_while(move |line| *line != heading)
        .skip(1)
        .take_while(move |line| !line.starts_with(&next))
}

/// The quoted words of a list in a line of `Cargo.toml`: `features = ["a", "b"]`.
fn features(line: &str) -> Vec<String> {
    let list = line.split(" features = [").nth(1).and_then(|rest| rest.split(']').next());
    let words = list.unwrap_or_default().split('"').skip(1).step_by(2).map(str::to_owned);
    let defaults = (!line.contains("default-features = false")).then(|| "defaults".to_owned());
    defaults.into_iter().chain(words).collect()
}

fn asked_for() -> BTreeMap<(usize, String), Asked> {
    let manifest = text_of("Cargo.toml");
    let mut found = BTreeMap::new();
    let sections = SECTIONS.into_iter().map(|(section, _)| section).enumerate();
    for (index, section) in sections.chain([(0, LINUX)]) {
        for line in below(&manifest, section, "[") {
            if let Some((name, _)) = line.split_once(" = ") {
                let asked = Asked { section, features: features(line) };
                found.insert((index, name.to_owned()), asked);
            }
        }
    }
    found
}

/// The cells of a row.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// The rows of the document, by section and crate.
fn rows(document: &str) -> BTreeMap<(usize, String), Vec<String>> {
    let mut found = BTreeMap::new();
    for (index, (_, heading)) in SECTIONS.into_iter().enumerate() {
        let rows = below(document, heading, "## ").filter(|line| line.starts_with("| `"));
        for row in rows.map(cells) {
            let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
            found.insert((index, row[0].trim_matches('`').to_owned()), cells);
        }
    }
    found
}

#[test]
fn every_crate_has_its_row_with_its_features_and_there_is_no_other() {
    let document = text_of("docs/dependencies.md");
    let (asked, rows) = (asked_for(), rows(&document));
    assert!(asked.len() > 30, "{asked:?}");
    let mut complaints = Vec::new();
    for (key, asked) in &asked {
        let Some(row) = rows.get(key) else {
            complaints
                .push(format!("docs/dependencies.md: no row for {} of {}", key.1, asked.section));
            continue;
        };
        let nothing = vec!["none".to_owned()];
        let features = if asked.features.is_empty() { &nothing } else { &asked.features };
        let said: Vec<String> =
            row[2].split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
        if said != *features {
            complaints
                .push(format!("docs/dependencies.md: {} has the features {features:?}", key.1));
        }
        if row.len() != 7 || row.iter().any(String::is_empty) || row[5].parse::<u32>().is_err() {
            complaints.push(format!("docs/dependencies.md: the row of {} is not whole", key.1));
        }
    }
    let gone = rows.keys().filter(|key| !asked.contains_key(*key));
    complaints.extend(gone.map(|key| format!("docs/dependencies.md: there is no crate {}", key.1)));
    assert_none(&complaints);
}

#[test]
fn the_folders_of_a_crate_are_those_where_it_may_be_named() {
    let rows = rows(&text_of("docs/dependencies.md"));
    let mut complaints = Vec::new();
    for (name, homes) in HOMES {
        let row =
            rows.iter().find(|((section, of), _)| *section == 0 && of.replace('-', "_") == name);
        let Some((_, row)) = row else {
            complaints.push(format!("docs/dependencies.md: no row for {name}"));
            continue;
        };
        let mut said: Vec<&str> =
            row[3].split(", ").map(|folder| folder.trim_matches('`')).collect();
        let mut homes = homes.to_vec();
        said.sort_unstable();
        homes.sort_unstable();
        if said != homes {
            complaints.push(format!("docs/dependencies.md: {name} may be named in {homes:?}"));
        }
    }
    assert_none(&complaints);
}
