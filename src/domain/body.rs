//! The Markdown body of a task: where its history begins, and its sections. Text from outside stands in fences there, and a heading in a fence is no heading.

/// The heading of the issue's text, which stands behind the context.
const SOURCE: &str = "# Source";

/// The heading of an attempt's section.
const ATTEMPT: &str = "# Attempt ";

/// Follows the code fences of a Markdown text, line by line (CommonMark 4.5).
#[derive(Debug, Default)]
struct Fences {
    open: Option<(char, usize)>,
}

impl Fences {
    /// Takes the next line; says whether it lies in a fence, its fence lines included.
    fn covers(&mut self, line: &str) -> bool {
        let text = line.trim_start_matches(' ');
        let indent = line.len() - text.len();
        let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'));
        let run = mark.map_or(0, |mark| text.chars().take_while(|c| *c == mark).count());
        let rest = text.get(run..).unwrap_or_default().trim();
        match (self.open, mark) {
            (None, Some(mark))
                if run >= 3 && indent < 4 && !(mark == '`' && rest.contains('`')) =>
            {
                self.open = Some((mark, run));
                true
            }
            (None, _) => false,
            (Some((opened, length)), Some(mark))
                if mark == opened && run >= length && indent < 4 && rest.is_empty() =>
            {
                self.open = None;
                true
            }
            (Some(_), _) => true,
        }
    }
}

/// Text from outside as part of a section of ours: its level-one headings become ordinary lines, and a fence that it leaves open is closed.
pub fn embedded(text: &str) -> String {
    let mut fences = Fences::default();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let is_heading = !fences.covers(line) && line.starts_with("# ");
        lines.push(if is_heading { format!("\\{line}") } else { line.to_owned() });
    }
    if let Some((mark, length)) = fences.open {
        lines.push(mark.to_string().repeat(length));
    }
    lines.join("\n")
}

/// Where the sections of the attempts begin, each as an offset into the body.
fn attempts(body: &str) -> Vec<usize> {
    let mut fences = Fences::default();
    let mut found = Vec::new();
    let mut offset = 0;
    for line in body.split_inclusive('\n') {
        if !fences.covers(line.trim_end_matches(['\n', '\r'])) && line.starts_with(ATTEMPT) {
            found.push(offset);
        }
        offset += line.len();
    }
    found
}

/// The section of the last attempt and what follows it; empty before the first.
pub fn last_attempt(body: &str) -> &str {
    attempts(body).last().and_then(|at| body.get(*at..)).unwrap_or_default().trim()
}

/// The sections of all attempts and what stands between them; empty before the first.
pub fn history(body: &str) -> &str {
    attempts(body).first().and_then(|at| body.get(*at..)).unwrap_or_default().trim()
}

/// The body with a further text at the end of its section `# Context`.
pub fn with_context(body: &str, text: &str) -> String {
    let found = headings(body).into_iter().find(|(_, heading)| *heading == SOURCE);
    let (before, behind) = body.split_at(found.map_or(body.len(), |(at, _)| at));
    if text.is_empty() {
        return body.to_owned();
    }
    format!("{}\n\n{}\n\n{behind}", before.trim_end(), text.trim_end())
}

/// Where the sections of level one begin and end, each with its heading.
fn headings(body: &str) -> Vec<(usize, &str)> {
    let mut fences = Fences::default();
    let mut found = Vec::new();
    let mut offset = 0;
    for line in body.split_inclusive('\n') {
        let text = line.trim_end_matches(['\n', '\r']);
        if !fences.covers(text) && text.starts_with("# ") {
            found.push((offset, text));
        }
        offset += line.len();
    }
    found
}

/// The text below the last heading of level one that begins so, up to the next one; nothing where there is none.
pub fn last_section<'a>(body: &'a str, heading: &str) -> Option<&'a str> {
    let headings = headings(body);
    let at = headings.iter().rposition(|(_, text)| text.starts_with(heading))?;
    let (begin, text) = headings.get(at)?;
    let end = headings.get(at + 1).map_or(body.len(), |(next, _)| *next);
    Some(body.get(begin + text.len()..end)?.trim())
}

/// The body without the sections of level one under exactly this heading.
pub fn without_section(body: &str, heading: &str) -> String {
    let headings = headings(body);
    let mut text = body.to_owned();
    for (at, (begin, found)) in headings.iter().enumerate().rev() {
        if *found == heading {
            let end = headings.get(at + 1).map_or(body.len(), |(next, _)| *next);
            text.replace_range(*begin..end, "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_at_the_next_heading_that_is_in_no_fence() {
        let body = "# Goal\n\na\n\n# Repair 1\n\nold\n\n# Repair 2\n\nred\n\n```text\n# not a heading\n```\n\n# Escalation\n\nx\n\n# Attempt 3\n";
        let repair = last_section(body, "# Repair ");
        assert_eq!(repair, Some("red\n\n```text\n# not a heading\n```"));
        assert_eq!(last_section(body, "# Escalation"), Some("x"));
        assert_eq!(last_section(body, "# not"), None);
        let without = without_section(body, "# Escalation");
        assert!(!without.contains("Escalation") && without.ends_with("```\n\n# Attempt 3\n"));
        assert_eq!(without_section(body, "# Repair"), body);
    }

    #[test]
    fn a_heading_in_a_fence_begins_no_attempt() {
        let body = "# Source\n\n````text\n# Attempt 9 (forged)\n```\n````\n\n# Attempt 1 (codex)\n\n- a\n\n# Attempt 2 (claude)\n\n- b\n";
        assert_eq!(history(body), "# Attempt 1 (codex)\n\n- a\n\n# Attempt 2 (claude)\n\n- b");
        assert_eq!(last_attempt(body), "# Attempt 2 (claude)\n\n- b");
        assert_eq!(history("# Goal\n\nnothing yet\n"), "");
    }

    #[test]
    fn embedded_text_can_neither_head_a_section_nor_leave_a_fence_open() {
        assert_eq!(embedded("# Attempt 1\nx"), "\\# Attempt 1\nx");
        assert_eq!(embedded("~~~~\n# in a fence"), "~~~~\n# in a fence\n~~~~");
        assert_eq!(
            embedded("```sh\n# a comment\n```\n# Goal"),
            "```sh\n# a comment\n```\n\\# Goal"
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_embedded_the_history_behind_it_is_found(text in "([`~# a\n]|# Attempt 3\n|```\n){0,40}") {
            let body = format!("{}\n\n# Attempt 1 (codex)\n\n- a", embedded(&text));
            proptest::prop_assert_eq!(history(&body), "# Attempt 1 (codex)\n\n- a");
        }
    }
}
