//! Takes secrets out of whatever is shown or stored: values that are known, and what has the shape of one.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use regex::{Captures, Regex};

mod known;

/// What stands in the place of a secret.
const COVER: &str = "[redacted]";

/// Tokens that show by their beginning what they are. The first group is what stands before and stays.
const SHAPES: &str = r"(?x)
    (?P<before> ^ | [^A-Za-z0-9] | [^0-9A-Za-z] bot | ^ bot )
    (?:
        gh[pousr]_[A-Za-z0-9_]{16,}
      | github_pat_[A-Za-z0-9_]{16,}
      | glpat-[A-Za-z0-9_-]{16,}
      | sk-(?: ant | proj | or | svcacct | admin | None )-[A-Za-z0-9_-]{12,}
      | sk-[A-Za-z0-9]{20,}
      | AIza[A-Za-z0-9_-]{30,}
      | (?: AKIA | ASIA )[A-Z0-9]{16}
      | xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}
      | xapp-[A-Za-z0-9-]{10,}
      | (?: sk | rk )_(?: live | test )_[A-Za-z0-9]{10,}
      | whsec_[A-Za-z0-9+/=]{16,}
      | npm_[A-Za-z0-9]{30,}
      | pypi-AgE[A-Za-z0-9_-]{16,} | pypi-[A-Za-z0-9_-]{40,}
      | hf_[A-Za-z0-9]{30,}
      | eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?
    )";

/// A bot's number and its key; what follows must end the key, or a time and a hash would be one.
const TELEGRAM: &str =
    r"(?P<before>^|[^0-9])[0-9]{8,10}:[A-Za-z0-9_-]{30,39}(?P<behind>[^A-Za-z0-9_-]|$)";

/// A private key; also one of which only the beginning or the end was kept.
const PEM: &str = r"(?x)
    -----BEGIN\x20[A-Z0-9\x20]*PRIVATE\x20KEY(?:\x20BLOCK)?-----
        (?: (?s:.*?) -----END\x20[A-Z0-9\x20]*PRIVATE\x20KEY(?:\x20BLOCK)?----- | (?: [A-Za-z0-9+/=]{16,} | \\[nr] | \s )* )
  | (?: [A-Za-z0-9+/=]{16,} (?: \s | \\[nr] )+ )+ [A-Za-z0-9+/=]* \s*
        -----END\x20[A-Z0-9\x20]*PRIVATE\x20KEY(?:\x20BLOCK)?-----";

/// A password, or a token alone, in an address.
const URL: &str = r#"(?x)
    (?P<scheme> [A-Za-z][A-Za-z0-9+.-]*:// )
    (?: (?P<user> [^\s/@:?\#"'<>]* : ) [^\s/?\#"'<>]+ | [A-Za-z0-9_-]{20,} ) @"#;

/// A header that carries a token.
const HEADER: &str = r"(?ix) (?P<before> \b (?: bearer | authorization \s* [:=] \s* (?: token | basic ) ) \s+ )
    (?P<value> [A-Za-z0-9._~+/=-]{12,} )";

/// A key that names a secret, and its value.
const ASSIGNMENT: &str = r#"(?ix)
    (?P<before>
        (?P<key> password | passwd | passphrase | secret | token | api[_-]?key | access[_-]?key | secret[_-]?key
          | private[_-]?key | auth[_-]?key | credentials? )
        (?P<gap> \\?["']? \s* (?: [:=] | => ) \s* \\?["'`]? )
    )
    (?P<value> [^\s"'`,;<>(){}\[\]\\]{6,} )
    (?P<behind> \( )?"#;

static PATTERNS: LazyLock<Patterns> = LazyLock::new(Patterns::new);

struct Patterns {
    shapes: Regex,
    telegram: Regex,
    pem: Regex,
    url: Regex,
    header: Regex,
    assignment: Regex,
}

impl Patterns {
    #[expect(
        clippy::expect_used,
        reason = "the patterns are constants that every test of this module compiles"
    )]
    fn new() -> Self {
        let compiled = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
        Self {
            shapes: compiled(SHAPES),
            telegram: compiled(TELEGRAM),
            pem: compiled(PEM),
            url: compiled(URL),
            header: compiled(HEADER),
            assignment: compiled(ASSIGNMENT),
        }
    }
}

/// Covers secrets: the values that it was given, in every usual encoding, and everything shaped like a token or key.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Every form of every known value, the longest first.
    forms: Vec<String>,
    values: usize,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor {{ known: {} }}", self.values)
    }
}

impl Redactor {
    /// Makes one that knows some values; those shorter than six characters are left out, since they are part of words.
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        let mut forms = Vec::new();
        let mut values = 0;
        for value in known {
            let value = value.trim();
            // The cover itself must stay as it is.
            if value.chars().count() >= known::MIN_CHARS && !COVER.contains(value) {
                values += 1;
                known::forms(value, &mut forms);
            }
        }
        forms.retain(|form| !COVER.contains(form.as_str()));
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        Self { forms, values }
    }

    /// Replaces every secret in a text by `[redacted]`; doing it twice changes nothing more.
    pub fn redact(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form.as_str(), COVER));
            }
        }
        let patterns = &*PATTERNS;
        let mut text = text.into_owned();
        for (pattern, cover) in [
            (&patterns.pem, COVER),
            (&patterns.url, "${scheme}${user}[redacted]@"),
            (&patterns.shapes, "${before}[redacted]"),
            (&patterns.telegram, "${before}[redacted]${behind}"),
        ] {
            if let Cow::Owned(covered) = pattern.replace_all(&text, cover) {
                text = covered;
            }
        }
        for pattern in [&patterns.header, &patterns.assignment] {
            if let Cow::Owned(covered) = pattern.replace_all(&text, covered_value) {
                text = covered;
            }
        }
        text
    }
}

/// Covers the value of a header or an assignment if it looks like a secret, else leaves all as it was.
fn covered_value(found: &Captures<'_>) -> String {
    let group = |name: &str| found.name(name).map_or("", |part| part.as_str());
    let (before, value, behind) = (group("before"), group("value"), group("behind"));
    if behind.is_empty() && is_secret(group("key"), group("gap"), value) {
        // A value may end a sentence or a line of code.
        let tail = value.len() - value.trim_end_matches(['.', ':', '!', '?']).len();
        let end = value.get(value.len() - tail..).unwrap_or_default();
        return format!("{before}{COVER}{end}");
    }
    format!("{before}{value}{behind}")
}

/// Whether a value is rather a secret than a word, a number, a name or a path.
fn is_secret(key: &str, gap: &str, value: &str) -> bool {
    let is_reference = value.starts_with(['$', '%', '/', '~', '&', '*', '!', '='])
        || value.starts_with("./")
        || value.contains("::")
        || value.contains("://");
    if is_reference {
        return false;
    }
    let letters = value.chars().any(char::is_alphabetic);
    let digits = value.chars().any(|c| c.is_ascii_digit());
    let is_password = key.to_ascii_lowercase().starts_with("pass");
    // `password=hunter` is meant as it stands; `Password: required` is a sentence.
    let is_assigned = gap.trim_matches(['"', '\'', '`', '\\']) == "=";
    let length = value.chars().count();
    match (letters, digits) {
        (true, true) => length >= if is_password { 6 } else { 8 },
        (true, false) => {
            is_password && is_assigned || length >= 24 && !value.contains(['.', '_', '-'])
        }
        (false, true) => is_password && is_assigned,
        (false, false) => false,
    }
}

#[cfg(test)]
mod tests;
