//! The text of the configuration: which keys it has, and errors and warnings with their place in it.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::error::{ConfigError, Warning};
use super::merge::Fault;
use super::raw::{RawConfig, RawProject, RawRepo};
use crate::text::yaml::{self, Place, Value};

/// A configuration's text, and the same as a tree.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) file: PathBuf,
    text: String,
    tree: Value,
}

impl Source {
    pub(super) fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, ConfigError> {
        let name = file.to_string_lossy();
        yaml::parse(text, &Place { file: &name, first_line: 1 })
            .map_err(|error| elsewhere(error.into()))
    }

    pub(super) fn new(file: PathBuf, text: String) -> Result<Self, ConfigError> {
        let tree = Self::parse(&file, &text)?;
        Ok(Self { file, text, tree })
    }

    /// Under which of its two names the groups of repositories stand.
    pub(super) fn projects_key(&self) -> &'static str {
        if self.has(&["projects".to_owned()]) { "projects" } else { "github_projects" }
    }

    /// Whether there is a value at the end of a way; `null` is none.
    pub(super) fn has(&self, path: &[String]) -> bool {
        let mut value = &self.tree;
        for part in path {
            let next = match value {
                Value::Sequence(items) => {
                    part.parse::<usize>().ok().and_then(|position| items.get(position))
                }
                other => other.get(part.as_str()),
            };
            match next {
                Some(next) => value = next,
                None => return false,
            }
        }
        !value.is_null()
    }

    /// The line of a key, or of the nearest thing around it that has one.
    pub(super) fn line(&self, path: &[String]) -> Option<usize> {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        (1..=parts.len()).rev().find_map(|length| yaml::key_line(&self.text, parts.get(..length)?))
    }

    /// An error at a value, or at the nearest thing around it that the text has.
    pub(super) fn fault(&self, level: &[String], fault: Fault) -> ConfigError {
        let name = self.file.to_string_lossy();
        let place = Place { file: &name, first_line: 1 };
        let inner = older_name(self, level, fault.path);
        let path: Vec<&str> = level.iter().chain(&inner).map(String::as_str).collect();
        let known = (1..=path.len()).rev().find(|length| {
            path.get(..*length).is_some_and(|part| yaml::key_line(&self.text, part).is_some())
        });
        let path = path.get(..known.unwrap_or(0)).unwrap_or_default();
        let mut error = ConfigError::from(yaml::error_at(&self.text, &place, path, &fault.message));
        error.hint = fault.hint;
        error
    }

    pub(super) fn warning(&self, path: &[String], message: String, hint: Option<&str>) -> Warning {
        Warning { message, line: self.line(path), hint: hint.map(str::to_owned) }
    }
}

/// A block that was written under its older name is found there.
fn older_name(source: &Source, level: &[String], mut path: Vec<String>) -> Vec<String> {
    if let Some(first) = path.first_mut().filter(|first| *first == "production_feedback") {
        let older = "planning_signals".to_owned();
        let at = |key: &String| level.iter().chain([key]).cloned().collect::<Vec<_>>();
        if !source.has(&at(first)) && source.has(&at(&older)) {
            *first = older;
        }
    }
    path
}

/// Says where a key belongs that is known at another level only.
fn elsewhere(mut error: ConfigError) -> ConfigError {
    let unknown =
        error.message.split_once("unknown key `").and_then(|(_, rest)| rest.split_once('`'));
    if let Some((key, _)) = unknown {
        let place = [
            (RawConfig::KEYS, "belongs at the top of the file"),
            (RawProject::KEYS, "belongs in a group of repositories"),
            (RawRepo::KEYS, "belongs in an entry of `repos`"),
        ];
        if let Some((_, place)) = place.iter().find(|(keys, _)| keys.contains(&key)) {
            error.hint = Some(format!("`{key}` {place}"));
        }
    }
    error
}
