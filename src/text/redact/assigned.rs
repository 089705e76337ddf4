//! Secrets that only their surroundings give away: passwords in addresses, headers, cookies, and the values of keys that name a secret.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::values::{Place, is_secret};
use super::{COVER, Found};

/// A password, or a token alone, in an address.
const URL: &str = r#"(?x)
    [A-Za-z][A-Za-z0-9+.-]{1,30}://
    (?: [^\s/@:?\#"'<>]* : (?P<password> [^\s/?\#"'<>]+ ) | (?P<token> [A-Za-z0-9_-]{20,} ) ) @"#;

/// A header that carries a token, also as an option of a program or in a program's text.
const HEADER: &str = r#"(?ix)
    (?: (?-u:\b) authorization \\?["'`]? \s{0,4} (?: [:=,] \s{0,4} )? \\?["'`]? \s{0,2}
          (?P<scheme> (?: bearer | basic | token | apikey | api-key | key | ssws | digest | negotiate ) \s{1,4} )?
      | (?-u:\b) (?P<alone> bearer | basic ) \s{1,4} )
    (?P<value> [A-Za-z0-9._~+/=:-]{8,} )"#;

/// The pairs of a cookie header.
const COOKIE: &str =
    r#"(?i)(?-u:\b)(?:set-)?cookie\\?["']?\s{0,4}:\s{0,4}\\?["']?(?P<pairs>[^\r\n"'\\]{8,})"#;

/// A parameter of an address that opens something.
const QUERY: &str = r"(?ix) [?&;] (?: amp; )?
    (?: sig | signature | x-amz-signature | x-amz-security-token | x-goog-signature | key | auth | sid | session | code ) =
    (?P<value> [A-Za-z0-9%._~+/=-]{16,} )";

/// A program's option that takes a name and a password.
const USER_OPTION: &str =
    r#"(?x) (?: \s -u | --user ) [\s=]{1,4} ["']? [^\s:"'@/]{1,64} : (?P<value> [^\s"'@]{4,} )"#;

/// A login in base64 as registries keep it, and the address of a database as drivers of Go write it.
const LOGIN: &str = r#"(?x) (?: "auth" | (?-u:\b)_auth (?: Token )? ) \s{0,4} [:=] \s{0,4} "? (?P<coded> [A-Za-z0-9+/=]{8,} )
    | (?-u:\b) [A-Za-z0-9_.-]{1,64} : (?P<database> [^\s:@/"']{4,} ) @ (?: tcp | unix ) \(
    | (?-u:\b) (?: sshpass \x20+ -p | redis-cli \x20 [^\n]{0,80}? -a | mysql \x20 [^\n]{0,80}? -p ) \x20? ["']? (?P<option> [^\s"'-] [^\s"']{3,} )"#;

/// The words that name a secret.
const KEY: &str = r"(?: passw(?:or)?d | identified\x20by | passwort | passphrase | passcode | pwd | _pass(?-u:\b) | (?-u:\b)pass(?-u:\b)
    | secret | token | credentials? | _auth | (?-u:\b)jwt | bearer
    | (?: api | access | account | private | auth | signing | encryption | master | consumer | license | service | subscription | app | deploy
        | shared[_-]?access | session | storage | client | webhook | admin | server | hmac | cipher | root ) [_-]? key
    | api\x20key | access\x20key )";

/// What stands between such a key and its value, in the formats of configurations, programs and documents.
const GAP: &str = r#"(?: \x20? :? \x20? &? (?: 'static \x20 )? (?: str | string | char \x20?\* | text | varchar ) [\])>]? \x20? = \x20?
    | \\{0,3}["'`]? ,? (?: [\x20\t]{0,32} \r?\n )? [\x20\t]{1,32} (?: -\x20 )? \\{0,3}["']? (?: value | val | default ) \\{0,3}["']? [\x20\t]{0,4} [:=] [\x20\t]{0,4}
    | \\{0,3}["'`]? \]? [\x20\t]{0,32} (?: \)? [\x20\t]{0,4} (?: :? \|\| | \?\? | (?-u:\b)or(?-u:\b) ) =? | := | => | <- | [?+]= | ==? | :- | : | \x20?\| ) [\x20\t]{0,32} (?: [|>][-+]? \s{1,32} )?
    | \\{0,3}["'] [\x20\t]{0,4} , [\x20\t]{0,4}
    | \( [\x20\t]{0,4}
    | </key> \s{0,8} <string>
    | \x20? \[
    | \x20 (?: is | was ) :? \x20
    | ,value=
    | [\x20\t]{1,4} )"#;

/// A value is read up to here.
const MAX_VALUE: usize = 1024;

static PATTERNS: LazyLock<Patterns> = LazyLock::new(Patterns::new);

struct Patterns {
    url: Regex,
    header: Regex,
    cookie: Regex,
    query: Regex,
    user_option: Regex,
    login: Regex,
    element: Regex,
    assignment: Regex,
}

impl Patterns {
    fn new() -> Self {
        let element = format!(
            r"(?ix) < (?: [a-z]{{1,20}} : )? [a-z0-9_.-]{{0,40}} (?P<key> {KEY} ) (?P<suffix> [a-z0-9_-]{{0,24}} ) (?: \s [^<>]{{0,80}} )? >
               \s{{0,8}} (?: <!\[CDATA\[ )? (?P<value> [^<>\s\]]{{4,}} ) \s{{0,8}} (?: \]\]> \s{{0,8}} )? </ "
        );
        let assignment = format!(
            r#"(?ix)
            (?P<lead> --[a-z0-9-]{{0,40}} | (?-u:\b) (?: env | arg | setenv | export | set | define ) (?: \x20 -[a-z]{{1,4}} )? \x20 [a-z0-9_]{{0,40}}
                    | (?-u:\b) login \x20 \S{{1,64}} \s )?
            (?P<key> {KEY} ) (?P<suffix> [a-z0-9_-]{{0,24}} )
            (?P<gap> {GAP} )
            (?: \\{{0,3}} (?P<quote> ["'`] ) | (?P<bare> [^\s"'`,;<>(){{}}\[\]\\|&] ) )"#
        );
        Self {
            url: super::compiled(URL),
            header: super::compiled(HEADER),
            cookie: super::compiled(COOKIE),
            query: super::compiled(QUERY),
            user_option: super::compiled(USER_OPTION),
            login: super::compiled(LOGIN),
            element: super::compiled(&element),
            assignment: super::compiled(&assignment),
        }
    }
}

/// Finds them all.
pub(super) fn find(text: &str, found: &mut Vec<Found>) {
    let patterns = &*PATTERNS;
    addresses(text, patterns, found);
    headers(text, patterns, found);
    logins(text, patterns, found);
    for pairs in patterns.cookie.captures_iter(text).filter_map(|hit| hit.name("pairs")) {
        cookie(pairs.start(), pairs.as_str(), found);
    }
    for value in patterns.query.captures_iter(text).filter_map(|hit| hit.name("value")) {
        if value.as_str().bytes().any(|byte| byte.is_ascii_digit()) {
            found.push(Found::guessed(value.range(), "signature in an address"));
        }
    }
    for hit in patterns.element.captures_iter(text) {
        let Some(value) = hit.name("value") else { continue };
        let place = Place { is_element: true, ..Place::default() };
        assignment(&hit, text, value.range(), place, found);
    }
    assignments(text, &patterns.assignment, found);
}

fn addresses(text: &str, patterns: &Patterns, found: &mut Vec<Found>) {
    for hit in patterns.url.captures_iter(text) {
        let Some(part) = hit.name("password").or_else(|| hit.name("token")) else { continue };
        if !part.as_str().starts_with(['$', '{', '<', '*', '%']) && part.as_str() != COVER {
            found.push(Found::guessed(part.range(), "password in an address"));
        }
    }
    for value in patterns.user_option.captures_iter(text).filter_map(|hit| hit.name("value")) {
        if !value.as_str().starts_with(['$', '{', '<', '*', '[', '/']) {
            found.push(Found::guessed(value.range(), "password of a user"));
        }
    }
}

fn logins(text: &str, patterns: &Patterns, found: &mut Vec<Found>) {
    for hit in patterns.login.captures_iter(text) {
        let coded = hit.name("coded").filter(|coded| super::encoded::holds_login(coded.as_str()));
        let plain = hit.name("database").or_else(|| hit.name("option"));
        let plain = plain.filter(|plain| !plain.as_str().starts_with(['$', '<', '{', '[', '*']));
        if let Some(value) = coded.or(plain) {
            found.push(Found::guessed(value.range(), "login"));
        }
    }
}

fn headers(text: &str, patterns: &Patterns, found: &mut Vec<Found>) {
    for hit in patterns.header.captures_iter(text) {
        let Some(value) = hit.name("value") else { continue };
        let scheme = hit.name("scheme").or_else(|| hit.name("alone")).map_or("", |s| s.as_str());
        let is_basic = scheme.trim().eq_ignore_ascii_case("basic");
        let text = value.as_str();
        let long = text.trim_end_matches(['.', ':', '=']);
        let has = |is: fn(char) -> bool| long.chars().any(is);
        let is_mixed = has(|c| c.is_ascii_digit()) && has(|c| c.is_ascii_alphabetic());
        let is_random = is_mixed && long.len() >= 12 || super::values::alternates(long);
        let holds_login = is_basic && super::encoded::holds_login(text);
        if holds_login || is_random && !text.contains("://") && (!scheme.is_empty() || is_mixed) {
            let end = value.start() + text.trim_end_matches(['.', ':']).len();
            found.push(Found::guessed(value.start()..end, "authorization header"));
        }
    }
}

fn cookie(start: usize, pairs: &str, found: &mut Vec<Found>) {
    let mut at = start;
    for pair in pairs.split_inclusive(';') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = value.trim_end_matches([';', ' ']);
        let is_attribute = ["expires", "path", "domain", "max-age", "samesite"]
            .contains(&name.trim().to_ascii_lowercase().as_str());
        if value.len() >= 10 && !is_attribute && !value.contains(COVER) {
            let from = at + name.len() + 1;
            found.push(Found::guessed(from..from + value.len(), "cookie"));
        }
        at += pair.len();
    }
}

/// Finds the keys with their values. A value that is no secret may hold the next key, so the search goes on inside of it; that is why it is
/// read here, with a bound, and not by the pattern.
fn assignments(text: &str, pattern: &Regex, found: &mut Vec<Found>) {
    let mut from = 0;
    while let Some(hit) = pattern.captures_at(text, from) {
        let (Some(whole), Some(gap)) = (hit.get(0), hit.name("gap")) else { return };
        let quote = hit.name("quote").and_then(|quote| quote.as_str().chars().next());
        let start = hit.name("bare").map_or(whole.end(), |bare| bare.start());
        let value = value_at(text, start, quote);
        let behind = text.get(value.end..).unwrap_or_default();
        let place = Place {
            is_quoted: quote.is_some(),
            is_called: quote.is_none() && behind.starts_with('('),
            is_option: hit.name("lead").is_some(),
            is_element: false,
        };
        let end = value.end;
        if assignment(&hit, text, value, place, found) {
            from = end;
        } else {
            from = gap.start().max(from + 1);
            while !text.is_char_boundary(from) {
                from += 1;
            }
        }
    }
}

/// The value that begins here: up to its closing quote, or to what ends a bare one.
fn value_at(text: &str, start: usize, quote: Option<char>) -> Range<usize> {
    let is_end = |c: char| match quote {
        Some(quote) => c == quote || matches!(c, '\\' | '\n'),
        None => c.is_whitespace() || "\"'`,;<>(){}[]\\|&".contains(c),
    };
    let rest = text.get(start..).unwrap_or_default();
    let length = rest
        .char_indices()
        .find(|(at, c)| *at >= MAX_VALUE || is_end(*c))
        .map_or(rest.len(), |(at, _)| at);
    start..start + length
}

fn assignment(
    hit: &Captures<'_>,
    text: &str,
    value: Range<usize>,
    place: Place,
    found: &mut Vec<Found>,
) -> bool {
    let part = |name: &str| hit.name(name).map_or("", |part| part.as_str());
    let whole = text.get(value.clone()).unwrap_or_default();
    // A bare value may end a sentence or a line of code.
    let value_text =
        if place.is_quoted { whole } else { whole.trim_end_matches(['.', ':', '!', '?']) };
    // The mark at the end of a password belongs to it as likely as not.
    let is_secret = is_secret(part("key"), part("suffix"), part("gap"), value_text, place);
    if is_secret {
        let kept = whole.trim_end_matches(['.', ':', '?']).len();
        found.push(Found {
            range: value.start..if place.is_quoted { value.end } else { value.start + kept },
            kind: "value of a key that names a secret",
            sure: super::values::is_strong(value_text),
        });
    }
    is_secret
}
