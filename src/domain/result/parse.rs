//! From the bytes of a result file to a result, or to the reason why it is none.

use super::super::blocker::BlockerCode;
use super::render::is_template_text;
use super::scan::{Key, Name, strip_bullet};
use super::sections::{Line, Section, is_fence, split, unescape};
use super::{AgentResult, ContractViolation, ResultStatus};

/// A result file may have one mebibyte; more is no report but a dump.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Reads a result file, whatever bytes it holds.
///
/// # Errors
///
/// When there is no usable status or code, or when the file is empty, too large or the untouched template.
pub fn parse(bytes: &[u8]) -> Result<AgentResult, ContractViolation> {
    if bytes.len() > MAX_BYTES {
        return Err(violation(format!(
            "the file has {} bytes; at most {MAX_BYTES} are read",
            bytes.len()
        )));
    }
    let text = clean(&String::from_utf8_lossy(bytes));
    if text.trim().is_empty() {
        return Err(violation("the file is empty"));
    }
    let sections = split(&text);
    let status = status(&sections)?;
    if [Key::Summary, Key::Done].into_iter().any(|key| is_echo(&sections, key)) {
        return Err(echoed());
    }
    let (status, blocker) = settle(status, blocker(&sections)?)?;
    let list = |key| items(lines_of(&sections, key));
    Ok(AgentResult {
        status,
        blocker,
        summary: text_of(lines_of(&sections, Key::Summary)),
        done: list(Key::Done),
        blockers: list(Key::Blockers),
        next_step: text_of(lines_of(&sections, Key::NextStep)),
        files_changed: list(Key::FilesChanged),
        tests_run: list(Key::TestsRun),
        decisions: list(Key::Decisions),
        risks: list(Key::Risks),
        attempted_approaches: list(Key::AttemptedApproaches),
        manual_steps: list(Key::ManualSteps),
        unknown: unknown(&sections),
    })
}

/// Line ends as `\n`, no byte order mark, no other control or zero-width characters.
pub(super) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let unwanted = |c: &char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}')
    };
    text.chars().filter(|c| !unwanted(c)).collect()
}

fn violation(reason: impl Into<String>) -> ContractViolation {
    ContractViolation { reason: reason.into() }
}

fn echoed() -> ContractViolation {
    violation("the template was handed back: replace every `<…>` by what is the case")
}

fn lines_of<'a>(sections: &'a [Section<'a>], wanted: Key) -> impl Iterator<Item = &'a Line<'a>> {
    sections
        .iter()
        .filter(move |section| matches!(section.name, Name::Known(key, _) if key == wanted))
        .flat_map(|section| &section.lines)
}

