//! The versions of the programs that we know: which are supported, which one is there. Asking takes up to seconds, so that an answer is
//! remembered for some minutes, and only while the program's file stays the same.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Problem, Question};
use crate::agent::environment::child_environment;
use crate::sys::files;
use crate::sys::program::{Program, ProgramError};

/// How long a program may take to tell its version, on a machine that is busy.
const DEADLINE: Duration = Duration::from_secs(30);

/// How long an answer is believed.
const BELIEVED: SignedDuration = SignedDuration::from_mins(10);

/// A remembered answer is small.
const MAX_BYTES: u64 = 1024 * 1024;

/// The versions of a program that we can drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// Older ones lack what we need.
    minimum: [u32; 3],
    /// The one that our recipes were tried with.
    tried: [u32; 3],
    /// From here on nothing is known.
    below: [u32; 3],
}

/// The range of a program that we know.
pub(super) fn range_of(program: &str) -> Option<Range> {
    let range = |minimum, tried, below| Some(Range { minimum, tried, below });
    match program {
        "claude" => range([2, 0, 0], [2, 1, 329], [3, 0, 0]),
        "codex" => range([0, 100, 0], [0, 169, 0], [1, 0, 0]),
        "gemini" => range([0, 30, 0], [0, 61, 0], [1, 0, 0]),
        "opencode" => range([1, 0, 0], [1, 18, 33], [2, 0, 0]),
        _ => None,
    }
}

/// Whether our recipes were tried with this version of a program.
#[cfg(test)]
pub(super) fn is_tried(program: &str, version: &str) -> bool {
    range_of(program).is_some_and(|range| dotted(range.tried) == version)
}

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    /// Its version.
    Version([u32; 3]),
    /// Something else.
    Unclear(String),
    /// It cannot be run.
    Broken(String),
    /// It took too long, or it was not asked.
    NoAnswer,
}

impl Asked {
    pub(super) fn version(&self) -> Option<String> {
        match self {
            Self::Version(version) => Some(dotted(*version)),
            Self::Unclear(_) | Self::Broken(_) | Self::NoAnswer => None,
        }
    }
}

fn dotted(version: [u32; 3]) -> String {
    version.map(|part| part.to_string()).join(".")
}

