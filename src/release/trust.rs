//! What a build for a release has in it: whose releases take its place, and the key that they must be signed with. A build of somebody's own
//! has nothing of it.

use super::{Place, PublicKey};

/// Whose releases are taken.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Where they lie.
    pub place: Place,
    /// What they are signed with.
    pub key: PublicKey,
    /// The kind of machine that this program was built for.
    pub target: String,
}

impl Trust {
    /// Reads what was compiled in; nothing in a build that is no release.
    ///
    /// # Errors
    ///
    /// When the build was given something that cannot be used.
    pub fn compiled_in() -> Result<Option<Self>, String> {
        let values = [
            option_env!("AGENTOS_RELEASE_REPOSITORY"),
            option_env!("AGENTOS_RELEASE_KEY"),
            option_env!("AGENTOS_RELEASE_TARGET"),
        ];
        match values.map(|value| value.filter(|value| !value.is_empty())) {
            [Some(repository), Some(key), Some(target)] => {
                Self::of(repository, key, target).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Makes it of a repository (`owner/name`, or its address on another server), a key and a kind of machine.
    ///
    /// # Errors
    ///
    /// When one of them cannot be used.
    pub fn of(repository: &str, key: &str, target: &str) -> Result<Self, String> {
        let place = Place::of_repository(repository)?;
        let key = PublicKey::parse(key)
            .map_err(|why| format!("the key of this build cannot be used: {why}"))?;
        Ok(Self { place, key, target: target.to_owned() })
    }
}
