//! What a person or an agent has to read of the log of a red check: the lines in which something went wrong, the first of them first, each
//! with a little of what stands around it, and the end. Pure. The log is somebody else's text: whoever posts an excerpt fences it.

use std::fmt::Write as _;

use crate::text::clean;

/// A line is cut here, in characters.
const LINE_CHARS: usize = 400;
/// So many lines before one that tells what went wrong are kept, and so many behind it.
const BEFORE: usize = 1;
const BEHIND: usize = 7;
/// The end of the log: so many lines.
const TAIL: usize = 20;
/// Part of the bytes that belongs to the end of the log, whatever stands before it.
const TAIL_SHARE: usize = 3;

/// Words at the beginning of a line that tells what went wrong.
const BEGINS: [&str; 22] = [
    "error:",
    "error[",
    "Error:",
    "ERROR",
    "FAILED",
    "FAIL ",
    "FAIL\t",
    "FAIL:",
    "--- FAIL",
    "E  ",
    "Traceback (most",
    "not ok",
    "npm ERR!",
    "npm error",
    "fatal:",
    "panic:",
    "●",
    "✕",
    "✗",
    "make: ***",
    "thread '",
    "Exception",
];
/// Words anywhere in such a line.
const HOLDS: [&str; 12] = [
    "panicked at",
    "AssertionError",
    "assertion failed",
    "assertion `",
    ": error:",
    " error TS",
    "SyntaxError",
    "TypeError",
    "undefined reference",
    "Segmentation fault",
    "command not found",
    "... FAILED",
];

/// The excerpt of a log, of at most so many bytes; empty for a log in which nothing stands.
///
/// Secrets are covered before: half of one, at a cut, has no form by which it could be found.
pub fn of_log(log: &str, most_bytes: usize) -> String {
    let lines = plain_lines(log);
    let mut kept = vec![false; lines.len()];
    let tail_bytes = most_bytes / TAIL_SHARE;
    let mut left = most_bytes.saturating_sub(keep_tail(&lines, &mut kept, tail_bytes));
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| tells(line)) {
        let around = at.saturating_sub(BEFORE)..(at + BEHIND + 1).min(lines.len());
        for place in around {
            let Some((line, kept)) = lines.get(place).zip(kept.get_mut(place)) else { continue };
            // The note about what is left out needs room as well.
            let needs = line.len() + 32;
            if !*kept && needs <= left {
                *kept = true;
                left -= needs;
            }
        }
    }
    joined(&lines, &kept)
}

/// Marks the end of the log; returns how many bytes it has.
fn keep_tail(lines: &[String], kept: &mut [bool], most_bytes: usize) -> usize {
    let mut bytes = 32;
    for (line, kept) in lines.iter().zip(kept.iter_mut()).rev().take(TAIL) {
        if bytes + line.len() + 1 > most_bytes {
            break;
        }
        bytes += line.len() + 1;
        *kept = true;
    }
    bytes
}

/// The lines that were marked, and how many are left out between them.
fn joined(lines: &[String], kept: &[bool]) -> String {
    let mut text = String::new();
    let mut skipped = 0_usize;
    for (line, kept) in lines.iter().zip(kept) {
        if !kept {
            skipped += 1;
            continue;
        }
        note(&mut text, skipped);
        skipped = 0;
        text.push_str(line);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

fn note(text: &mut String, skipped: usize) {
    if skipped > 0 {
        let lines = if skipped == 1 { "line" } else { "lines" };
        let _infallible = writeln!(text, "… ({skipped} {lines})");
    }
}

/// The log without what steers a terminal, without the stamps and the markup of GitHub Actions, without empty and repeated lines.
fn plain_lines(log: &str) -> Vec<String> {
    let text = clean::untrusted(&clean::terminal(log)).text;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let Some(line) = without_markup(without_stamp(line)) else { continue };
        let line = cut(line.trim_end());
        let is_repeated = lines.last().is_some_and(|last| *last == line);
        if !line.trim().is_empty() && !is_repeated {
            lines.push(line);
        }
    }
    lines
}

/// A line of GitHub Actions begins with the time: `2026-01-05T09:00:00.1234567Z `.
fn without_stamp(line: &str) -> &str {
    let Some((stamp, rest)) = line.split_once(' ') else {
        return if is_stamp(line) { "" } else { line };
    };
    if is_stamp(stamp) { rest } else { line }
}

fn is_stamp(word: &str) -> bool {
    let shape = |at: usize, byte: u8| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        19 => byte == b'.',
        _ => byte.is_ascii_digit(),
    };
    let Some(digits) = word.strip_suffix('Z') else { return false };
    digits.len() > 20 && digits.bytes().enumerate().all(|(at, byte)| shape(at, byte))
}

/// `##[error]x` is `Error: x`, as GitHub shows it; what only folds the log or is for debugging goes.
fn without_markup(line: &str) -> Option<String> {
    let Some((word, rest)) = line.strip_prefix("##[").and_then(|rest| rest.split_once(']')) else {
        return Some(line.to_owned());
    };
    match word {
        "endgroup" | "debug" => None,
        "error" => Some(format!("Error: {rest}")),
        "warning" => Some(format!("Warning: {rest}")),
        "command" => Some(format!("$ {rest}")),
        _ => Some(rest.to_owned()),
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= LINE_CHARS {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(LINE_CHARS - 1).collect();
    short.push('…');
    short
}

/// Whether a line tells what went wrong.
fn tells(line: &str) -> bool {
    let text = line.trim_start();
    // pytest marks its lines with an `E` at the very beginning.
    BEGINS.iter().any(|word| text.starts_with(word)) || HOLDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
#[path = "excerpt_tests.rs"]
mod tests;
