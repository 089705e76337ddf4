//! Versions as Semantic Versioning has them, without build metadata, which no release of ours carries.

use std::cmp::Ordering;
use std::fmt;

/// Longest version that is read, in characters.
const MOST_CHARS: usize = 64;

/// A version of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    /// What stands behind the hyphen of a version that is not final.
    before_release: Vec<Part>,
}

/// A part of what stands behind the hyphen; a number comes before a word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version: expected three numbers as in `1.4.0`, or `1.4.0-rc.1`")]
pub struct VersionError(String);

impl Version {
    /// Reads a version; a `v` before it, as in tags, is allowed.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError(text.chars().take(MOST_CHARS).collect());
        if text.chars().count() > MOST_CHARS {
            return Err(error());
        }
        Self::of(text.strip_prefix('v').unwrap_or(text)).ok_or_else(error)
    }

    fn of(text: &str) -> Option<Self> {
        let (release, before) = match text.split_once('-') {
            Some((release, before)) => (release, Some(before)),
            None => (text, None),
        };
        let mut words = release.split('.');
        let numbers = [number(words.next()?)?, number(words.next()?)?, number(words.next()?)?];
        if words.next().is_some() {
            return None;
        }
        let before_release = match before {
            Some(before) => before.split('.').map(part).collect::<Option<Vec<Part>>>()?,
            None => Vec::new(),
        };
        Some(Self { numbers, before_release })
    }
}

fn number(text: &str) -> Option<u64> {
    let has_only_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = has_only_digits && (text == "0" || !text.starts_with('0'));
    is_plain.then(|| text.parse().ok()).flatten()
}

fn part(text: &str) -> Option<Part> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(text).map(Part::Number);
    }
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_word.then(|| Part::Word(text.to_owned()))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let is_final = |version: &Self| version.before_release.is_empty();
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| is_final(self).cmp(&is_final(other)))
            .then_with(|| self.before_release.cmp(&other.before_release))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(formatter, "{major}.{minor}.{patch}")?;
        for (index, part) in self.before_release.iter().enumerate() {
            formatter.write_str(if index == 0 { "-" } else { "." })?;
            match part {
                Part::Number(number) => write!(formatter, "{number}")?,
                Part::Word(word) => formatter.write_str(word)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_the_order_of_semantic_versioning() {
        let order = [
            "0.9.9",
            "1.0.0-1",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0",
        ];
        let versions: Vec<Version> =
            order.iter().map(|text| Version::parse(text).unwrap()).collect();
        assert!(versions.is_sorted_by(|a, b| a < b));
        assert_eq!(versions.iter().map(ToString::to_string).collect::<Vec<_>>(), order);
        assert_eq!(Version::parse("v1.0.0").unwrap().to_string(), "1.0.0");
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "v",
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.x",
            "1.2.3-",
            "1.2.3-a..b",
            "1.2.3-01",
            "1.2.3+5",
            "-1.2.3",
            "1.2.3 ",
            "1.2.3/../x",
            "vv1.2.3",
            "1.2.99999999999999999999",
        ] {
            assert!(Version::parse(text).is_err(), "{text}");
        }
        assert!(Version::parse(&format!("1.2.3-{}", "a".repeat(80))).is_err());
    }
}
