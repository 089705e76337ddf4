//! Whether the value of a key that names a secret is one, or rather a word, a name, a path or a placeholder.

use super::COVER;

/// Where a value stands.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about one place")]
pub(super) struct Place {
    /// In quotes.
    pub(super) is_quoted: bool,
    /// A call follows: it is the name of a function.
    pub(super) is_called: bool,
    /// Behind an option or a command that sets a variable.
    pub(super) is_option: bool,
    /// The text of an element of XML.
    pub(super) is_element: bool,
}

/// Endings of a key that make it name something about a secret, not the secret.
const ABOUT: &[&str] = &[
    "name",
    "names",
    "path",
    "file",
    "url",
    "uri",
    "id",
    "at",
    "ids",
    "count",
    "type",
    "ref",
    "refs",
    "env",
    "var",
    "arn",
    "length",
    "limit",
    "ttl",
    "expiry",
    "expires",
    "version",
    "field",
    "header",
    "param",
    "class",
    "provider",
    "kind",
    "label",
    "store",
    "manager",
    "hash",
    "sha256",
    "sha1",
    "md5",
    "digest",
    "checksum",
    "fingerprint",
    "hint",
    "prefix",
    "regex",
    "pattern",
];

/// What stands in the place of a secret in forms, schemas and examples.
const HARMLESS: [&str; 24] = [
    "string",
    "required",
    "password",
    "passwd",
    "secret",
    "token",
    "hidden",
    "text",
    "none",
    "null",
    "true",
    "false",
    "undefined",
    "optional",
    "missing",
    "invalid",
    "changed",
    "default",
    "prompt",
    "input",
    "stdin",
    "keychain",
    "enabled",
    "disabled",
];

/// Beginnings of placeholders.
const PLACEHOLDERS: [&str; 11] = [
    "your",
    "xxx",
    "example",
    "placeholder",
    "insert",
    "replace",
    "process.env",
    "os.environ",
    "env.",
    "secrets.",
    "required|",
];

/// Whether a value is rather a secret than anything else.
pub(super) fn is_secret(key: &str, suffix: &str, gap: &str, value: &str, place: Place) -> bool {
    let is_password = is_password(key);
    if is_about(suffix) || place.is_called || is_reference(value) || is_placeholder(value) {
        return false;
    }
    if !gap_allows(gap, value, is_password, place) {
        return false;
    }
    if value.contains(char::is_whitespace) {
        return place.is_quoted && is_passphrase(key, value);
    }
    let sign = gap.trim_matches(['"', '\'', '`', '\\']);
    let is_tight = sign == "=" || place.is_option || place.is_element;
    let is_code = !place.is_quoted && sign.starts_with([' ', '\t']) && sign.contains('=');
    if !place.is_quoted
        && (is_code || !is_password)
        && is_identifier(value)
        && !(is_password && ends_in_number(value))
    {
        return false;
    }
    if !is_password && is_constant(value) {
        return false;
    }
    let has = |is: fn(char) -> bool| value.chars().any(is);
    let is_assigned = is_tight || place.is_quoted && (sign.contains('=') || sign.contains(':'));
    let length = value.chars().count();
    match (has(char::is_alphabetic), has(|c| c.is_ascii_digit())) {
        (true, true) => length >= if is_password { 5 } else { 8 },
        (true, false) => {
            is_password
                && length >= 6
                && (is_assigned && !is_harmless(value)
                    || has_symbol(value) && has(char::is_uppercase))
                || length >= 20 && !value.contains(['.', '_', '-', '/', ':']) && alternates(value)
                || length >= 16 && is_assigned && alternates(value)
        }
        (false, true) => is_password && is_assigned,
        (false, false) => false,
    }
}

