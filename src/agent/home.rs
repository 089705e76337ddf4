//! The home of an agent: a folder of its own, in which only its login is the operator's.
//!
//! Before a run the login is copied in when the operator's is newer. After a run a login that the agent's program has refreshed is copied
//! back, because a provider may have ended the old one; it must look like the one that was there, and nobody may have changed that meanwhile.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use crate::sys::files::{self, FileError};

/// The largest login that is copied, in bytes.
const MAX_LOGIN: u64 = 1 << 20;

/// Files with logins, below a home, by the program that they are for.
const LOGINS: [(&str, &[&str]); 4] = [
    ("claude", &[".claude/.credentials.json"]),
    ("codex", &[".codex/auth.json"]),
    ("gemini", &[".gemini/oauth_creds.json", ".gemini/google_accounts.json"]),
    ("opencode", &[".local/share/opencode/auth.json"]),
];

/// The folders of a home in which logins lie that come back renewed.
pub fn login_folders() -> Vec<PathBuf> {
    let files = LOGINS.iter().flat_map(|(_, files)| *files);
    let mut folders: Vec<PathBuf> =
        files.filter_map(|file| Path::new(file).parent()).map(Path::to_path_buf).collect();
    folders.dedup();
    folders
}

/// Where Gemini looks up by which login it works; without a choice it asks, and nobody is there to answer.
const GEMINI_CHOICE: &str = ".gemini/settings.json";

/// A home for the time of a run.
#[derive(Debug)]
pub struct Home {
    dir: PathBuf,
    copies: Vec<Login>,
}

/// A login as it was when the run began.
#[derive(Debug)]
struct Login {
    original: PathBuf,
    copy: PathBuf,
    bytes: Vec<u8>,
}

impl Home {
    /// Makes the home `dir` ready for a program, with the logins that it has in the operator's home. `has_key` says that it gets a key in its
    /// environment.
    ///
    /// # Errors
    ///
    /// When the folder or a copy cannot be written.
    pub fn prepare(
        dir: &Path,
        program: &str,
        operator: Option<&Path>,
        has_key: bool,
    ) -> Result<Self, FileError> {
        files::make_dir(dir)?;
        let mode = fs::Permissions::from_mode(0o700);
        fs::set_permissions(dir, mode).map_err(|error| FileError::of("protect", dir, error))?;
        let mut copies = Vec::new();
        let name =
            Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let names = LOGINS.iter().filter(|(known, _)| *known == name).flat_map(|(_, names)| *names);
        for (name, operator) in names.filter_map(|name| Some((name, operator?))) {
            clear_links(dir, Path::new(name));
            copies.extend(copy_in(&operator.join(name), &dir.join(name))?);
        }
        if name == "gemini" {
            choose_for_gemini(dir, !copies.is_empty(), has_key)?;
        }
        Ok(Self { dir: dir.to_owned(), copies })
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Copies back what the program has refreshed. What cannot be taken for the same login renewed is left where it is.
    ///
    /// # Errors
    ///
    /// When the operator's file cannot be replaced.
    pub fn give_back(&self) -> Result<(), FileError> {
        for copy in &self.copies {
            let is_led_elsewhere = copy
                .copy
                .strip_prefix(&self.dir)
                .is_ok_and(|name| !links_on_the_way(&self.dir, name).is_empty());
            let Some(now) = login(&copy.copy).filter(|_| !is_led_elsewhere) else { continue };
            let is_ours = login(&copy.original).is_some_and(|bytes| bytes == copy.bytes);
            if now != copy.bytes && is_ours && is_renewed(&copy.bytes, &now) {
                files::replace_existing(&copy.original, &now)?;
            }
        }
        Ok(())
    }
}

/// Writes Gemini's choice where there is none yet and it is clear: the login that was copied, else the key in the environment.
fn choose_for_gemini(home: &Path, has_login: bool, has_key: bool) -> Result<(), FileError> {
    let choice = match (has_login, has_key) {
        (true, _) => "oauth-personal",
        (false, true) => "gemini-api-key",
        (false, false) => return Ok(()),
    };
    clear_links(home, Path::new(GEMINI_CHOICE));
    let path = home.join(GEMINI_CHOICE);
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), files::make_dir)?;
    let text = format!("{{\"security\":{{\"auth\":{{\"selectedType\":\"{choice}\"}}}}}}");
    files::replace(&path, text.as_bytes())
}

