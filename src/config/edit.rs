//! One more repository in the text of a configuration, without a change to anything else in it: comments, order, values and line ends
//! stay. Every result is read again and compared; what cannot be proven is refused.

use crate::text::yaml::{self, Place, Value};

#[cfg(test)]
mod tests;

/// Why a text was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the repository cannot be added without touching other lines: {why}")]
pub struct CannotEdit {
    /// Why not.
    pub why: String,
}

/// Adds an entry (a YAML list of one map, dash in the first column, comments allowed) to the top-level list `repos` of a configuration.
///
/// # Errors
///
/// [`CannotEdit`] when no way was found after which everything else reads as before.
pub fn with_repository(text: &str, entry: &str) -> Result<String, CannotEdit> {
    let refuse = |why: &str| CannotEdit { why: why.to_owned() };
    let before = parse(text).map_err(|error| CannotEdit { why: error })?;
    let wanted = match parse(entry) {
        Ok(Value::Sequence(items)) if items.len() == 1 => items.into_iter().next(),
        _ => None,
    };
    let wanted = wanted.ok_or_else(|| refuse("the new entry is not one map"))?;
    if !matches!(before, Value::Mapping(_) | Value::Null) {
        return Err(refuse("the file is not a map of keys"));
    }
    let is_proven = |candidate: &String| {
        parse(candidate).is_ok_and(|after| is_one_more(&before, &after, &wanted))
    };
    let entry = Entry { text: entry, value: &wanted };
    candidates(text, &before, &entry)
        .into_iter()
        .map(|candidate| with_line_ends_of(text, &candidate))
        .find(is_proven)
        .ok_or_else(|| refuse("its list `repos` is written in a way that is not understood"))
}

/// The entry as it is to be read, and as it is written.
struct Entry<'a> {
    text: &'a str,
    value: &'a Value,
}

fn parse(text: &str) -> Result<Value, String> {
    let place = Place { file: "the configuration", first_line: 1 };
    yaml::parse::<Value>(text, &place).map_err(|error| error.to_string())
}

/// Whether a text says what another one says and, at the end of `repos`, the new entry.
fn is_one_more(before: &Value, after: &Value, wanted: &Value) -> bool {
    let Value::Mapping(after) = after else { return false };
    let mut rest = after.clone();
    let Some(Value::Sequence(mut repos)) = rest.remove("repos") else { return false };
    if repos.pop().as_ref() != Some(wanted) {
        return false;
    }
    let mut known = match before {
        Value::Mapping(map) => map.clone(),
        _ => yaml::Mapping::new(),
    };
    let old_repos = match known.remove("repos") {
        Some(Value::Sequence(items)) => items,
        Some(Value::Null) | None => Vec::new(),
        Some(_) => return false,
    };
    known == rest && old_repos == repos && is_same_order(&known, &rest)
}

fn is_same_order(one: &yaml::Mapping, other: &yaml::Mapping) -> bool {
    one.keys().eq(other.keys())
}

/// The texts that may be what is wanted, the nicest first.
fn candidates(text: &str, before: &Value, entry: &Entry<'_>) -> Vec<String> {
    let Some(key_row) = yaml::key_line(text, &["repos"]).map(|line| line - 1) else {
        return at_the_end(text, entry);
    };
    let rows: Vec<&str> = text.lines().collect();
    match before.get("repos") {
        Some(Value::Sequence(items)) if !items.is_empty() => {
            let last = (items.len() - 1).to_string();
            let row = yaml::key_line(text, &["repos", &last]).map_or(key_row, |line| line - 1);
            let mut all = Vec::from_iter(behind_the_last(&rows, key_row, row, entry));
            all.extend(inside_brackets(&rows, key_row, entry));
            all
        }
        _ => instead_of_nothing(&rows, key_row, entry),
    }
}