/// Whether a value is so long and mixed that it can hardly be anything but a key.
pub(super) fn is_strong(value: &str) -> bool {
    let has = |is: fn(char) -> bool| value.chars().any(is);
    value.len() >= 24
        && has(|c| c.is_ascii_digit())
        && has(char::is_alphabetic)
        && !value.contains([' ', '{', '$'])
        && (has(char::is_uppercase) && has(char::is_lowercase)
            || value.len() >= 32 && value.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_password(key: &str) -> bool {
    let key = key.trim_start_matches('_').to_ascii_lowercase();
    key.starts_with("pass") || key.starts_with("identified") || key == "pwd"
}

/// Whether the end of the key says that the value is not the secret itself.
fn is_about(suffix: &str) -> bool {
    let Some(first) = suffix.chars().next() else { return false };
    let rest = suffix.trim_start_matches(['s', 'S']);
    if rest.is_empty() {
        return false;
    }
    // `tokenizer` and `secretary` are other words; `token_prod`, `tokenProd` and `token2` are not.
    if first.is_ascii_lowercase()
        && !rest.starts_with(['_', '-'])
        && !rest.starts_with(|c: char| c.is_ascii_uppercase())
    {
        return true;
    }
    let mut words: Vec<String> = vec![String::new()];
    for c in suffix.chars() {
        if matches!(c, '_' | '-') {
            words.push(String::new());
            continue;
        }
        let is_break = c.is_ascii_uppercase()
            && words.last().is_some_and(|word| {
                word.chars().next_back().is_some_and(|last| last.is_ascii_lowercase())
            });
        if is_break {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.last().is_some_and(|word| ABOUT.contains(&word.to_ascii_lowercase().as_str()))
}

/// Some gaps stand for an assignment only where the rest of the line is one.
fn gap_allows(gap: &str, value: &str, is_password: bool, place: Place) -> bool {
    let sign = gap.trim();
    let has = |is: fn(char) -> bool| value.chars().any(is);
    let is_mixed = has(|c| c.is_ascii_digit()) && has(char::is_alphabetic);
    if place.is_element {
        return true;
    }
    if sign.is_empty() {
        // `--password x`, `ENV TOKEN x`, `PASSWORD 'x'` of a database.
        let is_long = is_mixed && value.len() >= 20;
        return place.is_option || place.is_quoted && (is_password && is_mixed || is_long);
    }
    if sign.ends_with('[') {
        return is_mixed;
    }
    if sign.starts_with('(') || sign.ends_with(',') {
        return place.is_quoted;
    }
    if sign.starts_with("is") || sign.starts_with("was") {
        return is_mixed || place.is_quoted && has_symbol(value);
    }
    true
}

/// Whether a value names the secret's place instead of being it.
fn is_reference(value: &str) -> bool {
    let is_path = value.starts_with(['/', '~']) && !is_key_with_slash(value)
        || value.starts_with("./")
        || value.starts_with("../");
    is_path
        || value.starts_with(['$', '%', '&', '*', '!', '=', '<', '{', '@', ':'])
        || is_date(value)
        || value.contains("::")
        || value.contains("://")
        || value.contains("${")
        || value.contains("{{")
        || value.contains(COVER)
        || value.contains("[redacted")
}

/// A day, perhaps with a time.
fn is_date(value: &str) -> bool {
    let shape: String =
        value.chars().take(10).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00"
}

/// The name of a constant, as it stands in quotes where names are listed.
fn is_constant(value: &str) -> bool {
    value.contains('_')
        && value.trim_end_matches(|c: char| c.is_ascii_digit()).len() + 3 >= value.len()
        && value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && value.chars().filter(char::is_ascii_digit).count() <= 3
}

/// A key in base64 may begin with a slash; a path is no such mixture.
fn is_key_with_slash(value: &str) -> bool {
    value.len() >= 32 && !value.contains(['.', '_', '-']) && is_strong(value)
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|start| lower.starts_with(start))
        || lower.chars().all(|c| matches!(c, 'x' | '*' | '.' | '-' | '0' | '_'))
}

/// A name of a program's text, perhaps with parts and a number at its end: no key looks like that.
fn is_identifier(value: &str) -> bool {
    let is_name = |part: &str| {
        let name = part.trim_end_matches(|c: char| c.is_ascii_digit());
        part.len() - name.len() <= 3
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '-'))
            && !(name.len() >= 20 && !name.contains(['_', '-']) && alternates(name))
    };
    value.split('.').all(is_name)
}

/// A word with a number, as people choose passwords; names in programs end in one digit or two.
fn ends_in_number(value: &str) -> bool {
    let word = value.trim_end_matches(|c: char| c.is_ascii_digit());
    value.len() >= word.len() + 3 && !word.contains(['.', '_', '-'])
}

/// Whether upper and lower case change so often that it is chance and no camel's hump.
pub(super) fn alternates(value: &str) -> bool {
    let cases: Vec<bool> =
        value.chars().filter(|c| c.is_alphabetic()).map(char::is_uppercase).collect();
    let changes = cases.windows(2).filter(|pair| pair.first() != pair.last()).count();
    cases.len() >= 8 && changes * 5 >= cases.len() * 2
}

fn has_symbol(value: &str) -> bool {
    value.contains(['!', '@', '#', '$', '%', '^', '*', '+', '~'])
}

fn is_harmless(value: &str) -> bool {
    let value = value.trim_end_matches(['?', '.', ':', '…']);
    let lower = value.to_lowercase();
    // A label of a form is a word with a capital letter.
    let is_label =
        value.starts_with(char::is_uppercase) && value.chars().skip(1).all(char::is_lowercase);
    is_label || HARMLESS.contains(&lower.as_str())
}

fn is_passphrase(key: &str, value: &str) -> bool {
    key.eq_ignore_ascii_case("passphrase") && value.split_whitespace().count() >= 3
}
