//! What is wrong with a configuration, and what deserves a word though it loads.

use std::fmt;
use std::path::PathBuf;

use crate::text::yaml::YamlError;

/// Why a configuration cannot be used; a person must act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// The file that was read, or should have been.
    pub file: Option<PathBuf>,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// The column, counted in characters from 1.
    pub column: Option<usize>,
    /// The line and its neighbourhood; values of secrets are covered.
    pub excerpt: Option<Box<str>>,
    /// What to do; not part of `Display`.
    pub hint: Option<String>,
}

impl ConfigError {
    /// An error that has no place in a file.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            file: None,
            line: None,
            column: None,
            excerpt: None,
            hint: None,
        }
    }

    pub(super) fn in_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<YamlError> for ConfigError {
    fn from(error: YamlError) -> Self {
        Self {
            message: error.message,
            file: Some(PathBuf::from(error.file)),
            line: error.line,
            column: error.column,
            excerpt: error.excerpt,
            hint: error.hint,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}", file.display())?;
            for number in [self.line, self.line.and(self.column)].into_iter().flatten() {
                write!(f, ":{number}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)?;
        match &self.excerpt {
            Some(excerpt) => write!(f, "\n{excerpt}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Something in a configuration that is not as its author may think, though it loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is, in lower case and without a full stop.
    pub message: String,
    /// The line, counted from 1, where there is one.
    pub line: Option<usize>,
    /// What to do.
    pub hint: Option<String>,
}
