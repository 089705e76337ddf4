//! The folders `issues/` and `pulls/`: which numbers lie there, and what does not belong there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::failure;
use crate::host::HostError;

/// Largest number of digits in a file's name; ids of comments are made from it and stay exact in JSON.
const MAX_DIGITS: usize = 9;

/// What lies in a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Numbers with a file of their own, ascending.
    pub(super) numbers: Vec<u64>,
    /// The largest number that any file has, be it only comments that somebody left.
    pub(super) highest: u64,
    /// Files that a person may have meant to be one, by mistake of the name.
    pub(super) strange: Vec<PathBuf>,
}

/// Lists a folder; one that is not there yet is empty.
///
/// # Errors
///
/// When the folder cannot be read.
pub(super) fn list(folder: &Path) -> Result<Listing, HostError> {
    let mut listing = Listing::default();
    let failed = |error: io::Error| failure::of_io("list the board", folder, &error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        match kind_of(&name.to_string_lossy()) {
            Kind::Card(number) => {
                listing.numbers.push(number);
                listing.highest = listing.highest.max(number);
            }
            Kind::Comments(number) => listing.highest = listing.highest.max(number),
            Kind::Strange => listing.strange.push(folder.join(name)),
            Kind::Other => {}
        }
    }
    listing.numbers.sort_unstable();
    Ok(listing)
}

enum Kind {
    Card(u64),
    Comments(u64),
    Strange,
    Other,
}

fn kind_of(name: &str) -> Kind {
    let Some(stem) = name.strip_suffix(".md") else { return Kind::Other };
    if name.starts_with('.') || name.eq_ignore_ascii_case("readme.md") {
        return Kind::Other;
    }
    let comments = stem.strip_suffix(".comments");
    match (number_of(comments.unwrap_or(stem)), comments) {
        (Some(number), None) => Kind::Card(number),
        (Some(number), Some(_)) => Kind::Comments(number),
        (None, _) => Kind::Strange,
    }
}

/// Reads a number that a file is named by; `007` and `0` are none, so that every number has one name only.
fn number_of(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty()
        && digits.len() <= MAX_DIGITS
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// Gives the number behind `highest`, as long as a file can be named by it.
///
/// # Errors
///
/// When the numbers are used up.
pub(super) fn next_number(highest: u64) -> Result<u64, HostError> {
    highest.checked_add(1).filter(|next| number_of(&next.to_string()).is_some()).ok_or_else(|| {
        let reason =
            format!("a file is named by {highest}, and there is no number behind it; rename it");
        failure::refused("give a new number", reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers_name_an_issue() {
        let card = |name: &str| match kind_of(name) {
            Kind::Card(number) => Some(number),
            _ => None,
        };
        assert_eq!(card("7.md"), Some(7));
        for name in [
            "07.md",
            "0.md",
            "-1.md",
            "+1.md",
            "1234567890.md",
            "fix-login.md",
            "7.comments.comments.md",
        ] {
            assert!(matches!(kind_of(name), Kind::Strange), "{name}");
        }
        for name in [".7.md.swp", ".#7.md", "7.md~", "7.txt", "README.md", ".7.md", "7"] {
            assert!(matches!(kind_of(name), Kind::Other), "{name}");
        }
        assert!(matches!(kind_of("12.comments.md"), Kind::Comments(12)));
    }

    #[test]
    fn numbers_end_where_names_end() {
        assert_eq!(next_number(0).unwrap(), 1);
        assert!(next_number(999_999_999).is_err());
        assert!(next_number(u64::MAX).is_err());
    }

    #[test]
    fn a_folder_that_is_not_there_is_empty_and_a_file_in_its_place_is_not() {
        let dir = tempfile::tempdir().unwrap();
        assert!(list(&dir.path().join("issues")).unwrap().numbers.is_empty());
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(list(file.path()), Err(HostError::Unavailable { .. })));
    }
}
