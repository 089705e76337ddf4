//! Failure signatures: the most telling line of an output without what differs from run to run, so that the same failure is recognised when
//! it comes back. Pure.

use crate::text::{clean, hash};

/// Longer lines are data, not messages.
const LONGEST: usize = 400;

/// How far from its end an output is looked at.
const MOST_LINES: usize = 2000;

/// A failure as it is recognised again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// Names it; the same for the same failure.
    pub id: String,
    /// The line with its variable parts replaced.
    pub pattern: String,
    /// The line as it was first seen.
    pub example: String,
}

/// The signature of an output: of its first line that names an error, else none. Output that names no error has no signature: that it ended
/// says nothing of why.
pub fn signature(output: &str) -> Option<Signature> {
    let lines: Vec<&str> = output.lines().rev().take(MOST_LINES).collect();
    let best = lines.iter().rev().filter_map(|line| Some((weight(line)?, *line)));
    // Of equally telling lines the first: what follows an error is often its consequence.
    let (_, line) = best.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let plain = clean::terminal(line);
    let pattern = normalized(plain.trim());
    let id = hash::sha256_hex(pattern.as_bytes()).get(..12)?.to_owned();
    Some(Signature { id, pattern, example: clean::one_line(plain.trim(), 200) })
}

/// How much a line tells of a failure; nothing when it tells none.
fn weight(line: &str) -> Option<u8> {
    let line = line.trim();
    if line.is_empty() || line.len() > LONGEST {
        return None;
    }
    let lower = line.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    // A summary of how many failed, and a line about none, say nothing of why.
    if any(&[
        "traceback (most",
        "0 errors",
        "0 failed",
        "no errors",
        "test result:",
        "tests failed",
        "could not compile",
    ]) {
        return None;
    }
    let is_named = any(&["panicked at", "segmentation fault"])
        || names_exception(line)
        || lower.starts_with("error[")
        || lower.starts_with("##[error]");
    let is_error = lower.starts_with("error")
        || lower.starts_with("fatal")
        || lower.starts_with("e   ")
        || any(&["error:", "exception", "fatal:", "command not found", "no such file"])
        || any(&["permission denied", "cannot find", "timed out", "connection refused"]);
    let is_failure = any(&["failed", "failure", "not ok", "✗", "✕"]);
    match (is_named, is_error, is_failure) {
        (true, ..) => Some(3),
        (_, true, _) => Some(2),
        (_, _, true) => Some(1),
        _ => None,
    }
}

/// `ValueError: bad`, `java.lang.IllegalStateException: x`: the name of what was thrown says most.
fn names_exception(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    ["Error:", "Exception:"].iter().any(|end| word.ends_with(end) && word.len() > end.len())
}

/// A line without what changes from run to run: numbers, hashes, times, addresses, temporary and home folders, quoted values stay.
pub fn normalized(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/' && c != '.');
        if is_date(word) {
            return "#".to_owned();
        }
        if is_path(bare) { word.replace(bare, &last_part(bare)) } else { word.to_owned() }
    });
    let text = words.collect::<Vec<_>>().join(" ").to_lowercase();
    let mut result = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let run = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(run.max(first.len_utf8()));
        result.push_str(if varies(word) { "#" } else { word });
        rest = behind;
    }
    while result.contains("##") || result.contains("#.#") || result.contains("#:#") {
        result = result.replace("##", "#").replace("#.#", "#").replace("#:#", "#");
    }
    result
}

/// A word of digits, or one of hexadecimal digits with a figure in it that is long enough to be a hash or an address.
fn varies(word: &str) -> bool {
    let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let hex = word.strip_prefix("0x").unwrap_or(word);
    let is_hash = hex.len() >= 7
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
        && hex.bytes().any(|b| b.is_ascii_digit());
    let units = ["ms", "s", "kb", "mb", "us", "ns"];
    let is_amount = units.iter().any(|unit| {
        word.strip_suffix(unit)
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    });
    is_number || is_hash || is_amount
}

fn is_path(word: &str) -> bool {
    word.starts_with('/') && word.matches('/').count() >= 2
}

/// `2026-11-20T10:00:01Z`, `[2026-11-20`: the stamp of a log.
fn is_date(word: &str) -> bool {
    let word = word.trim_start_matches(['[', '(', '"']);
    let bytes = word.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    digits(0..4) && bytes.get(4) == Some(&b'-') && digits(5..7) && bytes.get(7) == Some(&b'-')
}

/// Where a file lies differs between worktrees; its name does not.
fn last_part(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(output: &str) -> String {
        signature(output).map(|found| found.pattern).unwrap_or_default()
    }

    #[test]
    fn the_same_failure_has_the_same_signature_wherever_and_whenever_it_happens() {
        for (one, other) in [
            (
                "thread 'a' (123) panicked at /data/worktrees/web/web-1/src/cart.rs:41:9:",
                "thread 'a' (98) panicked at /srv/worktrees/web/web-22/src/cart.rs:57:13:",
            ),
            ("error: request timed out after 3000ms", "error: request timed out after 12ms"),
            ("fatal: bad object 3f786850e387550fdab8", "fatal: bad object 89e6c98d92887913cadf"),
            (
                "2026-11-20T10:00:01Z ERROR: connection refused 10.0.0.1:5432",
                "2026-11-21T23:11:59Z ERROR: connection refused 10.0.0.9:5433",
            ),
            (
                "\u{1b}[31merror[E0425]\u{1b}[0m: cannot find value `x`",
                "error[E0425]: cannot find value `x`",
            ),
        ] {
            let (a, b) = (signature(one).unwrap(), signature(other).unwrap());
            assert_eq!((&a.id, &a.pattern), (&b.id, &b.pattern), "{one}\n{other}");
        }
    }

    #[test]
    fn different_failures_have_different_signatures() {
        let all = [
            "error: cannot find value `x`",
            "error: cannot find value `y`",
            "thread 'a' panicked at src/cart.rs:1:1:",
            "thread 'a' panicked at src/shop.rs:1:1:",
            "ModuleNotFoundError: No module named 'flask'",
            "ModuleNotFoundError: No module named 'django'",
        ];
        let ids: std::collections::BTreeSet<String> =
            all.iter().map(|line| signature(line).unwrap().id).collect();
        assert_eq!(ids.len(), all.len());
    }

    #[test]
    fn the_first_of_the_most_telling_lines_is_taken() {
        let cargo = "   Compiling shop v0.1.0\nerror[E0308]: mismatched types\n  --> src/a.rs:3:5\nerror: aborting due to 1 previous error\nerror: could not compile `shop`\n";
        assert_eq!(pattern(cargo), "error[e0308]: mismatched types");
        let tests = "test a ... FAILED\n\nthread 'a' panicked at src/a.rs:3:5:\nassertion failed\ntest result: FAILED. 1 passed; 1 failed\n";
        assert_eq!(pattern(tests), "thread 'a' panicked at src/a.rs:#:");
        let python =
            "Traceback (most recent call last):\n  File \"a.py\", line 3\nValueError: bad\n";
        assert_eq!(pattern(python), "valueerror: bad");
        for silent in
            ["", "all is well\n", "0 errors, 0 failed\n", "test result: FAILED. 3 passed\n"]
        {
            assert_eq!(signature(silent), None, "{silent}");
        }
    }

    #[test]
    fn no_output_makes_it_panic() {
        for odd in [
            "error: \u{0}\u{fffd}é",
            "ERROR 0x",
            "fatal: /",
            "error: //a/b/",
            &"error ".repeat(500),
        ] {
            drop(signature(odd));
        }
    }
}
