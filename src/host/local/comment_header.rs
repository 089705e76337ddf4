//! The lines that part comments: `## <author> · <RFC 3339>`, which a person can write as well, with an id behind it where we wrote it.

use jiff::Timestamp;

use super::issue_file::SOMEBODY;
use super::values::{self, one_line};

/// The line that ends a comment with an id, so that what a person appends is theirs and not ours.
pub(super) const END: &str = "<!-- agentos:end -->";

const ID_OPENING: &str = "<!-- agentos:comment ";
const ID_CLOSING: &str = " -->";

/// What parts author and moment; the first one is written, all are read.
const SEPARATORS: [&str; 5] = [" · ", " — ", " – ", " - ", " | "];

/// The head of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) author: String,
    pub(super) moment: Timestamp,
    pub(super) id: Option<u64>,
}

impl Header {
    /// Reads a line, if it is a header.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let rest = line.trim_end().strip_prefix("## ")?;
        let (rest, id) = match rest.split_once(ID_OPENING) {
            Some((rest, marker)) => (rest, marker.strip_suffix(ID_CLOSING)?.parse().ok()),
            None => (rest, None),
        };
        SEPARATORS.iter().find_map(|separator| {
            let (author, moment) = rest.rsplit_once(separator)?;
            let (author, moment) = (author.trim(), values::moment(moment)?);
            (!author.is_empty()).then(|| Self { author: author.to_owned(), moment, id })
        })
    }

    /// Writes the line, without a line break.
    pub(super) fn render(&self) -> String {
        let id = self.id.map_or_else(String::new, |id| format!(" {ID_OPENING}{id}{ID_CLOSING}"));
        format!("## {} · {}{id}", self.author, self.moment)
    }
}

/// Makes a name that a header can carry: one line, no HTML, and somebody's.
pub(super) fn author_name(name: &str) -> String {
    let name = one_line(&name.replace(['<', '>'], ""));
    if name.is_empty() { SOMEBODY.to_owned() } else { name }
}

/// Whether a line parts comments.
fn is_delimiter(line: &str) -> bool {
    line.trim_end() == END || Header::parse(line).is_some()
}

/// Makes a text that has no delimiters: lines that look like one get a backslash, which Markdown does not show.
pub(super) fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // Lines that would be unescaped are escaped too: so every text comes back as it was.
        if is_delimiter(line.trim_start_matches('\\')) {
            result.push('\\');
        }
        result.push_str(line);
    }
    result
}

/// Takes back what [`escaped`] did.
pub(super) fn unescaped(text: &str) -> String {
    let plain = |line| match str::strip_prefix(line, '\\') {
        Some(rest) if is_delimiter(rest.trim_start_matches('\\')) => rest,
        _ => line,
    };
    text.split_inclusive('\n').map(plain).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_header_is_read_as_a_person_would_write_it() {
        let moment: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        for line in [
            "## ann · 2026-11-20T09:00:00Z",
            "## ann - 2026-11-20 09:00\r\n",
            "## ann — 2026-11-20T10:00:00+01:00  ",
        ] {
            let header = Header { author: "ann".to_owned(), moment, id: None };
            assert_eq!(Header::parse(line), Some(header), "{line}");
        }
        for line in [
            "## ann",
            "## Plan · later",
            "# ann · 2026-11-20",
            " ## ann · 2026-11-20",
            "##  · 2026-11-20",
            "",
        ] {
            assert_eq!(Header::parse(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let moment: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        for author in ["agentos", "a · b", "Ann - Bob"] {
            let header = Header { author: author.to_owned(), moment, id: Some(42_000_001) };
            assert_eq!(Header::parse(&header.render()), Some(header));
        }
        assert_eq!(author_name("a\n## x <!-- y -->"), "a ## x !-- y --");
        assert_eq!(author_name(" \n"), SOMEBODY);
    }

    proptest! {
        #[test]
        fn every_text_survives_its_escape(
            text in "(\\\\|\n|\r\n|## a · 2026-11-20|## a - 2026-11-20T09:00:00Z <!-- agentos:comment 1 -->|<!-- agentos:end -->| |x){0,12}"
        ) {
            let escape = escaped(&text);
            prop_assert_eq!(unescaped(&escape), text);
            prop_assert!(!escape.lines().any(is_delimiter));
        }
    }
}
