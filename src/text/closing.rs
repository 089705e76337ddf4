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
        let mut rest = 0;
        for number in numbers_of_references(word).into_iter().filter(|_| is_behind_keyword) {
            harmless.push_str(part.get(rest..number).unwrap_or_default());
            harmless.push(' ');
            rest = number;
        }
        harmless.push_str(part.get(rest..).unwrap_or_default());
        if !word.is_empty() {
            let bare = word.trim_matches(|character: char| !character.is_alphanumeric());
            is_behind_keyword = KEYWORDS.iter().any(|keyword| bare.eq_ignore_ascii_case(keyword));
        }
    }
    harmless
}

/// Where the numbers begin in `#7`, `(GH-7)`, `acme/shop#7`, the address of an issue, and several of these without a space between them.
fn numbers_of_references(word: &str) -> Vec<usize> {
    let lower = word.to_ascii_lowercase();
    let is_number = |at: &usize| {
        lower.get(*at..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let ends_of =
        |mark: &'static str| lower.match_indices(mark).map(move |(at, _)| at + mark.len());
    let mut numbers: Vec<usize> = ["#", "gh-", "/issues/", "/pull/"]
        .into_iter()
        .flat_map(ends_of)
        .filter(is_number)
        .collect();
    numbers.sort_unstable();
    numbers
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
            ("fixes #7,#8,acme/shop#9", "fixes # 7,# 8,acme/shop# 9"),
            ("fixes #7,x/issues/9", "fixes # 7,x/issues/ 9"),
            ("closes the issue #7", "closes the issue #7"),
            ("It fixes #cart and prefixes #7", "It fixes #cart and prefixes #7"),
            ("", ""),
        ] {
            assert_eq!(closes_nothing(text), harmless);
            assert_eq!(closes_nothing(harmless), harmless, "twice is once");
        }
    }
}
