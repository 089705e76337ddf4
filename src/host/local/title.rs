//! The title of a file in which nobody wrote a `title:`: its first line or heading.

use super::values::one_line;

/// A longer first line is a paragraph: it is cut in the title and stays whole in the text.
const MAX_TITLE_CHARS: usize = 120;

/// A title found in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// The title, on one line.
    pub(super) title: String,
    /// The text without it.
    pub(super) body: &'a str,
}

/// Takes the title from a text without one of its own; nothing when there are no words in it.
///
/// A first line or a `# Heading` is the title and no longer part of the text. A deeper heading is a section, so the first line below it
/// names the issue and the text stays whole.
pub(super) fn find(text: &str) -> Option<Found<'_>> {
    let mut rest = text;
    while !rest.is_empty() {
        let (line, behind) = first_line(rest);
        let words = line.trim();
        if words.starts_with("##") {
            return in_sections(rest).map(|title| Found { title, body: text });
        }
        let title = undecorated(words);
        if !title.is_empty() {
            let cut = shortened(&title);
            let body = if cut == title { behind.trim_start_matches(['\r', '\n']) } else { text };
            return Some(Found { title: cut, body });
        }
        rest = behind;
    }
    None
}

fn in_sections(text: &str) -> Option<String> {
    let words = |line: &str| Some(undecorated(line.trim())).filter(|words| !words.is_empty());
    let prose = text.lines().filter(|line| !line.trim_start().starts_with('#')).find_map(words);
    prose.or_else(|| text.lines().find_map(words)).map(|title| shortened(&title))
}

fn undecorated(line: &str) -> String {
    let heading = line.trim_start_matches('#');
    let words =
        if heading.len() < line.len() { heading.trim().trim_end_matches('#') } else { line };
    let words = ["- ", "* "].iter().find_map(|bullet| words.strip_prefix(bullet)).unwrap_or(words);
    // A fence, a rule or an underline has no words; a hidden comment has none for people.
    if !words.starts_with("<!--") && words.chars().any(char::is_alphanumeric) {
        one_line(words)
    } else {
        String::new()
    }
}

fn shortened(title: &str) -> String {
    if title.chars().count() <= MAX_TITLE_CHARS {
        return title.to_owned();
    }
    let cut: String = title.chars().take(MAX_TITLE_CHARS - 1).collect();
    format!("{}…", cut.trim_end())
}

fn first_line(text: &str) -> (&str, &str) {
    text.find('\n').and_then(|at| text.split_at_checked(at + 1)).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_or_heading_is_the_title() {
        for (text, title, body) in [
            ("Fix the login", "Fix the login", ""),
            ("# Fix the login #\r\n\r\nIt fails.\r\n", "Fix the login", "It fails.\r\n"),
            ("\n\n  - Fix the login\nIt fails.", "Fix the login", "It fails."),
            ("---\nFix", "Fix", ""),
            ("<!-- one line -->\nFix", "Fix", ""),
        ] {
            assert_eq!(find(text), Some(Found { title: title.to_owned(), body }), "{text:?}");
        }
    }

    #[test]
    fn a_section_is_no_title_but_what_stands_in_it_is() {
        let text = "## Goal\n\nFix the login\n\n## Context\nnone";
        assert_eq!(find(text), Some(Found { title: "Fix the login".to_owned(), body: text }));
        assert_eq!(find("## Goal\n").map(|found| found.title), Some("Goal".to_owned()));
    }

    #[test]
    fn a_paragraph_is_cut_in_the_title_and_whole_in_the_text() {
        let text = "word ".repeat(60);
        let found = find(&text).unwrap();
        assert!(found.title.chars().count() <= MAX_TITLE_CHARS && found.title.ends_with("word…"));
        assert_eq!(found.body, text);
    }

    #[test]
    fn a_text_without_words_has_no_title() {
        assert_eq!(find(""), None);
        assert_eq!(find(" \r\n\n---\n```\n"), None);
    }
}
