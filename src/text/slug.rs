//! Names for files and folders, made from text that anybody may have written.

use super::hash::sha256_hex;

/// Most file systems take 255 bytes; suffixes and temporary names need room too.
const MAX_LENGTH: usize = 64;
/// Digits of the hash; 48 bits make an accidental collision among a million names unlikely.
const HASH_DIGITS: usize = 12;

/// Makes a name of ASCII letters, digits, `.`, `_` and `-`, at most 64 long, from any text; different texts get different names.
///
/// A text that is such a name already stays as it is. Everything else gets a hash at its end.
pub fn file_safe(name: &str) -> String {
    if is_safe(name) && !ends_like_a_hash(name) {
        return name.to_owned();
    }
    let mut kept: String =
        name.chars().map(|c| if is_allowed(c) { c } else { '-' }).take(MAX_LENGTH).collect();
    while kept.contains("--") {
        kept = kept.replace("--", "-");
    }
    let kept: String = kept.chars().take(MAX_LENGTH - HASH_DIGITS - 1).collect();
    let kept = kept.trim_matches(['-', '.']);
    let kept = if kept.is_empty() { "unnamed" } else { kept };
    let hash: String = sha256_hex(name.as_bytes()).chars().take(HASH_DIGITS).collect();
    format!("{kept}-{hash}")
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// A leading dot hides a file and a leading dash makes an option of it.
fn is_safe(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_LENGTH
        && !name.starts_with(['-', '.'])
        && name.chars().all(is_allowed)
}

/// Such a name could be the one that another text was given.
fn ends_like_a_hash(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, end)| {
        end.len() == HASH_DIGITS && end.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_that_is_safe_already_stays_as_it_is() {
        for name in ["web", "acme-web", "a.b_c-1", "README.md"] {
            assert_eq!(file_safe(name), name);
        }
    }

    #[test]
    fn what_would_climb_hide_or_be_an_option_becomes_harmless() {
        for name in ["", ".", "..", "-rf", ".git", "a/b", "a b", "ä", "\0", "../../etc/passwd"] {
            let safe = file_safe(name);
            assert!(is_safe(&safe), "{name:?} became {safe:?}");
            assert_ne!(safe, name);
        }
    }

    #[test]
    fn a_name_cannot_pass_itself_off_as_the_one_made_for_another() {
        let made = file_safe("a/b");
        assert_ne!(file_safe(&made), made);
    }

    proptest! {
        #[test]
        fn any_text_gives_a_safe_name_and_different_texts_different_ones(
            names in proptest::collection::vec("[-a./ \\PC]{0,80}", 1..20)
        ) {
            let mut seen: BTreeMap<String, String> = BTreeMap::new();
            for name in names {
                let safe = file_safe(&name);
                prop_assert!(is_safe(&safe), "{:?} became {:?}", name, safe);
                if let Some(other) = seen.insert(safe, name.clone()) {
                    prop_assert_eq!(other, name);
                }
            }
        }
    }
}
