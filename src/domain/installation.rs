//! Who works on a repository: every installation of this program has a name and a birthday, which its status comments carry, so that two
//! on one repository notice each other and the younger stops (`DESIGN.md` section 9).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Kind of the marker in status comments.
pub const MARKER: &str = "installation";

/// One installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Twelve hexadecimal digits, never the same for two.
    pub id: String,
    /// When it first worked.
    pub since: Timestamp,
}

impl Installation {
    /// The key of its marker.
    pub fn key(&self) -> String {
        format!("{}@{}", self.id, self.since)
    }

    /// Reads the key of a marker; nothing when it is none.
    pub fn from_key(key: &str) -> Option<Self> {
        let (id, since) = key.split_once('@')?;
        let is_id = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
        is_id.then_some(())?;
        Some(Self { id: id.to_owned(), since: since.parse().ok()? })
    }

    /// Whether this one has to stop for the other: the younger does; of two of the same age the one with the greater name.
    pub fn yields_to(&self, other: &Self) -> bool {
        self.id != other.id && (other.since, &other.id) < (self.since, &self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(id: &str, since: &str) -> Installation {
        Installation { id: id.to_owned(), since: since.parse().unwrap() }
    }

    #[test]
    fn a_key_is_read_back_and_nothing_else_is_a_key() {
        let one = installation("0123456789ab", "2026-01-05T09:00:00Z");
        assert_eq!(Installation::from_key(&one.key()), Some(one));
        for bad in ["", "@", "abc", "xyz@2026-01-05T09:00:00Z", "abc@yesterday"] {
            assert_eq!(Installation::from_key(bad), None, "{bad}");
        }
    }

    #[test]
    fn of_two_exactly_one_yields() {
        let old = installation("bb", "2026-01-05T09:00:00Z");
        let young = installation("aa", "2026-01-06T09:00:00Z");
        let twin = installation("aa", "2026-01-05T09:00:00Z");
        assert!(young.yields_to(&old) && !old.yields_to(&young));
        assert!(old.yields_to(&twin) && !twin.yields_to(&old));
        assert!(!old.yields_to(&old));
    }
}
