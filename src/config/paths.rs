//! Paths as people write them: `~`, `$VAR`, relative to some folder.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// What paths are expanded with.
#[derive(Debug, Clone)]
pub(super) struct Expander<'a> {
    pub(super) home: Option<&'a Path>,
    pub(super) variables: &'a BTreeMap<String, String>,
}

impl Expander<'_> {
    /// Expands `~`, `$VAR` and `${VAR}` (`$$` is a `$`) and makes the path absolute below `base`.
    ///
    /// The error says what is wrong, to follow the name of the key.
    pub(super) fn path(&self, text: &str, base: &Path) -> Result<PathBuf, String> {
        let text = self.text(text)?;
        if text.trim().is_empty() {
            return Err("is empty".to_owned());
        }
        Ok(normal(&base.join(text)))
    }

    /// Expands `~`, `$VAR` and `${VAR}` and leaves the rest.
    pub(super) fn text(&self, text: &str) -> Result<String, String> {
        if text.contains('\0') {
            return Err("has a NUL in it".to_owned());
        }
        let expanded = self.variables_of(text)?;
        if expanded == "~" || expanded.starts_with("~/") {
            let home = self.home.ok_or("begins with `~`, but the home folder is not known")?;
            let rest = expanded.trim_start_matches('~').trim_start_matches('/');
            return Ok(home.join(rest).to_string_lossy().into_owned());
        }
        if expanded.starts_with('~') {
            return Err("names the home of another user; write the whole path".to_owned());
        }
        Ok(expanded)
    }

    fn variables_of(&self, text: &str) -> Result<String, String> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            result.push_str(before);
            if let Some(behind) = behind.strip_prefix('$') {
                result.push('$');
                rest = behind;
                continue;
            }
            let (name, behind) = if let Some(inside) = behind.strip_prefix('{') {
                inside.split_once('}').ok_or("has `${` without `}`")?
            } else {
                let is_end = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
                behind
                    .split_at_checked(behind.find(is_end).unwrap_or(behind.len()))
                    .unwrap_or((behind, ""))
            };
            if name.is_empty() {
                return Err("has `$` without a name; write `$$` for a `$`".to_owned());
            }
            let value = self.variables.get(name).filter(|value| !value.is_empty());
            result.push_str(value.ok_or_else(|| format!("names `${name}`, which is not set"))?);
            rest = behind;
        }
        result.push_str(rest);
        Ok(result)
    }
}

/// Takes out `.` and `..` without looking at the disk, so that two spellings of a path compare equal.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !result.pop() {
                    result.push("..");
                }
            }
            other => result.push(other),
        }
    }
    result
}

/// Whether a `repo:` is a path and no `owner/name`.
pub(super) fn is_path(text: &str) -> bool {
    text.starts_with(['/', '~', '.', '$'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_and_variables_are_expanded_and_dots_taken_out() {
        let variables = BTreeMap::from([("DATA".to_owned(), "/data".to_owned())]);
        let expander = Expander { home: Some(Path::new("/home/ann")), variables: &variables };
        for (text, expected) in [
            ("~", "/home/ann"),
            ("~/a/../b", "/home/ann/b"),
            ("$DATA/x", "/data/x"),
            ("${DATA}x", "/datax"),
            ("./c/./d", "/base/c/d"),
            ("/a/$$b", "/a/$b"),
        ] {
            assert_eq!(
                expander.path(text, Path::new("/base")),
                Ok(PathBuf::from(expected)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_expanded_is_said() {
        let variables = BTreeMap::from([("EMPTY".to_owned(), String::new())]);
        let expander = Expander { home: None, variables: &variables };
        for text in ["~", "~bob/x", "$MISSING", "$EMPTY/x", "${A", "a$", "", " ", "a\0b"] {
            assert!(expander.path(text, Path::new("/base")).is_err(), "{text:?}");
        }
    }
}
