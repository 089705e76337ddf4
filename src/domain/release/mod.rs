//! Releases of this program: versions and their order, the list of a release's files, and whether one may take the place of what is installed.

mod keeper;
mod sums;
mod version;

pub use keeper::Keeper;
pub use sums::{Offer, Sums, SumsError};
pub use version::{Version, VersionError};

/// The file of a release that lists its files with their sums.
pub const SUMS_FILE: &str = "SHA256SUMS";

/// The file of a release with the signature of that list.
pub const SIGNATURE_FILE: &str = "SHA256SUMS.sig";

/// What is to be done about a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is what is installed.
    Current,
    /// It takes the place of what is installed.
    Replace,
}

/// Why a release is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is another one than the one asked for.
    #[error("version {asked} was asked for, and the release there is {offered}")]
    NotTheOneAsked {
        /// The version that was named.
        asked: Version,
        /// The version that is there.
        offered: Version,
    },
    /// It is older, and nobody said that one wants to go back.
    #[error("the release there is {offered}, which is older than this {current}")]
    Older {
        /// What is installed.
        current: Version,
        /// The version that is there.
        offered: Version,
    },
}

/// Decides about a release whose signature holds. An older one is taken only when it was named: who can answer for a server could else bring
/// back a version with a known hole.
///
/// # Errors
///
/// Why it is not taken.
pub fn decide(
    current: &Version,
    offered: &Version,
    asked: Option<&Version>,
) -> Result<Decision, Refusal> {
    match asked {
        Some(asked) if asked != offered => {
            Err(Refusal::NotTheOneAsked { asked: asked.clone(), offered: offered.clone() })
        }
        _ if offered == current => Ok(Decision::Current),
        None if offered < current => {
            Err(Refusal::Older { current: current.clone(), offered: offered.clone() })
        }
        _ => Ok(Decision::Replace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn a_release_is_taken_when_it_is_newer_or_was_named() {
        let older = "the release there is 1.0.0, which is older than this 1.2.0";
        let other = "version 1.4.0 was asked for, and the release there is 1.3.0";
        for (offered, asked, expected) in [
            ("1.3.0", None, Ok(Decision::Replace)),
            ("1.3.0", Some("1.3.0"), Ok(Decision::Replace)),
            ("1.3.0", Some("1.4.0"), Err(other)),
            ("1.2.0", None, Ok(Decision::Current)),
            ("1.2.0", Some("1.2.0"), Ok(Decision::Current)),
            ("1.0.0", None, Err(older)),
            ("1.0.0", Some("1.0.0"), Ok(Decision::Replace)),
        ] {
            let asked = asked.map(version);
            let decided = decide(&version("1.2.0"), &version(offered), asked.as_ref());
            let decided = decided.map_err(|refusal| refusal.to_string());
            assert_eq!(decided.as_ref().map_err(String::as_str), expected.as_ref().map_err(|e| *e));
        }
        let release_candidate = decide(&version("1.2.0"), &version("1.2.0-rc.1"), None);
        assert!(matches!(release_candidate, Err(Refusal::Older { .. })));
    }
}