fn copy_in(original: &Path, copy: &Path) -> Result<Option<Login>, FileError> {
    let Some(bytes) = login(original) else { return Ok(None) };
    let known = login(copy);
    let is_newer = match (changed(original), changed(copy)) {
        (Some(theirs), Some(ours)) => theirs >= ours,
        _ => true,
    };
    let bytes = match known {
        // Refreshed by an earlier run that could not give it back.
        Some(known) if known != bytes && !is_newer && is_renewed(&bytes, &known) => {
            return Ok(Some(Login { original: original.to_owned(), copy: copy.to_owned(), bytes }));
        }
        Some(known) if known == bytes => known,
        _ => {
            if let Some(folder) = copy.parent() {
                files::make_dir(folder)?;
            }
            files::replace(copy, &bytes)?;
            let mode = fs::Permissions::from_mode(0o600);
            fs::set_permissions(copy, mode)
                .map_err(|error| FileError::of("protect", copy, error))?;
            bytes
        }
    };
    Ok(Some(Login { original: original.to_owned(), copy: copy.to_owned(), bytes }))
}

/// Removes what an earlier run may have put there to lead us elsewhere: links in place of a login or of a folder on the way to it.
fn clear_links(home: &Path, name: &Path) {
    for place in links_on_the_way(home, name) {
        // One that stays is found again when the login is read.
        drop(files::remove(&place));
    }
}

fn links_on_the_way(home: &Path, name: &Path) -> Vec<PathBuf> {
    let places = name.ancestors().filter(|part| !part.as_os_str().is_empty());
    let is_link = |place: &PathBuf| place.symlink_metadata().is_ok_and(|found| found.is_symlink());
    places.map(|part| home.join(part)).filter(is_link).collect()
}

/// The bytes of a login: a plain file of a sensible size that no link leads to.
fn login(path: &Path) -> Option<Vec<u8>> {
    let found = path.symlink_metadata().ok()?;
    (found.is_file() && found.len() <= MAX_LOGIN)
        .then(|| files::read_bytes(path, MAX_LOGIN).ok())
        .flatten()
}

fn changed(path: &Path) -> Option<SystemTime> {
    path.symlink_metadata().ok()?.modified().ok()
}

/// Says whether a login is another one of the same shape: the same names all the way down, with values of the same kinds.
fn is_renewed(old: &[u8], new: &[u8]) -> bool {
    let parsed = |bytes| serde_json::from_slice::<Value>(bytes).ok();
    matches!((parsed(old), parsed(new)), (Some(old), Some(new)) if old.is_object() && has_shape(&old, &new))
}

