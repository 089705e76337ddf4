//! Identifiers: one type each, made only by validation, so that none can stand in another's place.
//!
//! Everything here may become part of a path, a git reference or an argument of a program, which is why the rules are
//! narrow: no leading dash, no dots that climb, no control characters (`CONTRACT.md` section 3, "Ids").

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a string is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {expected}")]
pub struct BadId {
    value: String,
    expected: &'static str,
}

impl BadId {
    fn new(value: &str, expected: &'static str) -> Self {
        let value: String = value.chars().filter(|c| !c.is_control()).take(80).collect();
        Self { value, expected }
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(value: &str) -> Result<Self, BadId> {
                if $valid(value) {
                    Ok(Self(value.to_owned()))
                } else {
                    Err(BadId::new(value, $expected))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;

            fn try_from(value: String) -> Result<Self, BadId> {
                value.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "`{}`", self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_id!(
    /// The short name of a repository in task ids, folders and files, for example `web`.
    RepoKey,
    "a repository key: letters, digits, `.`, `_` and `-`, at most 64, starting with a letter or digit",
    is_key
);
text_id!(
    /// A repository on its host, `owner/name`.
    RepoSlug,
    "a repository: expected `owner/name`",
    is_slug
);
text_id!(
    /// A task: `<repository key>-<issue>` or, from the second generation on, `<repository key>-<issue>-<generation>`.
    TaskId,
    "a task id: expected something like `web-42` or `web-42-2`",
    is_task_id
);
text_id!(
    /// A branch that git accepts (the rules of `git check-ref-format`) and that is never taken for an option.
    BranchName,
    "a branch name that git accepts",
    is_branch
);
text_id!(
    /// A full commit id, 40 lower-case hexadecimal digits.
    CommitSha,
    "a commit id of 40 hexadecimal digits",
    is_sha
);
text_id!(
    /// The name of an agent in the configuration, for example `codex`.
    AgentName,
    "an agent name: letters, digits, `.`, `_` and `-`, at most 64, starting with a letter or digit",
    is_key
);

/// A number that the host gave to an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssueNumber(pub u64);

/// A number that the host gave to a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrNumber(pub u64);

impl fmt::Display for IssueNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for PrNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pr:{}", self.0)
    }
}

impl TaskId {
    /// The id of a repository's issue in its `generation`-th dispatch, counted from one.
    pub fn of(repo: &RepoKey, issue: IssueNumber, generation: u32) -> Self {
        let number = issue.0;
        match generation {
            0 | 1 => Self(format!("{repo}-{number}")),
            later => Self(format!("{repo}-{number}-{later}")),
        }
    }

    /// The issue of a task of this repository; nothing for an id of another one.
    pub fn issue_of(&self, repo: &RepoKey) -> Option<IssueNumber> {
        let rest = self.0.strip_prefix(repo.as_str())?.strip_prefix('-')?;
        let number = rest.split_once('-').map_or(rest, |(number, _)| number);
        number.parse().ok().map(IssueNumber)
    }

    /// Whether another id is this one, or that of an earlier dispatch of its issue. Where it could be read in two ways, only itself is.
    pub fn is_same_or_later(&self, other: &str, issue: IssueNumber) -> bool {
        if self.0 == other {
            return true;
        }
        let Some((first, generation)) = self.0.rsplit_once('-') else { return false };
        let issue = issue.0.to_string();
        // `web-2-2` is the second dispatch of issue 2 of `web`, or the first one of issue 2 of `web-2`.
        if generation == issue || !first.ends_with(&format!("-{issue}")) {
            return false;
        }
        let earlier = match other.strip_prefix(first) {
            Some("") => Some(1),
            Some(rest) => rest.strip_prefix('-').and_then(|number| number.parse::<u32>().ok()),
            None => None,
        };
        let own = generation.parse::<u32>().ok();
        earlier.zip(own).is_some_and(|(earlier, own)| earlier < own)
    }

    /// The branch that carries this task's work, `agent/<task-id>`.
    pub fn branch(&self) -> BranchName {
        BranchName(format!("agent/{}", self.0))
    }
}

impl RepoSlug {
    /// The part before the slash.
    pub fn owner(&self) -> &str {
        self.0.split_once('/').map_or("", |(owner, _)| owner)
    }

    /// The part behind the slash.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(_, name)| name)
    }
}

impl CommitSha {
    /// The first ten digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

fn is_key(value: &str) -> bool {
    value.len() <= 64
        && value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        && !value.contains("..")
        && !value.ends_with('.')
        && !has_lock_suffix(value)
}

/// git refuses references with a component that ends in `.lock`, and a key becomes part of one.
fn has_lock_suffix(value: &str) -> bool {
    value.len() >= 5
        && value.get(value.len() - 5..).is_some_and(|end| end.eq_ignore_ascii_case(".lock"))
}

fn is_slug(value: &str) -> bool {
    match value.split_once('/') {
        Some((owner, name)) => is_slug_part(owner) && is_slug_part(name),
        None => false,
    }
}

fn is_slug_part(part: &str) -> bool {
    !part.is_empty()
        && part.len() <= 100
        && !matches!(part, "." | "..")
        && !part.starts_with('-')
        && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn is_task_id(value: &str) -> bool {
    let ends_in_number =
        value.rsplit_once('-').is_some_and(|(rest, number)| !rest.is_empty() && is_decimal(number));
    value.len() <= 110
        && ends_in_number
        && value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        && !value.contains("..")
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_branch(value: &str) -> bool {
    let forbidden = |c: char| {
        c.is_control() || c.is_whitespace() || matches!(c, '~' | '^' | ':' | '?' | '*' | '[' | '\\')
    };
    !value.is_empty()
        && value.len() <= 200
        && value != "@"
        && value != "HEAD"
        && !value.starts_with('-')
        && !value.starts_with("refs/")
        && !value.ends_with('.')
        && !value.contains("..")
        && !value.contains("@{")
        && !value.chars().any(forbidden)
        && value
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && !has_lock_suffix(part))
}

fn is_sha(value: &str) -> bool {
    value.len() == 40 && value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_id_is_derived_from_repository_issue_and_generation() {
        let web: RepoKey = "web".parse().unwrap();
        assert_eq!(TaskId::of(&web, IssueNumber(42), 1).as_str(), "web-42");
        assert_eq!(TaskId::of(&web, IssueNumber(42), 2).as_str(), "web-42-2");
        assert_eq!(TaskId::of(&web, IssueNumber(42), 2).branch().as_str(), "agent/web-42-2");
    }

    #[test]
    fn a_later_dispatch_of_an_issue_is_told_by_its_id() {
        for (id, issue, other, is) in [
            ("web-42", 42, "web-42", true),
            ("web-42-2", 42, "web-42", true),
            ("web-42-3", 42, "web-42-2", true),
            ("web-42-10", 42, "web-42-9", true),
            ("web-42", 42, "web-42-2", false),
            ("web-42-2", 42, "web-42-3", false),
            ("web-42-2", 42, "web-4", false),
            ("web-42-2", 42, "web-421", false),
            ("web-42-2", 42, "api-42", false),
            ("web-42-2", 42, "web-42-x", false),
            // The first dispatch of issue 2 of `web-42`, and of issue 3 of `web-3`.
            ("web-42-2", 2, "web-42", false),
            ("web-3-3", 3, "web-3-2", false),
            ("web-3-3", 3, "web-3-3", true),
        ] {
            let task: TaskId = id.parse().unwrap();
            assert_eq!(task.is_same_or_later(other, IssueNumber(issue)), is, "{id} {other}");
        }
    }

    #[test]
    fn what_could_be_an_option_or_climb_out_of_a_folder_is_no_identifier() {
        for bad in
            ["-x", "--upload-pack=x", "..", "../../etc", "", "a/../b", "a b", "a\nb", "x.lock"]
        {
            assert!(bad.parse::<RepoKey>().is_err(), "key {bad:?}");
            assert!(bad.parse::<AgentName>().is_err(), "agent {bad:?}");
            assert!(bad.parse::<TaskId>().is_err(), "task {bad:?}");
            assert!(bad.parse::<BranchName>().is_err(), "branch {bad:?}");
        }
        for bad in ["acme", "acme/", "/web", "acme/web/x", "-acme/web", "acme/..", "acme/w b"] {
            assert!(bad.parse::<RepoSlug>().is_err(), "slug {bad:?}");
        }
    }

    #[test]
    fn branches_follow_the_rules_of_git() {
        for good in ["main", "agent/web-42", "feature/a.b", "release-1.2"] {
            assert!(good.parse::<BranchName>().is_ok(), "{good}");
        }
        for bad in [
            "a..b",
            "a~1",
            "a^",
            "a:b",
            "a?b",
            "a*b",
            "a[b",
            "a\\b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a@{b",
            "@",
            "HEAD",
            "refs/heads/x",
            "a.",
            "a\u{7f}b",
        ] {
            assert!(bad.parse::<BranchName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_bad_identifier_is_quoted_without_control_characters() {
        let error = "a\u{1b}[31m/b/c".parse::<RepoSlug>().unwrap_err();
        assert_eq!(error.to_string(), "`a[31m/b/c` is not a repository: expected `owner/name`");
    }
}
