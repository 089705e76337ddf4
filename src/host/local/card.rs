//! One file of the board: front matter that people edit by hand and a text, read leniently and changed key by key. The text is kept byte
//! for byte, and so are keys that we do not know.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::yaml_lines::{self, Change};
use super::{failure, values};
use crate::host::HostError;
use crate::sys::files;
use crate::text::front_matter;
use crate::text::yaml::{self, Mapping, Place, Value};

/// More is no issue that a person wrote.
pub(super) const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// A file of the board as it was read.
#[derive(Debug, Clone)]
pub(super) struct Card {
    path: PathBuf,
    what: String,
    yaml: String,
    keys: Mapping,
    text: String,
}

impl Card {
    /// Reads a file; `what` names its subject in messages.
    ///
    /// # Errors
    ///
    /// When it is missing, no regular file, too large, or its front matter cannot be read.
    pub(super) fn read(path: &Path, what: String) -> Result<Self, HostError> {
        let text = files::read_text(path, MAX_FILE_BYTES)
            .map_err(|error| failure::of_file(&what, &error))?;
        Self::parse(path, what, &text)
    }

    fn parse(path: &Path, what: String, text: &str) -> Result<Self, HostError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let file = path.display().to_string();
        let malformed = |reason: String| HostError::Malformed { what: what.clone(), reason };
        if text.lines().next().is_none_or(|line| line.trim_end() != "---") {
            let (yaml, keys, text) = (String::new(), Mapping::new(), text.to_owned());
            return Ok(Self { path: path.to_path_buf(), what, yaml, keys, text });
        }
        let parts =
            front_matter::split(text).map_err(|error| malformed(format!("{file}:1: {error}")))?;
        let place = Place { file: &file, first_line: 2 };
        let value: Value = yaml::parse(parts.yaml, &place).map_err(|error| {
            // The first line names file, line and column; an excerpt may follow, which a report has no room for.
            let message = error.to_string();
            let message = message.lines().next().unwrap_or_default().to_owned();
            malformed(format!(
                "{message}; mend the lines between the two `---` (a value with `: ` or `[` needs quotes)"
            ))
        })?;
        let keys = match value {
            Value::Mapping(keys) => keys,
            Value::Null => Mapping::new(),
            _ => {
                let reason = "the lines between the two `---` are not of the form `key: value`";
                return Err(malformed(format!("{file}:2: {reason}")));
            }
        };
        let (yaml, text) = (parts.yaml.to_owned(), parts.body.to_owned());
        Ok(Self { path: path.to_path_buf(), what, yaml, keys, text })
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its subject, for messages.
    pub(super) fn what(&self) -> &str {
        &self.what
    }

    /// Everything behind the front matter.
    pub(super) fn body(&self) -> &str {
        &self.text
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.keys.get(yaml_lines::spelled(&self.keys, key)?.as_str())
    }

    /// A key's value as text; nothing when it is missing or empty.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.value(key).and_then(values::text)
    }

    /// A key's value as a list of words.
    pub(super) fn list(&self, key: &str) -> Vec<String> {
        self.value(key).map(values::list).unwrap_or_default()
    }

    /// A key's value as a number.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.value(key).and_then(values::number)
    }

    /// A key's value as a truth value.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.value(key).and_then(values::flag)
    }

    /// A key's value as a moment; nothing when it is missing or not one.
    pub(super) fn moment(&self, key: &str) -> Option<Timestamp> {
        self.text(key).as_deref().and_then(values::moment)
    }

    /// When the file was last written.
    ///
    /// # Errors
    ///
    /// When the file is gone meanwhile.
    pub(super) fn modified(&self) -> Result<Timestamp, HostError> {
        modified(&self.path, &self.what)
    }

    /// Says that a key has a value that it cannot have, and where.
    pub(super) fn malformed(&self, key: &str, reason: &str) -> HostError {
        let spelled = yaml_lines::spelled(&self.keys, key);
        let line = spelled.and_then(|key| yaml_lines::line_of(&self.yaml, &key));
        // The front matter begins behind the first `---`, on line 2 of the file.
        let line = line.map_or_else(String::new, |line| format!(":{}", line + 2));
        let reason = format!("{}{line}: {reason}", self.path.display());
        HostError::Malformed { what: self.what.clone(), reason }
    }

    /// Writes it with changed keys and the same text.
    ///
    /// # Errors
    ///
    /// When it would become too large or the disk refuses; the file is unchanged then.
    pub(super) fn write(&self, changes: &[Change]) -> Result<(), HostError> {
        self.write_with(&self.text, changes)
    }

    /// Writes it with another text.
    ///
    /// # Errors
    ///
    /// As [`Card::write`].
    pub(super) fn write_with(&self, text: &str, changes: &[Change]) -> Result<(), HostError> {
        let bytes = rendered(&self.what, &self.yaml, &self.keys, text, changes)?;
        files::replace(&self.path, bytes.as_bytes())
            .map_err(|error| failure::of_write(&self.what, &error))
    }
}

/// Renders the first version of a file.
///
/// # Errors
///
/// When it would be too large.
pub(super) fn fresh(what: &str, keys: &[Change], text: &str) -> Result<String, HostError> {
    rendered(what, "", &Mapping::new(), text, keys)
}

fn rendered(
    what: &str,
    yaml: &str,
    keys: &Mapping,
    text: &str,
    changes: &[Change],
) -> Result<String, HostError> {
    let yaml = yaml_lines::apply(yaml, keys, changes)
        .map_err(|error| failure::refused(format!("write {what}"), error.to_string()))?;
    let content = front_matter::join(&yaml, text);
    check_size(what, content.len())?;
    Ok(content)
}

/// Refuses what could not be read again.
pub(super) fn check_size(what: &str, length: usize) -> Result<(), HostError> {
    if u64::try_from(length).is_ok_and(|length| length <= MAX_FILE_BYTES) {
        Ok(())
    } else {
        let reason =
            format!("its file would be larger than {MAX_FILE_BYTES} bytes; shorten the text");
        Err(failure::refused(format!("write {what}"), reason))
    }
}

/// Says when a file was last written, to the second.
pub(super) fn modified(path: &Path, what: &str) -> Result<Timestamp, HostError> {
    let time = fs::symlink_metadata(path)
        .and_then(|metadata| metadata.modified())
        .map_err(|error| failure::of_io(what, path, &error))?;
    Ok(Timestamp::try_from(time).map_or(Timestamp::UNIX_EPOCH, values::seconds))
}