fn has_shape(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            old.len() == new.len()
                && old.iter().all(|(name, value)| {
                    new.get(name).is_some_and(|renewed| has_shape(value, renewed))
                })
        }
        (Value::Array(_), Value::Array(_))
        | (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, Value::Null) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests plant files as a program would")]

    use super::*;

    const LOGIN: &str = r#"{"claudeAiOauth":{"accessToken":"a1","expiresAt":1}}"#;
    const RENEWED: &str = r#"{"claudeAiOauth":{"accessToken":"a2","expiresAt":2}}"#;

    struct Stage {
        dir: tempfile::TempDir,
    }

    impl Stage {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join("operator/.claude")).unwrap();
            let stage = Self { dir };
            fs::write(stage.original(), LOGIN).unwrap();
            fs::write(stage.path("operator/.claude/settings.json"), "{}").unwrap();
            stage
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn original(&self) -> PathBuf {
            self.path("operator/.claude/.credentials.json")
        }

        fn copy(&self) -> PathBuf {
            self.path("home/.claude/.credentials.json")
        }

        fn prepare(&self) -> Home {
            Home::prepare(&self.path("home"), "claude", Some(&self.path("operator")), true).unwrap()
        }
    }

    #[test]
    fn only_the_login_is_shared() {
        let stage = Stage::new();
        stage.prepare();
        assert_eq!(fs::read_to_string(stage.copy()).unwrap(), LOGIN);
        assert!(!stage.path("home/.claude/settings.json").exists());
        let mode = fs::metadata(stage.path("home")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_renewed_login_is_given_back_and_nothing_else_is() {
        for (left, given_back) in
            [(RENEWED, true), ("{}", false), ("not json", false), (r#"{"claudeAiOauth":1}"#, false)]
        {
            let stage = Stage::new();
            let home = stage.prepare();
            fs::write(stage.copy(), left).unwrap();
            home.give_back().unwrap();
            let now = fs::read_to_string(stage.original()).unwrap();
            assert_eq!(now == left, given_back, "{left}");
        }
    }

    #[test]
    fn a_login_that_the_operator_changed_meanwhile_stays() {
        let stage = Stage::new();
        let home = stage.prepare();
        fs::write(stage.copy(), RENEWED).unwrap();
        fs::write(stage.original(), r#"{"claudeAiOauth":{"accessToken":"o","expiresAt":9}}"#)
            .unwrap();
        home.give_back().unwrap();
        assert!(fs::read_to_string(stage.original()).unwrap().contains("\"o\""));
    }

    #[test]
    fn a_link_in_place_of_the_copy_is_neither_followed_nor_given_back() {
        let stage = Stage::new();
        let home = stage.prepare();
        fs::write(stage.path("elsewhere"), RENEWED).unwrap();
        fs::remove_file(stage.copy()).unwrap();
        std::os::unix::fs::symlink(stage.path("elsewhere"), stage.copy()).unwrap();
        home.give_back().unwrap();
        assert_eq!(fs::read_to_string(stage.original()).unwrap(), LOGIN);
        stage.prepare();
        assert_eq!(fs::read_to_string(stage.copy()).unwrap(), LOGIN);
        assert_eq!(fs::read_to_string(stage.path("elsewhere")).unwrap(), RENEWED);
    }

    #[test]
    fn gemini_is_told_how_it_logs_in_where_nobody_has_chosen() {
        for (login, key, choice) in [
            (false, false, None),
            (false, true, Some("gemini-api-key")),
            (true, false, Some("oauth-personal")),
            (true, true, Some("oauth-personal")),
        ] {
            let stage = Stage::new();
            fs::create_dir_all(stage.path("operator/.gemini")).unwrap();
            if login {
                fs::write(stage.path("operator/.gemini/oauth_creds.json"), LOGIN).unwrap();
            }
            let operator = stage.path("operator");
            let home = stage.path("home");
            Home::prepare(&home, "gemini", Some(&operator), key).unwrap();
            let settings = home.join(GEMINI_CHOICE);
            let text = fs::read_to_string(&settings).ok();
            assert_eq!(text.is_some(), choice.is_some());
            assert!(choice.is_none_or(|choice| text.unwrap().contains(choice)));
            fs::create_dir_all(settings.parent().unwrap()).unwrap();
            fs::write(&settings, "{}").unwrap();
            Home::prepare(&home, "gemini", Some(&operator), key).unwrap();
            assert_eq!(fs::read_to_string(&settings).unwrap(), "{}", "a choice stays");
        }
    }

    #[test]
    fn a_program_that_is_not_known_gets_an_empty_home() {
        let stage = Stage::new();
        Home::prepare(&stage.path("home"), "./house-bot", Some(&stage.path("operator")), true)
            .unwrap();
        assert_eq!(fs::read_dir(stage.path("home")).unwrap().count(), 0);
    }
}
