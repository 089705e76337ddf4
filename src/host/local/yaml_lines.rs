//! Changes of single keys in YAML that people write by hand: their comments, order and quotes of all other lines stay.

use std::ops::Range;

use crate::text::yaml::{self, Mapping, Place, Value, YamlError};

/// What is to become of a key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// It is to have this value.
    Set(&'static str, Value),
    /// It is to be gone.
    Remove(&'static str),
}

impl Change {
    /// Makes a key hold a text.
    pub(super) fn text(key: &'static str, text: impl Into<String>) -> Self {
        Self::Set(key, Value::String(text.into()))
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Set(key, _) | Self::Remove(key) => key,
        }
    }
}

/// Finds a key as the person spelled it, whatever its letter case.
pub(super) fn spelled(keys: &Mapping, name: &str) -> Option<String> {
    if keys.contains_key(name) {
        return Some(name.to_owned());
    }
    keys.keys()
        .filter_map(Value::as_str)
        .find(|key| key.eq_ignore_ascii_case(name))
        .map(str::to_owned)
}

/// Finds the line, counted from zero, on which a key of the top level stands.
pub(super) fn line_of(yaml: &str, key: &str) -> Option<usize> {
    yaml.lines().position(|line| is_key_line(line, key))
}

/// Applies changes to a YAML map and its text.
///
/// Lines are changed one by one where the result then reads as it should; else the whole map is written anew.
///
/// # Errors
///
/// When the map cannot be written as YAML.
pub(super) fn apply(yaml: &str, keys: &Mapping, changes: &[Change]) -> Result<String, YamlError> {
    let mut wanted = keys.clone();
    let mut lines = yaml.to_owned();
    for change in changes {
        let key = spelled(&wanted, change.key()).unwrap_or_else(|| change.key().to_owned());
        let written = match change {
            Change::Set(_, value) => {
                wanted.insert(Value::String(key.clone()), value.clone());
                let one: Mapping =
                    [(Value::String(key.clone()), value.clone())].into_iter().collect();
                yaml::render(&one)?
            }
            Change::Remove(_) => {
                wanted.shift_remove(key.as_str());
                String::new()
            }
        };
        lines = with_lines(&lines, &key, &written);
    }
    let place = Place { file: "front matter", first_line: 1 };
    match yaml::parse::<Mapping>(&lines, &place) {
        Ok(read) if read == wanted => Ok(lines),
        // Quoted keys, flow style or anchors: no line stands for itself there.
        _ => yaml::render(&wanted),
    }
}

/// Puts `written` in the place of a key's lines, or at the end where there are none.
fn with_lines(yaml: &str, key: &str, written: &str) -> String {
    let line_break = if yaml.contains("\r\n") { "\r\n" } else { "\n" };
    let mut written = written.trim_end().replace('\n', line_break);
    if !written.is_empty() {
        written.push_str(line_break);
    }
    let range = lines_of(yaml, key).unwrap_or(yaml.len()..yaml.len());
    let before = yaml.get(..range.start).unwrap_or_default();
    let behind = yaml.get(range.end..).unwrap_or_default();
    let missing = if before.is_empty() || before.ends_with('\n') { "" } else { line_break };
    format!("{before}{missing}{written}{behind}")
}

/// Finds the bytes of a key's line and of the lines that carry on its value.
fn lines_of(yaml: &str, key: &str) -> Option<Range<usize>> {
    let mut found: Option<Range<usize>> = None;
    let mut offset = 0;
    for line in yaml.split_inclusive('\n') {
        let end = offset + line.len();
        match &mut found {
            None if is_key_line(line, key) => found = Some(offset..end),
            Some(range) if line.starts_with([' ', '\t', '-']) && !line.trim().is_empty() => {
                range.end = end;
            }
            // A blank line may stand inside a value; it is taken only when the value goes on behind it.
            Some(_) if line.trim().is_empty() => {}
            Some(_) => break,
            None => {}
        }
        offset = end;
    }
    found
}

fn is_key_line(line: &str, key: &str) -> bool {
    line.strip_prefix(key)
        .and_then(|rest| rest.trim_start_matches([' ', '\t']).strip_prefix(':'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(yaml: &str, changes: &[Change]) -> String {
        let keys = yaml::parse(yaml, &Place { file: "test", first_line: 1 }).unwrap();
        apply(yaml, &keys, changes).unwrap()
    }

    #[test]
    fn a_change_leaves_every_other_line_as_it_was_written() {
        let yaml = "# mine\ntitle:   'Add a cart'  # short\nstatus: Ready\nweight: 1.50\n";
        assert_eq!(
            applied(yaml, &[Change::text("status", "Done"), Change::text("state", "closed")]),
            "# mine\ntitle:   'Add a cart'  # short\nstatus: Done\nweight: 1.50\nstate: closed\n"
        );
    }

    #[test]
    fn a_value_of_several_lines_goes_as_a_whole() {
        for labels in ["labels:\n- a\n- b\n", "labels:\n  - a\n\n  - b\n", "labels: [a,\n  b]\n"] {
            let yaml = format!("title: x\n{labels}\n# end\nz: 1\n");
            assert_eq!(
                applied(&yaml, &[Change::Remove("labels")]).replace("\n\n", "\n"),
                "title: x\n# end\nz: 1\n"
            );
        }
    }

    #[test]
    fn line_breaks_stay_as_the_person_has_them() {
        assert_eq!(
            applied("title: x\r\nstate: open\r\n", &[Change::text("state", "closed")]),
            "title: x\r\nstate: closed\r\n"
        );
        assert_eq!(
            applied("title: x", &[Change::text("state", "open")]),
            "title: x\nstate: open\n"
        );
    }

    #[test]
    fn keys_that_are_spelled_otherwise_are_the_same_keys() {
        assert_eq!(applied("Status: Ready\n", &[Change::text("status", "Done")]), "Status: Done\n");
    }

    #[test]
    fn where_no_line_stands_for_itself_the_map_is_written_anew() {
        let changes = [Change::text("b", "y")];
        let place = Place { file: "test", first_line: 1 };
        for yaml in [
            "{a: 1, b: x}\n",
            "\"b\": x\na: 1\n",
            "a: |\n  text\nb: x\n",
            "a: \"x\nb: y\"\n",
            "a: 'x\nb: z\nend'\n",
        ] {
            let mut wanted: Mapping = yaml::parse(yaml, &place).unwrap();
            wanted.insert("b".into(), "y".into());
            let written = applied(yaml, &changes);
            assert_eq!(yaml::parse::<Mapping>(&written, &place).unwrap(), wanted, "{yaml}");
        }
    }

    #[test]
    fn nothing_becomes_a_map_with_one_key() {
        assert_eq!(applied("", &[Change::text("state", "open")]), "state: open\n");
    }
}
