//! The list of a release's files: `SHA256SUMS`, as `sha256sum` writes it. What it says counts once its signature holds.

use std::collections::BTreeMap;

use super::Version;

/// Most files of a release.
const MOST_FILES: usize = 100;

/// Hexadecimal digits of a sum.
const DIGITS: usize = 64;

/// The files of a release with their SHA-256.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<String, String>);

/// The program of a release for one kind of machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its version.
    pub version: Version,
    /// Its file in the release.
    pub file: String,
    /// What that file's SHA-256 must be.
    pub sha256: String,
}

/// Why a list is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SumsError {
    /// It is not what `sha256sum` writes.
    #[error("line {0} of the list of files is no sum with a name")]
    Line(usize),
    /// A file stands in it twice.
    #[error("the list of files names `{0}` twice")]
    Twice(String),
    /// It is too long.
    #[error("the list of files has more than {MOST_FILES} lines")]
    TooLong,
    /// There is no program for this kind of machine.
    #[error("the release has no program for {0}")]
    NoProgram(String),
    /// There are programs of several versions.
    #[error("the release has programs of several versions for {0}")]
    Several(String),
}

impl Sums {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// When a line is none of such a list; nothing of it is taken then.
    pub fn parse(text: &str) -> Result<Self, SumsError> {
        let mut files = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            if number > MOST_FILES {
                return Err(SumsError::TooLong);
            }
            let (sum, name) = entry(line).ok_or(SumsError::Line(number))?;
            if files.insert(name.to_owned(), sum.to_owned()).is_some() {
                return Err(SumsError::Twice(name.to_owned()));
            }
        }
        Ok(Self(files))
    }

    /// Finds the program for a kind of machine, such as `x86_64-unknown-linux-musl`.
    ///
    /// # Errors
    ///
    /// When there is none, or more than one.
    pub fn program(&self, target: &str) -> Result<Offer, SumsError> {
        let offer = |(file, sha256): (&String, &String)| {
            let version = file.strip_prefix("agentos-")?.strip_suffix(target)?.strip_suffix('-')?;
            let version = Version::parse(version).ok()?;
            Some(Offer { version, file: file.clone(), sha256: sha256.clone() })
        };
        let mut offers = self.0.iter().filter_map(offer);
        match (offers.next(), offers.next()) {
            (Some(offer), None) => Ok(offer),
            (None, _) => Err(SumsError::NoProgram(target.to_owned())),
            (Some(_), Some(_)) => Err(SumsError::Several(target.to_owned())),
        }
    }
}

/// Takes a line apart: the sum, two spaces (or a space and a star), the name.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (sum, rest) = line.split_at_checked(DIGITS)?;
    let name = rest.strip_prefix("  ").or_else(|| rest.strip_prefix(" *"))?;
    let is_hex = sum.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+-".contains(&byte);
    let is_name = !name.is_empty()
        && name.len() <= 200
        && !name.starts_with(['.', '-'])
        && name.bytes().all(is_plain);
    (is_hex && is_name).then_some((sum, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MUSL: &str = "x86_64-unknown-linux-musl";

    fn line(digit: char, name: &str) -> String {
        format!("{}  {name}\n", String::from(digit).repeat(64))
    }

    #[test]
    fn the_program_for_a_machine_is_found_with_its_version() {
        let text = [
            line('a', "agentos-1.2.0-rc.1-x86_64-unknown-linux-musl"),
            line('b', "agentos-1.2.0-rc.1-aarch64-unknown-linux-musl"),
            line('c', "agentos_1.2.0~rc.1_amd64.deb"),
            line('d', "agentos-1.2.0-rc.1.cdx.json"),
        ]
        .concat();
        let offer = Sums::parse(&text).unwrap().program(MUSL).unwrap();
        assert_eq!(offer.version.to_string(), "1.2.0-rc.1");
        assert_eq!(offer.file, "agentos-1.2.0-rc.1-x86_64-unknown-linux-musl");
        assert_eq!(offer.sha256, "a".repeat(64));
        let none = Sums::parse(&text).unwrap().program("riscv64gc-unknown-linux-gnu");
        assert_eq!(none, Err(SumsError::NoProgram("riscv64gc-unknown-linux-gnu".to_owned())));
    }

    #[test]
    fn a_list_that_is_none_is_refused_whole() {
        let good = line('a', "agentos-1.2.0-x86_64-unknown-linux-musl");
        for (bad, expected) in [
            ("<!doctype html>\n".to_owned(), SumsError::Line(2)),
            ("\n".to_owned(), SumsError::Line(2)),
            (line('A', "x"), SumsError::Line(2)),
            (line('a', "../x"), SumsError::Line(2)),
            (line('a', "a b"), SumsError::Line(2)),
            (line('a', "-rf"), SumsError::Line(2)),
            (line('a', ""), SumsError::Line(2)),
            (line('a', "ü"), SumsError::Line(2)),
            (line('g', "x"), SumsError::Line(2)),
            (format!("{} x", "a".repeat(64)), SumsError::Line(2)),
            ("ä".repeat(40), SumsError::Line(2)),
            (good.clone(), SumsError::Twice("agentos-1.2.0-x86_64-unknown-linux-musl".to_owned())),
            ((0..100).map(|n| line('a', &n.to_string())).collect(), SumsError::TooLong),
        ] {
            assert_eq!(Sums::parse(&format!("{good}{bad}")), Err(expected), "{bad}");
        }
        let two = format!("{good}{}", line('b', "agentos-1.3.0-x86_64-unknown-linux-musl"));
        let several = Sums::parse(&two).unwrap().program(MUSL);
        assert_eq!(several, Err(SumsError::Several(MUSL.to_owned())));
    }
}