/// `repos:` as a further key, with a blank line before it where that changes nothing.
fn at_the_end(text: &str, entry: &Entry<'_>) -> Vec<String> {
    let body = text.strip_suffix('\n').map_or(text, |text| text.trim_end_matches('\n'));
    let (body, end) = match body.strip_suffix("\n...") {
        Some(body) => (body, "...\n"),
        None => (body, ""),
    };
    let block = format!("repos:\n{}{end}", entry.text);
    if body.trim().is_empty() {
        return vec![block];
    }
    ["\n\n", "\n"].map(|between| format!("{body}{between}{block}")).into()
}

/// Below the last entry of a list of lines, and below the comments that belong to it.
fn behind_the_last(
    rows: &[&str],
    key_row: usize,
    item_row: usize,
    entry: &Entry<'_>,
) -> Option<String> {
    let dash_row = (key_row + 1..=item_row)
        .rev()
        .find(|row| rows.get(*row).is_some_and(|text| text.trim_start().starts_with('-')))?;
    let indent = indent_of(rows.get(dash_row)?);
    let mut end = dash_row + 1;
    for (row, text) in rows.iter().enumerate().skip(dash_row + 1) {
        if text.trim().is_empty() {
            continue;
        }
        if indent_of(text) <= indent {
            break;
        }
        end = row + 1;
    }
    let shift = " ".repeat(indent);
    let has_gaps = dash_row
        .checked_sub(1)
        .filter(|row| *row > key_row)
        .and_then(|row| rows.get(row))
        .is_some_and(|text| text.trim().is_empty());
    let gap = if has_gaps { "\n" } else { "" };
    let added: String = entry.text.lines().map(|line| indented(&shift, line)).collect();
    Some(format!("{}{gap}{added}{}", joined(rows.get(..end)?), joined(rows.get(end..)?)))
}

/// Before the bracket that closes a list in brackets.
fn inside_brackets(rows: &[&str], key_row: usize, entry: &Entry<'_>) -> Vec<String> {
    let Ok(short) = serde_json::to_string(entry.value) else { return Vec::new() };
    let before: usize = rows.iter().take(key_row).map(|row| row.len() + 1).sum();
    let text = joined(rows);
    let Some((head, tail)) = text.split_at_checked(before) else { return Vec::new() };
    let at: Vec<usize> = tail.match_indices(']').map(|(at, _)| at).take(64).collect();
    let closes = |at: usize| {
        let (inside, behind) = tail.split_at_checked(at)?;
        let comma = if inside.trim_end().ends_with(',') { " " } else { ", " };
        Some(format!("{head}{}{comma}{short}{behind}", inside.trim_end()))
    };
    at.into_iter().filter_map(closes).collect()
}

/// Where `repos` is empty: below its key, without the brackets that said so.
fn instead_of_nothing(rows: &[&str], key_row: usize, entry: &Entry<'_>) -> Vec<String> {
    let (Some(above), Some(row), Some(below)) =
        (rows.get(..key_row), rows.get(key_row), rows.get(key_row + 1..))
    else {
        return Vec::new();
    };
    let with = |key: &str| format!("{}{key}\n{}{}", joined(above), entry.text, joined(below));
    let Some((key, behind)) = row.split_once(':') else { return Vec::new() };
    let comment = behind.find(" #").and_then(|at| behind.get(at..)).unwrap_or_default();
    vec![with(row), with(&format!("{key}:{comment}"))]
}

fn indent_of(row: &str) -> usize {
    row.len() - row.trim_start_matches(' ').len()
}

fn indented(shift: &str, line: &str) -> String {
    if line.is_empty() { "\n".to_owned() } else { format!("{shift}{line}\n") }
}

fn joined(rows: &[&str]) -> String {
    rows.iter().flat_map(|row| [*row, "\n"]).collect()
}

/// `str::lines` takes both ends of lines for one; here they come back.
fn with_line_ends_of(text: &str, candidate: &str) -> String {
    let plain = candidate.replace("\r\n", "\n");
    if text.contains("\r\n") { plain.replace('\n', "\r\n") } else { plain }
}
