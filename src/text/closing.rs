//! Words that close issues: GitHub closes what a pull request or a commit on the default branch says that it closes, whoever wrote that text.

/// The words, each of which may have a colon behind it.
const KEYWORDS: [&str; 9] =
    ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// The same text, in which no reference to an issue stands behind a word that closes it: its number stands apart.
pub fn closes_nothing(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    let mut is_behind_keyword = false;
    for part in text.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        if is_behind_keyword && let Some(number) = number_of_reference(word) {
            let (before, behind) = part.split_at(number);
            harmless.push_str(before);
            harmless.push(' ');
            harmless.push_str(behind);
        } else {
            harmless.push_str(part);
        }
        if !word.is_empty() {
            let bare = word.trim_matches(|character: char| !character.is_alphanumeric());
            is_behind_keyword = KEYWORDS.iter().any(|keyword| bare.eq_ignore_ascii_case(keyword));
        }
    }
    harmless
}

/// Where the number begins in `#7`, `(GH-7)`, `acme/shop#7` and the address of an issue.
fn number_of_reference(word: &str) -> Option<usize> {
    let lower = word.to_ascii_lowercase();
    let ends = ["#", "gh-", "/issues/", "/pull/"].into_iter().filter_map(|mark| {
        let at = lower.rfind(mark)? + mark.len();
        lower.get(at..)?.starts_with(|character: char| character.is_ascii_digit()).then_some(at)
    });
    ends.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_behind_a_word_that_closes_loses_its_number() {
        for (text, harmless) in [
            ("Fixes #2, closes #3; it is #2.", "Fixes # 2, closes # 3; it is #2."),
            ("fixed: acme/shop#7", "fixed: acme/shop# 7"),
            ("(resolves\nGH-7)", "(resolves\nGH- 7)"),
            ("**Closes**  #7", "**Closes**  # 7"),
            (
                "closes https://github.com/acme/shop/issues/7",
                "closes https://github.com/acme/shop/issues/ 7",
            ),
            ("closes the issue #7", "closes the issue #7"),
            ("It fixes #cart and prefixes #7", "It fixes #cart and prefixes #7"),
            ("", ""),
        ] {
            assert_eq!(closes_nothing(text), harmless);
            assert_eq!(closes_nothing(harmless), harmless, "twice is once");
        }
    }
}
