//! The JSON in what a model said: all of it, a fenced block, or an object in the middle of prose. The last one counts, because a model may
//! repeat what it was shown before it answers.

use serde_json::Value;

use super::form::Form;

/// A longer answer is not looked at.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// So many places where an object may begin are tried.
const MAX_PLACES: usize = 64;

/// Finds the JSON of a form's outermost kind in a model's words.
///
/// # Errors
///
/// When there is none, or the text is too long; in words that hold nothing of the text.
pub fn extract(text: &str, form: &Form) -> Result<Value, String> {
    if text.len() > MAX_ANSWER_BYTES {
        return Err(format!("it is longer than {MAX_ANSWER_BYTES} bytes"));
    }
    let text = text.trim().trim_start_matches('\u{feff}');
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let opening = form.opening();
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok().filter(|v| form.is_like(v));
    parsed(text)
        .or_else(|| fenced(text).iter().rev().find_map(|block| parsed(block.trim())))
        .or_else(|| in_prose(text, opening, form))
        .ok_or_else(|| format!("it holds no JSON {}", form.kind()))
}

/// The insides of fences of three or more backticks, in their order.
fn fenced(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<Vec<&str>> = None;
    for line in text.lines() {
        match (line.trim_start().starts_with("```"), &mut open) {
            (true, Some(_)) => blocks.extend(open.take().map(|lines| lines.join("\n"))),
            (true, None) => open = Some(Vec::new()),
            (false, Some(lines)) => lines.push(line),
            (false, None) => {}
        }
    }
    blocks.extend(open.map(|lines| lines.join("\n")));
    blocks
}

/// The last value that begins with this character and is not part of an earlier one.
fn in_prose(text: &str, opening: char, form: &Form) -> Option<Value> {
    let mut found = None;
    let mut at = 0;
    for _ in 0..MAX_PLACES {
        let Some(next) = text.get(at..).and_then(|rest| rest.find(opening)) else { break };
        at += next;
        let rest = text.get(at..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                at += values.byte_offset().max(1);
                found = Some(value).filter(|value| form.is_like(value)).or(found);
            }
            _ => at += opening.len_utf8(),
        }
    }
    found
}
