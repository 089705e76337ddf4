//! Secrets in what is about to become public: the lines that a change adds, searched before anything is committed or pushed. Pure. What is
//! reported is where a secret stands and of which kind it is, never the secret.

use std::fmt;

use crate::text::clean;
use crate::text::redact::Redactor;

/// The lines that a change adds to one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddedLines {
    /// Path from the root of the repository.
    pub path: String,
    /// Number in the new file, from 1, and text.
    pub lines: Vec<(u32, String)>,
}

/// A place where a secret would be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The file; with its own secrets covered, where its name holds one.
    pub path: String,
    /// The line; nothing when the name of the file holds it.
    pub line: Option<u32>,
    /// What it is.
    pub kind: &'static str,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", clean::one_line(&self.path, 120))?;
        match self.line {
            Some(line) => write!(f, " line {line} ({})", self.kind),
            None => write!(f, " by its name ({})", self.kind),
        }
    }
}

/// Every place where a change publishes a secret: a known value in any encoding, a token of a known form, a private key, or a long random
/// value that is given to a key whose name says what it is. Short passwords that only a name gives away are left to the reviewer: examples
/// and tests are full of them.
pub fn scan(added: &[AddedLines], redactor: &Redactor) -> Vec<Leak> {
    let mut leaks = Vec::new();
    for file in added {
        let path = redactor.redact(&file.path);
        let mut push = |line: Option<u32>, kind| {
            let leak = Leak { path: path.clone(), line, kind };
            if !leaks.contains(&leak) {
                leaks.push(leak);
            }
        };
        for found in redactor.find(&file.path).into_iter().filter(|found| found.sure) {
            push(None, found.kind);
        }
        // The lines together, since a key may go over several.
        let mut text = String::new();
        let mut begins = Vec::with_capacity(file.lines.len());
        for (number, line) in &file.lines {
            begins.push((text.len(), *number));
            text.push_str(line);
            text.push('\n');
        }
        for found in redactor.find(&text).into_iter().filter(|found| found.sure) {
            let position = begins.partition_point(|(begin, _)| *begin <= found.range.start);
            let line = begins.get(position.saturating_sub(1)).map(|(_, number)| *number);
            push(line, found.kind);
        }
    }
    leaks
}

/// The reason for which a change with secrets is not pushed: the first places, and what a person can do.
pub fn reason(leaks: &[Leak]) -> String {
    const SHOWN: usize = 3;
    let places: Vec<String> = leaks.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = leaks.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "a secret would be published, so nothing was pushed: {}{more}; the work is kept in the worktree",
        places.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(path: &str, first: u32, lines: &[&str]) -> AddedLines {
        let lines = (first..).zip(lines.iter().map(ToString::to_string)).collect();
        AddedLines { path: path.to_owned(), lines }
    }

    /// Put together here so that no scanner takes this file for a leak.
    fn token() -> String {
        format!("gh{}_{}", 'p', "aB3xK9mQ7wZ1pL5vN8tR2yC4dF6gH0jSaB3x")
    }

    fn found(added: &[AddedLines]) -> Vec<String> {
        scan(added, &Redactor::new(["hunter2-hunter2".to_owned()]))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn file_line_and_kind_are_named_and_never_the_value() {
        let line = format!("let token = \"{}\";", token());
        let leaks = found(&[
            added("a.txt", 1, &["nothing here"]),
            added("src/x.rs", 40, &["fn x() {", &line, "}"]),
        ]);
        assert_eq!(leaks, ["`src/x.rs` line 41 (GitHub token)"]);
    }

    #[test]
    fn known_values_are_found_in_any_encoding() {
        for (text, kind) in [
            ("hunter2-hunter2", "known secret"),
            ("aHVudGVyMi1odW50ZXIy", "known secret"),
            ("x hunter2%2Dhunter2", "encoded secret"),
        ] {
            assert_eq!(found(&[added("x", 7, &[text])]), [format!("`x` line 7 ({kind})")]);
        }
    }

    #[test]
    fn a_private_key_over_several_lines_is_one_leak() {
        let (begin, end) = ("-----BEGIN PRIVATE", "-----END PRIVATE");
        let lines = [
            "x",
            &format!("{begin} KEY-----"),
            "TUlJRXZRSUJBREFOQmdrcWhraUc5",
            &format!("{end} KEY-----"),
        ];
        assert_eq!(found(&[added("key.pem", 1, &lines)]), ["`key.pem` line 2 (private key)"]);
    }

    #[test]
    fn a_secret_in_the_name_of_a_file_is_one() {
        let leaks = found(&[added(&format!("notes/{}.txt", token()), 1, &["x"])]);
        assert_eq!(leaks, ["`notes/[redacted].txt` by its name (GitHub token)"]);
    }

    #[test]
    fn what_only_its_name_gives_away_needs_to_look_like_a_key() {
        let none: [&str; 0] = [];
        for line in
            ["password = \"hunter2\"", "postgres://shop:shop@localhost/shop", "token: string"]
        {
            assert_eq!(found(&[added("compose.yaml", 1, &[line])]), none, "{line}");
        }
        let key = "9fK2mQ7wZ1pL5vN8tR2yC4dF6gH0jSaB3xK1";
        let leaks = found(&[added("config.yaml", 3, &[&format!("api_key: {key}")])]);
        assert_eq!(leaks.len(), 1, "{leaks:?}");
    }

    #[test]
    fn the_reason_names_three_places_and_counts_the_rest() {
        let leak = |line| Leak { path: "a".to_owned(), line: Some(line), kind: "private key" };
        let leaks: Vec<Leak> = (1..=5).map(leak).collect();
        let reason = reason(&leaks);
        assert!(reason.contains("`a` line 1 (private key), `a` line 2"), "{reason}");
        assert!(reason.contains(" and 2 more; "), "{reason}");
    }
}
