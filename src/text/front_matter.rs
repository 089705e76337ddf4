//! YAML between two `---` lines at the head of a file; the body behind it is kept byte for byte.

/// The two parts of a file with front matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'a> {
    /// The YAML, with its last line break; it begins at line 2 of the file.
    pub yaml: &'a str,
    /// Everything behind the second `---` line.
    pub body: &'a str,
}

/// Why a text has no front matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrontMatterError {
    /// The first line is not `---`.
    #[error("the file does not begin with front matter: its first line must be `---`")]
    Missing,
    /// There is no second `---` line.
    #[error("the front matter has no end: a second line `---` is missing")]
    Unterminated,
}

/// Splits a file into front matter and body; a byte order mark, CRLF and spaces behind `---` are taken.
pub fn split(text: &str) -> Result<Document<'_>, FrontMatterError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (first, rest) = first_line(text);
    if !is_marker(first) {
        return Err(FrontMatterError::Missing);
    }
    let mut yaml_length = 0;
    let mut remaining = rest;
    while !remaining.is_empty() {
        let (line, behind) = first_line(remaining);
        if is_marker(line) {
            let yaml = rest.get(..yaml_length).unwrap_or_default();
            return Ok(Document { yaml, body: behind });
        }
        yaml_length += line.len();
        remaining = behind;
    }
    Err(FrontMatterError::Unterminated)
}

/// Puts front matter and body together; the YAML gets a line break at its end if it has none.
///
/// [`split`] gives both back, provided that the YAML has no line `---` (what [`super::yaml::render`] writes never has).
pub fn join(yaml: &str, body: &str) -> String {
    let line_break = if yaml.is_empty() || yaml.ends_with('\n') { "" } else { "\n" };
    format!("---\n{yaml}{line_break}---\n{body}")
}

/// Cuts behind the first line break, which stays with the first part.
fn first_line(text: &str) -> (&str, &str) {
    text.find('\n').and_then(|at| text.split_at_checked(at + 1)).unwrap_or((text, ""))
}

fn is_marker(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_body_comes_back_byte_for_byte() {
        let document = split("---\na: 1\n---\n# Goal\r\n\n---\nx").unwrap();
        assert_eq!(document, Document { yaml: "a: 1\n", body: "# Goal\r\n\n---\nx" });
    }

    #[test]
    fn a_byte_order_mark_crlf_and_trailing_spaces_are_taken() {
        let document = split("\u{feff}--- \r\na: 1\r\n---\t\r\nbody").unwrap();
        assert_eq!(document, Document { yaml: "a: 1\r\n", body: "body" });
    }

    #[test]
    fn empty_parts_are_parts() {
        assert_eq!(split("---\n---").unwrap(), Document { yaml: "", body: "" });
        assert_eq!(split("---\n---\n").unwrap(), Document { yaml: "", body: "" });
    }

    #[test]
    fn a_missing_end_is_not_a_missing_beginning() {
        assert_eq!(split("# Title\n"), Err(FrontMatterError::Missing));
        assert_eq!(split(""), Err(FrontMatterError::Missing));
        assert_eq!(split("----\na\n---\n"), Err(FrontMatterError::Missing));
        assert_eq!(split("---\na: 1\n"), Err(FrontMatterError::Unterminated));
        assert_eq!(split("---"), Err(FrontMatterError::Unterminated));
    }

    proptest! {
        #[test]
        fn joining_and_splitting_gives_both_parts_back(
            yaml in "([a-z]: [^\\r\\n]{0,9}\n){0,4}", body in "(\\PC|\r|\n|-){0,60}"
        ) {
            let text = join(&yaml, &body);
            prop_assert_eq!(split(&text).unwrap(), Document { yaml: &yaml, body: &body });
        }

        #[test]
        fn no_text_makes_it_panic(text in "(---|\u{feff}|\r|\n| |\\PC){0,40}") {
            let _ = split(&text);
        }
    }
}
