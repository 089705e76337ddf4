//! JSON as programs print it: one document over many lines, a document on each line, or an array of them, with other
//! text between.

use serde_json::{Deserializer, Value};

/// The documents in an output, in their order; what is none is left out.
pub(super) fn documents(bytes: &[u8]) -> Vec<Value> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Array(items)) => return items,
        Ok(document @ Value::Object(_)) => return vec![document],
        _ => {}
    }
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with('{'));
    let documents: Vec<Value> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
    if documents.is_empty() { last_object(&text).into_iter().collect() } else { documents }
}

/// The last object that begins at the start of a line, whatever stands before and behind it.
pub(super) fn last_object(text: &str) -> Option<Value> {
    /// A stack trace has a few braces; a longer search would only read a broken log many times.
    const TRIED: usize = 20;
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .filter(|at| text.get(*at..).is_some_and(|rest| rest.starts_with('{')))
        .collect();
    starts.into_iter().rev().take(TRIED).find_map(|at| {
        let mut values = Deserializer::from_str(text.get(at..)?).into_iter::<Value>();
        values.next()?.ok().filter(Value::is_object)
    })
}

/// The text at a JSON pointer.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

/// The number at a JSON pointer, also when it is written as text.
pub(super) fn number(value: &Value, pointer: &str) -> Option<u64> {
    let value = value.pointer(pointer)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The sum of the numbers at some pointers, absent ones being nothing.
pub(super) fn sum(value: &Value, pointers: &[&str]) -> u64 {
    pointers.iter().filter_map(|pointer| number(value, pointer)).fold(0, u64::saturating_add)
}

/// The price in dollars at a JSON pointer, in millionths.
pub(super) fn dollars(value: &Value, pointer: &str) -> Option<u64> {
    let dollars = value.pointer(pointer)?.as_f64()?;
    let micros = (dollars * 1e6).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked, and a million dollars fit"
    )]
    (0.0..=1e12).contains(&micros).then_some(micros as u64)
}
