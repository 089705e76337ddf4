//! Signatures of releases: Ed25519, checked with the key that this program was built with. The only file that names the crate `ring`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};

/// What stands before the 32 bytes of an Ed25519 key in the form that `openssl pkey -pubout` writes (RFC 8410).
const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// The key that signatures of releases are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads a key: the one line between the marks of `openssl pkey -pubout`.
    ///
    /// # Errors
    ///
    /// When it is no Ed25519 key in that form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes = BASE64_STANDARD.decode(text.trim()).unwrap_or_default();
        match bytes.strip_prefix(&PREFIX) {
            Some(key) if key.len() == KEY_BYTES => Ok(Self(key.to_vec())),
            _ => Err("it is no Ed25519 key as `openssl pkey -pubout` writes it".to_owned()),
        }
    }

    /// Says whether a signature of a message was made with the other half of this key.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second test of RFC 8032, section 7.1.
    const KEY: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn key() -> PublicKey {
        let der = [PREFIX.to_vec(), bytes(KEY)].concat();
        PublicKey::parse(&BASE64_STANDARD.encode(der)).unwrap()
    }

    #[test]
    fn a_signature_holds_for_its_message_and_its_key_alone() {
        let signature = bytes(SIGNATURE);
        assert!(key().has_signed(&[0x72], &signature));
        assert!(!key().has_signed(&[0x73], &signature));
        assert!(!key().has_signed(&[0x72], &signature[..63]));
        assert!(!key().has_signed(&[0x72], b""));
        let mut other = signature.clone();
        other[5] ^= 1;
        assert!(!key().has_signed(&[0x72], &other));
        let mut stranger = key();
        stranger.0[0] ^= 1;
        assert!(!stranger.has_signed(&[0x72], &signature));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let short = BASE64_STANDARD.encode([PREFIX.to_vec(), vec![0; 31]].concat());
        let of_another_kind = BASE64_STANDARD.encode([0_u8; 44]);
        for text in ["", "x", "-----BEGIN PUBLIC KEY-----", &short, &of_another_kind] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
    }
}
