//! One line at a time: is it a key of the contract, the start of a section we do not know, a fence, or text?

/// A key of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Status,
    BlockerCode,
    Summary,
    Done,
    Blockers,
    NextStep,
    FilesChanged,
    TestsRun,
    Decisions,
    Risks,
    AttemptedApproaches,
    ManualSteps,
}

impl Key {
    /// Every key, in the order in which a result is written.
    pub(super) const ALL: [Self; 12] = [
        Self::Status,
        Self::BlockerCode,
        Self::Summary,
        Self::Done,
        Self::Blockers,
        Self::NextStep,
        Self::FilesChanged,
        Self::TestsRun,
        Self::Decisions,
        Self::Risks,
        Self::AttemptedApproaches,
        Self::ManualSteps,
    ];

    /// The key as it is written.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Status => "STATUS",
            Self::BlockerCode => "BLOCKER_CODE",
            Self::Summary => "SUMMARY",
            Self::Done => "DONE",
            Self::Blockers => "BLOCKERS",
            Self::NextStep => "NEXT_STEP",
            Self::FilesChanged => "FILES_CHANGED",
            Self::TestsRun => "TESTS_RUN",
            Self::Decisions => "DECISIONS",
            Self::Risks => "RISKS",
            Self::AttemptedApproaches => "ATTEMPTED_APPROACHES",
            Self::ManualSteps => "MANUAL_STEPS",
        }
    }
}

/// How surely a line is meant as a key. Agents write "- Done: the cart" inside a list; such a line is a key only
/// where the file has no better candidate for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// A list item in another letter case.
    ListItem,
    /// Another letter case or spelling.
    Spelled,
    /// Exactly as the contract writes it.
    Exact,
}

/// What a section is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Known(Key, Certainty),
    Unknown(String),
}

/// A line that begins a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyLine<'a> {
    pub(super) name: Name,
    /// What stands behind the key on the same line.
    pub(super) value: &'a str,
    /// How many `#` are before it; 0 = no heading.
    pub(super) level: usize,
}

/// Words that are written like a key in prose and begin no section.
const PROSE: [&str; 14] = [
    "NOTE",
    "NOTES",
    "TODO",
    "FIXME",
    "WARNING",
    "HTTP",
    "HTTPS",
    "ERROR",
    "PASS",
    "FAIL",
    "TIP",
    "IMPORTANT",
    "CAUTION",
    "INFO",
];

const LONGEST_KEY: usize = 40;

/// Reads a line as the beginning of a section.
pub(super) fn key_line(line: &str) -> Option<KeyLine<'_>> {
    let mut rest = line.trim_start();
    let indented = rest.len() != line.len();
    let (mut listed, mut level) = (false, 0);
    // At most two markers: a list item that holds a heading, or the other way round.
    for _ in 0..2 {
        if let Some(behind) = strip_bullet(rest) {
            (rest, listed) = (behind, true);
        } else if level == 0 {
            level = heading_level(rest).max(crowded_level(rest));
            if level > 0 {
                rest = rest.trim_start_matches('#').trim_start();
            }
        }
    }
    let emphasis_end = rest.find(|c| !is_emphasis(c)).unwrap_or(rest.len());
    let (emphasis, body) = rest.split_at(emphasis_end);
    let colon = body.char_indices().take(60).find(|(_, c)| matches!(c, ':' | '：'));
    let (label, value) = match colon {
        Some((at, c)) => (body.get(..at)?, body.get(at + c.len_utf8()..)?),
        None if level > 0 || emphasis.starts_with("**") || emphasis.starts_with("__") => (body, ""),
        None => return None,
    };
    let name = label.trim().trim_end_matches(is_emphasis).trim_end();
    let closed = name.len() != label.trim().len();
    let inline = if emphasis.is_empty() || closed { value.trim() } else { strip_emphasis(value) };
    let unsure = if listed { Certainty::ListItem } else { Certainty::Spelled };
    if let Some((key, certainty)) = known(name, unsure) {
        return Some(KeyLine { name: Name::Known(key, certainty), value: inline, level });
    }
    if listed || indented {
        return None;
    }
    let detached =
        value.is_empty() || value.starts_with(|c: char| c.is_whitespace() || is_emphasis(c));
    let (title, value) = match (level, detached) {
        (0, true) if colon.is_some() && is_unknown_key(name) => (name, inline),
        (0, _) => return None,
        (_, true) => (name, inline),
        (_, false) => (body, ""),
    };
    Some(KeyLine { name: Name::Unknown(unknown_name(title)?), value, level })
}

fn known(name: &str, unsure: Certainty) -> Option<(Key, Certainty)> {
    let spelled: String = name
        .split(|c: char| c.is_whitespace() || matches!(c, '_' | '-'))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_")
        .to_ascii_uppercase();
    let key = Key::ALL.into_iter().find(|key| key.as_str() == spelled)?;
    let certainty = if name == key.as_str() { Certainty::Exact } else { unsure };
    Some((key, certainty))
}

fn is_unknown_key(name: &str) -> bool {
    is_key_token(name) && !PROSE.contains(&name)
}

fn is_key_token(name: &str) -> bool {
    (3..=LONGEST_KEY).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.ends_with(|c: char| c != '_')
        && !name.contains("__")
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// A title as a key: upper case with `_`; `None` when too little of it is left, or what is left is the contract's.
pub(super) fn unknown_name(title: &str) -> Option<String> {
    let key = title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_")
        .to_ascii_uppercase();
    let key: String = key.chars().take(LONGEST_KEY).collect();
    let key = key.trim_end_matches('_');
    let is_free = Key::ALL.iter().all(|known| known.as_str() != key);
    (is_free && is_key_token(key)).then(|| key.to_owned())
}

fn is_emphasis(c: char) -> bool {
    matches!(c, '*' | '_' | '`')
}

/// The value behind `**KEY:` with the closing marks taken off, wherever they stand.
fn strip_emphasis(value: &str) -> &str {
    let value = value.trim();
    let behind = value.trim_start_matches(is_emphasis);
    if behind.len() == value.len() { value.trim_end_matches(is_emphasis) } else { behind.trim() }
}

/// How many `#` begin this heading; 0 when it is none.
pub(super) fn heading_level(line: &str) -> usize {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let spaced = line.get(level..).is_some_and(|rest| rest.starts_with([' ', '\t']));
    if (1..=6).contains(&level) && spaced { level } else { 0 }
}

/// The same of one without a blank behind its `#` (`#STATUS: complete`), which is a heading only before a key of the contract.
fn crowded_level(line: &str) -> usize {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let rest = line.get(level..).unwrap_or_default();
    let label = rest.split_once([':', '：']).map(|(label, _)| label);
    let name = label.unwrap_or(rest).trim().trim_matches(is_emphasis).trim();
    let is_key = known(name, Certainty::Spelled)
        .is_some_and(|(_, certainty)| label.is_some() || certainty == Certainty::Exact);
    if (1..=6).contains(&level) && is_key { level } else { 0 }
}

/// The text behind a list marker (`-`, `*`, `+`, `•`, `1.`, `1)`), if the line has one.
pub(super) fn strip_bullet(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let behind = if (1..=3).contains(&digits) {
        line.get(digits..)?.strip_prefix(['.', ')'])?
    } else {
        line.strip_prefix(['-', '*', '+', '•'])?
    };
    if behind.is_empty() {
        return Some(behind);
    }
    behind.starts_with([' ', '\t']).then(|| behind.trim_start())
}
