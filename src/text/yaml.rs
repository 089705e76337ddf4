//! Every YAML text in and out; the only file that names the crate `serde_yaml`.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
pub use serde_yaml::{Mapping, Value};

mod emit;
mod plain;
mod source;
mod walk;

use source::Source;

/// Where a YAML text comes from, for messages.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The file, as a person would name it.
    pub file: &'a str,
    /// The line of the file on which the YAML begins, 1 for a whole file.
    pub first_line: usize,
}

/// What is wrong with a YAML text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// The file as it was named in [`Place`].
    pub file: String,
    /// The line in the file, counted from 1.
    pub line: Option<usize>,
    /// The column, counted in characters from 1.
    pub column: Option<usize>,
    /// What is wrong, on one line.
    pub message: String,
    /// The line, the one above it and a caret; values of keys that name a secret are covered.
    pub excerpt: Option<Box<str>>,
    /// What to do, where that is known.
    pub hint: Option<String>,
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        write!(f, ": {}", self.message)?;
        match &self.excerpt {
            Some(excerpt) => write!(f, "\n{excerpt}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for YamlError {}

/// Reads one YAML document.
///
/// # Errors
///
/// Syntax, a key given twice, a key or value that `T` does not take, more than 4 MiB, too many or too deep nodes after
/// aliases are followed, control characters. Nothing of the text is given back then.
pub fn parse<T: DeserializeOwned>(text: &str, place: &Place<'_>) -> Result<T, YamlError> {
    if let Some(map) = plain::mapping(text)
        && let Ok(value) = T::deserialize(serde_json::Value::Object(map))
    {
        return Ok(value);
    }
    parse_any(text, place)
}

/// The real reader, for everything that is not plain.
fn parse_any<T: DeserializeOwned>(text: &str, place: &Place<'_>) -> Result<T, YamlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Source { text, place };
    source.check_characters()?;
    walk::check(text).map_err(|error| source.explain(&error))?;
    serde_yaml::from_str(text).map_err(|error| source.explain(&error))
}

/// Writes a value so that every YAML reader, old ones too, reads the same back.
///
/// # Errors
///
/// A value that has no place in YAML: a map or list as the key of a map, or numbers of more than 64 bits.
pub fn render<T: Serialize>(value: &T) -> Result<String, YamlError> {
    let failed = |message: String| YamlError {
        file: "YAML".to_owned(),
        line: None,
        column: None,
        message,
        excerpt: None,
        hint: None,
    };
    let value = serde_yaml::to_value(value).map_err(|error| failed(error.to_string()))?;
    emit::document(&value).map_err(|error| failed(error.to_string()))
}

/// Finds the line, counted from 1, on which a key stands; items of lists are named by their number from 0.
///
/// A text that cannot be read has no keys.
pub fn key_line(text: &str, path: &[&str]) -> Option<usize> {
    key_place(text, path).map(|(line, _)| line)
}

/// Makes an error about the value of a key, with the key's place where the text has it.
pub fn error_at(text: &str, place: &Place<'_>, path: &[&str], message: &str) -> YamlError {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Source { text, place }.error(key_place(text, path), message)
}

fn key_place(text: &str, path: &[&str]) -> Option<(usize, usize)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let place = Place { file: "", first_line: 1 };
    Source { text, place: &place }.check_characters().ok()?;
    walk::key_place(text, path)
}

#[cfg(test)]
mod tests;
