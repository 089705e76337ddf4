//! What there is to be had: the list of a release, which counts when it is signed, and the program, which counts when it has the sum there.

use super::{Bounds, UpdateError};
use crate::domain::release::{Offer, SIGNATURE_FILE, SUMS_FILE, Sums, Version};
use crate::release::{Place, Trust};
use crate::text::hash::sha256_hex;

/// Most bytes of a list.
const MOST_SUMS: usize = 64 * 1024;

/// Most bytes of a signature: twice of what one has, so that a longer one is told from a long page.
const MOST_SIGNATURE: usize = 128;

/// Finds the program of a release in its signed list.
pub(super) async fn offer(
    place: &Place,
    asked: Option<&Version>,
    trust: &Trust,
    bounds: &Bounds,
) -> Result<Offer, UpdateError> {
    let list = place.read(asked, SUMS_FILE, MOST_SUMS, bounds.small).await?;
    // The newest release may change between two questions: its list says which one to go on with, once its signature holds.
    let named = String::from_utf8_lossy(&list);
    let parsed = Sums::parse(&named).and_then(|sums| sums.program(&trust.target));
    let version = parsed.as_ref().ok().map(|offer| &offer.version);
    let signature =
        place.read(version.or(asked), SIGNATURE_FILE, MOST_SIGNATURE, bounds.small).await?;
    if !trust.key.has_signed(&list, &signature) {
        return Err(UpdateError::Untrusted(format!(
            "`{SIGNATURE_FILE}` is no signature of its `{SUMS_FILE}` by the key that this program was built with"
        )));
    }
    parsed.map_err(|error| UpdateError::Untrusted(error.to_string()))
}

/// Downloads the program that was offered.
pub(super) async fn program(
    place: &Place,
    offer: &Offer,
    bounds: &Bounds,
) -> Result<Vec<u8>, UpdateError> {
    let bytes =
        place.read(Some(&offer.version), &offer.file, bounds.most_bytes, bounds.program).await?;
    if sha256_hex(&bytes) != offer.sha256 {
        return Err(UpdateError::Untrusted(format!(
            "`{}` does not have the SHA-256 of the signed list",
            offer.file
        )));
    }
    Ok(bytes)
}