/// What follows from a version.
pub(super) fn judge(program: &str, range: Range, asked: &Asked) -> Option<Problem> {
    let Range { minimum, tried, below } = range;
    match asked {
        Asked::Version(version) if *version < minimum => Some(Problem::blocking(
            format!("`{program}` {} is older than {}", dotted(*version), dotted(minimum)),
            format!("update it; {} was tried", dotted(tried)),
        )),
        Asked::Version(version) if *version >= below => Some(Problem::warning(
            format!("`{program}` {} is newer than what was tried", dotted(*version)),
            format!("if its runs fail, go back to {}", dotted(tried)),
        )),
        Asked::Version(_) | Asked::NoAnswer => None,
        Asked::Unclear(said) => Some(Problem::warning(
            format!("`{program} --version` says `{said}`, which is no version"),
            format!("install {}, which was tried", dotted(tried)),
        )),
        Asked::Broken(reason) => Some(Problem::blocking(
            format!("`{program}` cannot be run: {reason}"),
            "run it with `--version` and mend what it says",
        )),
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Remembered {
    file: String,
    asked: Asked,
    at: Timestamp,
}

/// The version of the program at `path`.
pub(super) fn of(question: &Question<'_>, path: &Path) -> Asked {
    let cache = question.cache.join("versions.json");
    let mut known: BTreeMap<String, Remembered> = files::read_text(&cache, MAX_BYTES)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let key = path.display().to_string();
    let file = fingerprint(path);
    let is_young = |at: Timestamp| {
        let age = question.now.duration_since(at);
        !age.is_negative() && age < BELIEVED
    };
    if let Some(known) = known.get(&key).filter(|known| known.file == file)
        && (is_young(known.at) || !question.may_run)
    {
        return known.asked.clone();
    }
    if !question.may_run {
        return Asked::NoAnswer;
    }
    let asked = ask(question, path);
    if asked != Asked::NoAnswer {
        known.insert(key, Remembered { file, asked: asked.clone(), at: question.now });
        // What cannot be remembered is asked again.
        if let Ok(text) = serde_json::to_string(&known) {
            drop(files::replace(&cache, text.as_bytes()));
        }
    }
    asked
}

/// Tells one file of a program from another, also behind a link.
fn fingerprint(path: &Path) -> String {
    std::fs::metadata(path).map_or_else(
        |error| error.to_string(),
        |data| format!("{} {} {}.{}", data.ino(), data.len(), data.mtime(), data.mtime_nsec()),
    )
}

fn ask(question: &Question<'_>, path: &Path) -> Asked {
    let home = question.cache.join("home");
    if let Err(error) = files::make_dir(&home) {
        return Asked::Broken(error.to_string());
    }
    let extra = [("HOME", home.display().to_string()), ("TMPDIR", home.display().to_string())];
    let environment = child_environment(question.environment, question.table, &extra);
    // A version needs no keys.
    let is_key = |name: &str| ["KEY", "TOKEN", "SECRET"].iter().any(|part| name.contains(part));
    let program = Program {
        argv: vec![path.as_os_str().to_owned(), OsString::from("--version")],
        dir: Some(home),
        env: environment
            .into_iter()
            .filter(|(name, _)| !is_key(name))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        stdin: Vec::new(),
        deadline: DEADLINE,
    };
    match program.run() {
        Ok(output) if output.code == Some(0) => read(&String::from_utf8_lossy(&output.stdout)),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let line = said.lines().map(str::trim).rfind(|line| !line.is_empty());
            let code = output.code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
            Asked::Broken(format!("it ended with {code}: {}", short(line.unwrap_or_default())))
        }
        Err(ProgramError::Deadline { .. }) => Asked::NoAnswer,
        Err(error) => Asked::Broken(error.to_string()),
    }
}

/// The first three numbers with points between them.
fn read(text: &str) -> Asked {
    let words = text.split(|c: char| c.is_whitespace() || c == '(' || c == ')');
    let version = words.map(|word| word.trim_start_matches('v')).find_map(|word| {
        let mut parts = word.split(['.', '-', '+']).map(|part| part.parse::<u32>().ok());
        Some([parts.next()??, parts.next()??, parts.next()??])
    });
    version.map_or_else(|| Asked::Unclear(short(text.trim())), Asked::Version)
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_programs_print_them() {
        for (text, version) in [
            ("2.1.329 (Claude Code)\n", [2, 1, 329]),
            ("codex-cli 0.169.0\n", [0, 169, 0]),
            ("0.61.0\n", [0, 61, 0]),
            ("v1.18.33-beta.2", [1, 18, 33]),
        ] {
            assert_eq!(read(text), Asked::Version(version), "{text}");
        }
        assert_eq!(read("hello\n"), Asked::Unclear("hello".to_owned()));
        assert_eq!(read(""), Asked::Unclear(String::new()));
    }

    #[test]
    fn too_old_is_refused_and_too_new_is_told() {
        let judged = |asked| {
            let problem = judge("codex", range_of("codex").unwrap(), &asked);
            problem.map(|problem| (problem.blocks, problem.what))
        };
        assert_eq!(judged(Asked::Version([0, 169, 0])), None);
        assert_eq!(judged(Asked::NoAnswer), None);
        assert!(judged(Asked::Version([0, 99, 9])).unwrap().0);
        assert!(!judged(Asked::Version([1, 0, 0])).unwrap().0);
        assert!(!judged(Asked::Unclear("x".to_owned())).unwrap().0);
        assert!(judged(Asked::Broken("x".to_owned())).unwrap().0);
        for program in ["claude", "codex", "gemini", "opencode"] {
            let range = range_of(program).unwrap();
            assert!(range.minimum < range.tried && range.tried < range.below, "{program}");
        }
        assert_eq!(range_of("house-bot"), None);
    }
}
