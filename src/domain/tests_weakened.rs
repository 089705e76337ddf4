//! Whether a change weakens tests: a pure look at the lines that come and go in test files. Conservative and by words: it knows how tests
//! of many languages look, and holds what takes tests away; a person who finds that right approves it.

use crate::text::code::{checks_something, skips_a_test, starts_a_test};

/// What happened to a text file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedText {
    /// Its path; for a deleted one, the path it had.
    pub path: String,
    /// The path before, where it was renamed.
    pub was: Option<String>,
    /// Whether it is gone.
    pub is_deleted: bool,
    /// Lines that came.
    pub added: Vec<String>,
    /// Lines that went.
    pub removed: Vec<String>,
}

/// Folders whose files are tests, in the languages that agents are asked to write.
const FOLDERS: [&str; 7] = ["test", "tests", "spec", "specs", "__tests__", "e2e", "cypress"];

/// Folders of test data below which nothing is a test.
const DATA: [&str; 6] = ["fixtures", "testdata", "data", "snapshots", "__snapshots__", "mocks"];

/// Whether a path is one of tests, by the conventions of many languages.
pub fn is_test(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let Some((name, folders)) = parts.split_last() else { return false };
    if folders.iter().any(|folder| DATA.contains(folder)) {
        return false;
    }
    let stem = name.split('.').next().unwrap_or_default();
    let lower = name.to_lowercase();
    folders.iter().any(|folder| FOLDERS.contains(folder))
        || [".test.", ".spec.", ".cy.", "_test.", "_tests.", "_spec."]
            .iter()
            .any(|end| lower.contains(end))
        || lower.starts_with("test_")
        || lower.starts_with("test.")
        || lower.starts_with("tests.")
        || lower == "conftest.py"
        || ["Test", "Tests", "Spec", "TestCase"]
            .iter()
            .any(|end| stem.ends_with(end) && stem != *end)
}

/// How many lines of a kind come and how many go.
fn counts(file: &ChangedText, is_such: fn(&str) -> bool) -> (usize, usize) {
    let count = |lines: &[String]| lines.iter().filter(|line| is_such(line)).count();
    (count(&file.added), count(&file.removed))
}

/// How a change weakens tests, with the file, if it does: a test file is gone or is none any more, tests or assertions are fewer than
/// before, or one that was run is skipped now. In files of code with tests inside (Rust) the markers and tests are looked at as well.
pub fn weakened(files: &[ChangedText]) -> Option<String> {
    let moved =
        |file: &&ChangedText| file.was.as_deref().is_some_and(is_test) && !is_test(&file.path);
    if let Some(file) = files.iter().find(|file| file.is_deleted && is_test(&file.path)) {
        return Some(format!("it deletes the test file `{}`", file.path));
    }
    if let Some(file) = files.iter().find(moved) {
        let was = file.was.as_deref().unwrap_or_default();
        return Some(format!("it makes `{}` of the test file `{was}`", file.path));
    }
    files.iter().filter(|file| !file.is_deleted).find_map(weakened_in)
}

fn weakened_in(file: &ChangedText) -> Option<String> {
    let path = &file.path;
    let is_test = is_test(path);
    if !is_test && !may_hold_tests(path) {
        return None;
    }
    // A marker that only moves from line to line is not new.
    let (came, went) = counts(file, skips_a_test);
    if came > went {
        return Some(format!(
            "it skips tests in `{path}`: {came} lines that skip or narrow tests come, {went} go"
        ));
    }
    let (came, went) = counts(file, starts_a_test);
    if came < went {
        return Some(format!("it has fewer tests in `{path}`: {went} go, {came} come"));
    }
    let (came, went) = counts(file, checks_something);
    (is_test && came < went).then(|| {
        format!("it has fewer assertions in `{path}`: {went} lines with one go, {came} come")
    })
}

/// Whether files of this language hold their tests beside the code.
fn may_hold_tests(path: &str) -> bool {
    [".rs", ".zig", ".d"].iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
#[path = "tests_weakened_tests.rs"]
mod tests;
