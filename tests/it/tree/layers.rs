//! A module uses lower rows only, and never a sibling in its own row.

use std::collections::BTreeSet;

use super::{assert_none, code_lines, sources};

/// The rows, lowest first. A module that stands nowhere fails the test.
const ROWS: [&[&str]; 7] = [
    &["text"],
    &["domain", "sys"],
    &[
        "config", "mailbox", "journal", "git", "host", "agent", "llm", "prompt", "notify",
        "evidence", "release",
    ],
    &["effects"],
    &["app"],
    &["jobs"],
    &["cli"],
];

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// The top-level modules that code names by `crate::…`, of its row or not; the crash-point macro lives in `sys`.
fn named_modules(text: &str) -> BTreeSet<String> {
    let lines: Vec<&str> = code_lines(text).map(|(_, line)| line).collect();
    let code = lines.join("\n");
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => found.extend(names_of_group(group)),
            None => found.extend(identifier(after)),
        }
    }
    if found.remove("crash_point") {
        found.insert("sys".to_owned());
    }
    found
}

/// The identifier that a text begins with.
fn identifier(text: &str) -> Option<String> {
    let word: String =
        text.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// The first identifiers of `a::b, c::{d, e}}`, up to the brace that closes the group.
fn names_of_group(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            _ => {}
        }
        if let Some(part) = parts.last_mut().filter(|_| character != ',' || depth > 0) {
            part.push(character);
        }
    }
    parts.iter().filter_map(|part| identifier(part)).collect()
}

#[test]
fn a_module_uses_lower_rows_only() {
    let mut complaints = Vec::new();
    for file in sources() {
        let Some(module) = file.module() else { continue };
        let Some(own) = row(module) else {
            complaints.push(format!("{}: `{module}` has no row in {}", file.path, file!()));
            continue;
        };
        for used in named_modules(&file.text) {
            if used != module && row(&used).is_none_or(|used| used >= own) {
                complaints.push(format!("{}: `{module}` must not use `{used}`", file.path));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn groups_and_macros_are_seen_through() {
    let text = "use crate::{a::{b, c}, d};\n// crate::unseen\ncrate::crash_point!(\"x\");\nuse crate::host::X;\n";
    let found = named_modules(text);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "d", "host", "sys"]);
}
