//! Words of a shell command inside a crontab, where a percent sign is a line break and a backslash may be eaten on the way. Pure.

/// Writes a word so that cron and a shell behind it read it as it is.
///
/// Cron looks at percent signs and backslashes before the shell does, inside quotes too, and not every cron does the same with a doubled
/// backslash. So a percent sign stands outside quotes behind a backslash, and no two backslashes stand together.
pub fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@:,./+=-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut quoted = String::from("'");
    for character in word.chars() {
        match character {
            '\'' => quoted.push_str(r"'\''"),
            '%' => quoted.push_str(r"'\%'"),
            '\\' => quoted.push_str(r"\''"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// The words of a line's command as the shell behind cron sees them; what follows a bare percent sign is the command's input.
pub fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let command = as_cron_passes_it(command);
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        let escapes = quote.is_none()
            || (quote == Some('"') && characters.peek().is_some_and(|c| "\"\\$`".contains(*c)));
        match (quote, character) {
            (Some(mark), c) if c == mark => quote = None,
            (_, '\\') if escapes => word.get_or_insert_default().extend(characters.next()),
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Up to the first bare percent sign, the others without their backslash.
fn as_cron_passes_it(command: &str) -> String {
    let mut passed = String::new();
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '%' => break,
            '\\' if characters.peek() == Some(&'%') => passed.extend(characters.next()),
            '\\' => {
                passed.push('\\');
                passed.extend(characters.next());
            }
            other => passed.push(other),
        }
    }
    passed
}

/// Whether a crontab and a unit file can carry a path: they have no way to write a line break.
pub fn can_be_carried(path: &str) -> bool {
    !path.is_empty() && !path.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_quoted_where_they_must_be() {
        for (word, quoted) in [
            ("/srv/agents/bin/run_tick.sh", "/srv/agents/bin/run_tick.sh"),
            ("/home/me/my agents", "'/home/me/my agents'"),
            ("it's", r"'it'\''s'"),
            ("100%", r"'100'\%''"),
            (r"a\\b", r"'a\''\''b'"),
            ("$HOME;ls", "'$HOME;ls'"),
            ("", "''"),
        ] {
            assert_eq!(quote(word), quoted, "{word}");
        }
    }

    #[test]
    fn a_command_is_split_as_the_shell_does() {
        let split_up = |text: &str| split(text).join("|");
        assert_eq!(split_up(r#"run "a b" 'c d' e\ f"#), "run|a b|c d|e f");
        assert_eq!(split_up(r"date +\%F 2>> log"), "date|+%F|2>>|log");
        assert_eq!(split_up("mail me%Dear me,%hello"), "mail|me");
        assert_eq!(split_up(r#""a \"b\" \n""#), r#"a "b" \n"#);
        assert_eq!(split_up("  'never closed"), "never closed");
        assert_eq!(split_up(""), "");
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(words in proptest::collection::vec("[ -~ä%\\\\']{0,12}", 1..4)) {
            let line = words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(split(&line), words);
            prop_assert!(!line.contains(r"\\"), "{}", line);
        }
    }
}
