//! Free text on the command line. A list of Markdown begins as an option does: `- [ ] mend the cart`.

/// A text that stands by itself, without an option before it: what can only be a mistyped option is none.
pub(super) fn free(text: &str) -> Result<String, String> {
    if is_like_an_option(text) {
        return Err(
            "there is no such option; a text that is written so goes behind `--title` or `--body`"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// Whether this is written as an option is: hyphens, a letter, and no blank before the value.
fn is_like_an_option(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-') else { return false };
    let name = rest.strip_prefix('-').unwrap_or(rest);
    let name = name.split_once('=').map_or(name, |(name, _)| name);
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command, Issue};

    fn issue(words: &[&str]) -> Result<Issue, clap::Error> {
        let words = ["agentos", "issue"].iter().chain(words).copied();
        match Cli::try_parse_from(words)?.command {
            Command::Issue(issue) => Ok(issue),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_may_begin_as_an_option_does_and_options_behind_it_are_still_options() {
        for text in ["- item", "- [ ] task", "---\ntitle: x\n---", "-1 for this", "--", "-v is odd"]
        {
            let Ok(Issue::Create(new)) = issue(&["create", "T", "--body", text, "--ready"]) else {
                panic!("{text}");
            };
            assert_eq!((new.body.as_deref(), new.ready), (Some(text), true));
            let Ok(Issue::Create(new)) = issue(&["create", "--title", text, "--repo", "x"]) else {
                panic!("{text}");
            };
            assert_eq!(
                (new.title_option.as_deref(), new.repo.repo.as_deref()),
                (Some(text), Some("x"))
            );
        }
        for text in ["- yes", "- [ ] task", "---\nyes", "-1 for this", "-v is odd", "-"] {
            let Ok(Issue::Create(new)) = issue(&["create", text, "--ready", "--label", "a"]) else {
                panic!("{text}");
            };
            assert_eq!((new.title.as_deref(), new.ready), (Some(text), true));
            let Ok(Issue::Comment { on, text: said, .. }) =
                issue(&["comment", "1", text, "--repo", "x"])
            else {
                panic!("{text}");
            };
            assert_eq!((said.as_deref(), on.repo.repo.as_deref()), (Some(text), Some("x")));
            let Ok(Issue::Comment { on, text: said, .. }) =
                issue(&["comment", "--repo", "x", "1", text])
            else {
                panic!("{text}");
            };
            assert_eq!((said.as_deref(), on.number.as_str()), (Some(text), "1"));
        }
    }

    #[test]
    fn a_mistyped_option_is_no_text() {
        for words in [
            &["create", "--redy"][..],
            &["create", "T", "--redy"],
            &["create", "-x"],
            &["comment", "1", "--boddy=hello"],
            &["comment", "1", "hello", "--boddy=hello"],
        ] {
            assert!(issue(words).is_err(), "{words:?}");
        }
    }
}