/// The first words of each section of that key, in the order of the file.
fn values<'a>(sections: &'a [Section<'a>], wanted: Key) -> Vec<&'a str> {
    sections
        .iter()
        .filter(|section| matches!(section.name, Name::Known(key, _) if key == wanted))
        .map(|section| {
            let mut lines = section.lines.iter().map(|line| line.text.trim());
            lines.find(|line| !line.is_empty() && !is_fence(line)).unwrap_or_default()
        })
        .filter(|value| !value.is_empty())
        .collect()
}

fn status(sections: &[Section<'_>]) -> Result<ResultStatus, ContractViolation> {
    let known = "expected `complete`, `partial` or `blocked`";
    let mut found: Option<ResultStatus> = None;
    for value in values(sections, Key::Status) {
        let statuses = ResultStatus::ALL.map(ResultStatus::as_str);
        if is_placeholder(value) || is_choice(value, &statuses) {
            return Err(echoed());
        }
        let word = first_word(value);
        let read = ResultStatus::ALL.into_iter().find(|status| status.as_str() == word);
        let read = read.ok_or_else(|| {
            violation(format!("STATUS is `{}`, which is no status; {known}", quote(value)))
        })?;
        match found {
            Some(earlier) if earlier != read => {
                return Err(violation(format!(
                    "STATUS is given twice, as `{earlier}` and as `{read}`; keep one"
                )));
            }
            _ => found = Some(read),
        }
    }
    found.ok_or_else(|| violation(format!("there is no STATUS; {known}")))
}

/// The code, or `None` where the file gives none.
fn blocker(sections: &[Section<'_>]) -> Result<Option<BlockerCode>, ContractViolation> {
    let mut found: Option<BlockerCode> = None;
    for value in values(sections, Key::BlockerCode) {
        let codes = BlockerCode::ALL.map(BlockerCode::as_str);
        if is_placeholder(value) || is_choice(value, &codes) {
            return Err(echoed());
        }
        if is_nothing(value) && !value.to_ascii_lowercase().contains("none") {
            continue;
        }
        let read = read_code(value).ok_or_else(|| {
            let codes = codes.join(", ");
            violation(format!(
                "BLOCKER_CODE is `{}`, which is no code; expected one of {codes}",
                quote(value)
            ))
        })?;
        match found {
            Some(earlier) if earlier != read => {
                return Err(violation(format!(
                    "BLOCKER_CODE is given twice, as `{earlier}` and as `{read}`; keep one"
                )));
            }
            _ => found = Some(read),
        }
    }
    Ok(found)
}

/// A code alone, or followed by an explanation: `test_failure (3 of 40)`.
fn read_code(value: &str) -> Option<BlockerCode> {
    let value = strip_bullet(value).unwrap_or(value);
    let head = value.split(['(', ',', ';', ':', '.', '–', '—']).next().unwrap_or_default();
    let head = head.split(" - ").next().unwrap_or_default();
    let word = value.split_whitespace().next().unwrap_or_default();
    // "none of the keys works" is no code, "timeout while testing" is.
    let word = Some(word).filter(|word| !word.eq_ignore_ascii_case("none")).unwrap_or_default();
    [value, head, word].into_iter().find_map(|text| text.parse().ok())
}

fn settle(
    status: ResultStatus,
    code: Option<BlockerCode>,
) -> Result<(ResultStatus, BlockerCode), ContractViolation> {
    match (status, code) {
        (ResultStatus::Complete, None | Some(BlockerCode::None)) => {
            Ok((ResultStatus::Complete, BlockerCode::None))
        }
        // Something is in the way of what is called complete: then it is not.
        (ResultStatus::Complete, Some(code)) => Ok((ResultStatus::Partial, code)),
        (ResultStatus::Blocked, Some(BlockerCode::None)) => {
            Err(violation("STATUS is `blocked` but BLOCKER_CODE is `none`; say what is in the way"))
        }
        (ResultStatus::Partial | ResultStatus::Blocked, Some(code)) => Ok((status, code)),
        (ResultStatus::Partial | ResultStatus::Blocked, None) => Err(violation(format!(
            "STATUS is `{status}` but there is no BLOCKER_CODE; say what is in the way"
        ))),
    }
}

/// The first word in lower case, without what decorates it (`**Complete.**`, `✅ complete`).
fn first_word(value: &str) -> String {
    value
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        .take(60)
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .trim_end_matches(['_', '-'])
        .to_owned()
}

/// `complete | partial | blocked`: the list of what may be chosen, with nothing chosen.
fn is_choice(value: &str, options: &[&str]) -> bool {
    let words: Vec<String> = value
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .filter(|word| word != "or")
        .collect();
    words.len() > 1
        && words.iter().all(|word| options.contains(&word.as_str()))
        && words.iter().any(|word| Some(word) != words.first())
}

/// A whole value in angle brackets that is a phrase and not a tag: `<what was done>`.
fn is_placeholder(value: &str) -> bool {
    let value = without_bullets(value).trim_matches(['*', '`', ' ', '.']);
    let inner = value.strip_prefix('<').and_then(|v| v.strip_suffix('>'));
    is_template_text(value)
        || inner.is_some_and(|inner| {
            !inner.contains(['<', '>', '/', '=']) && inner.contains([' ', '_', '|', '…'])
        })
}

fn is_echo(sections: &[Section<'_>], key: Key) -> bool {
    let mut lines = lines_of(sections, key).map(|line| line.text.trim()).filter(|l| !l.is_empty());
    lines.next().is_some_and(|first| is_placeholder(first) && lines.all(is_placeholder))
}

/// Words that agents write where there is nothing to say.
pub(super) fn is_nothing(value: &str) -> bool {
    let value = value.trim().trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
    matches!(
        value.as_str(),
        "" | "none" | "n/a" | "na" | "nil" | "null" | "nothing" | "not applicable"
    )
}

/// A text of one line needs no list marker.
fn without_bullets(line: &str) -> &str {
    let mut line = line.trim();
    while let Some(behind) = strip_bullet(line) {
        line = behind.trim();
    }
    line
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && ['-', '*', '_'].into_iter().any(|mark| line.chars().all(|c| c == mark))
}

/// The text of a section: as it is, without blank lines and rules around it.
pub(super) fn text_of<'a>(lines: impl Iterator<Item = &'a Line<'a>>) -> String {
    let lines: Vec<String> = lines
        .filter(|line| line.fenced || !is_placeholder(line.text))
        .map(|line| {
            let text = if line.fenced { line.text.into() } else { unescape(line.text) };
            text.trim_end().to_owned()
        })
        .collect();
    let is_frame = |line: &String| line.is_empty() || is_rule(line);
    let start = lines.iter().position(|line| !is_frame(line)).unwrap_or(lines.len());
    let end = lines.iter().rposition(|line| !is_frame(line)).map_or(start, |last| last + 1);
    let text = lines.get(start..end).unwrap_or_default().join("\n");
    let text = text.trim();
    let text = if text.contains('\n') { text } else { without_bullets(text) };
    if is_nothing(text) { String::new() } else { text.to_owned() }
}

/// The items of a list: a line each, an indented line without a marker continuing the one before it.
fn items<'a>(lines: impl Iterator<Item = &'a Line<'a>>) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in lines {
        let bullet = strip_bullet(line.text);
        let text = bullet.unwrap_or(line.text).trim();
        if text.is_empty() || is_rule(line.text) || is_fence(line.text) {
            continue;
        }
        if line.fenced {
            items.push(text.to_owned());
            continue;
        }
        let continues = bullet.is_none() && line.text.starts_with([' ', '\t']);
        match items.last_mut().filter(|_| continues) {
            Some(item) => {
                item.push(' ');
                item.push_str(text);
            }
            None => items.push(unescape(text).into_owned()),
        }
    }
    items.retain(|item| !is_nothing(item) && !is_placeholder(item));
    items
}

fn unknown(sections: &[Section<'_>]) -> Vec<(String, String)> {
    let named = sections.iter().filter_map(|section| match &section.name {
        Name::Unknown(name) => Some((name.clone(), text_of(section.lines.iter()))),
        Name::Known(..) => None,
    });
    named.filter(|(_, text)| !text.is_empty()).collect()
}

/// What was found instead, short enough for a sentence.
fn quote(value: &str) -> String {
    let value = value.trim_matches(|c: char| matches!(c, '*' | '`') || c.is_whitespace());
    value.chars().filter(|c| *c != '`').take(60).collect()
}
