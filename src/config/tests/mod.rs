//! How configurations are found, read, merged, refused and explained.
#![expect(clippy::disallowed_methods, reason = "tests write their own files")]

mod examples;
mod layers;
mod reference;
mod refused;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::*;

/// A folder with a `config.yaml`, which is gone at the end of the test.
struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    fn with(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.yaml"), text).unwrap();
        Self { dir }
    }

    fn request(&self) -> LoadRequest {
        LoadRequest {
            home: Some(PathBuf::from("/home/ann")),
            cwd: self.dir.path().to_path_buf(),
            variables: BTreeMap::from([("DATA".to_owned(), "/data".to_owned())]),
            ..LoadRequest::default()
        }
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        load(&self.request())
    }
}

#[track_caller]
fn loaded(text: &str) -> Loaded {
    match Folder::with(text).load() {
        Ok(loaded) => loaded,
        Err(error) => panic!("{error}\nhint: {:?}", error.hint),
    }
}

#[track_caller]
fn refused(text: &str) -> ConfigError {
    match Folder::with(text).load() {
        Ok(loaded) => panic!("was loaded, with {:?}", loaded.warnings),
        Err(error) => error,
    }
}

const WEB: &str = "repos: [{github_repo: acme/web}]\n";

#[test]
fn the_file_is_found_by_request_then_root_then_current_folder() {
    let here = Folder::with(WEB);
    let there = Folder::with("repos: [{github_repo: acme/there}]\n");
    let request = LoadRequest { root: Some(there.dir.path().to_path_buf()), ..here.request() };
    let found = load(&request).unwrap().settings;
    assert_eq!(found.repos[0].key.as_str(), "there");
    assert_eq!(found.root, there.dir.path());
    let request = LoadRequest { config: Some(PathBuf::from("config.yaml")), ..request };
    let found = load(&request).unwrap().settings;
    assert_eq!(found.repos[0].key.as_str(), "web");
    assert_eq!(
        (found.root, found.config_file),
        (there.dir.path().to_path_buf(), here.dir.path().join("config.yaml"))
    );
    assert_eq!(here.load().unwrap().settings.root, here.dir.path());
}

#[test]
fn what_is_no_configuration_is_refused_with_a_way_out() {
    let empty = tempfile::tempdir().unwrap();
    let request = LoadRequest { cwd: empty.path().to_path_buf(), ..LoadRequest::default() };
    let error = load(&request).unwrap_err();
    assert!(
        error.message.contains("does not exist")
            && error.hint.as_ref().unwrap().contains("agentos init")
    );
    let error = load(&LoadRequest { config: Some(empty.path().to_path_buf()), ..request.clone() })
        .unwrap_err();
    assert!(error.message.contains("folder"));
    let file = empty.path().join("config.yaml");
    fs::write(&file, b"a: 1\nb: \xff\n").unwrap();
    assert_eq!(load(&request).unwrap_err().line, Some(2));
    fs::write(&file, vec![b'#'; 5 * 1024 * 1024]).unwrap();
    assert!(load(&request).unwrap_err().message.contains("larger"));
    for text in ["", "# nothing\n", "repos: []\n", "max_open_prs: 3\n"] {
        let error = refused(text);
        assert!(error.message.contains("names no repository") && error.hint.is_some(), "{error}");
    }
}

#[test]
fn paths_are_expanded_and_relative_to_the_root() {
    let settings = loaded(&format!(
        "{WEB}root_dir: /srv/agentos\nmailbox_dir: ~/mail\nlogs_dir: $DATA/logs\nworktrees_dir: wt\n\
         sandbox_read: [./a, /b]\nmetrics_textfile: m.prom\n"
    ))
    .settings;
    let text = |path: &PathBuf| path.display().to_string();
    assert_eq!(text(&settings.mailbox_dir), "/home/ann/mail");
    assert_eq!(text(&settings.logs_dir), "/data/logs");
    assert_eq!(text(&settings.worktrees_dir), "/srv/agentos/wt");
    assert_eq!(text(&settings.objectives_dir), "/srv/agentos/objectives");
    assert_eq!(text(&settings.evidence_dir), "/home/ann/.local/share/agent-os/evidence");
    assert_eq!(text(&settings.secrets_file), "/srv/agentos/secrets.json");
    assert_eq!(settings.sandbox_read, [PathBuf::from("/srv/agentos/a"), PathBuf::from("/b")]);
    assert_eq!(text(&settings.metrics_textfile.unwrap()), "/srv/agentos/m.prom");
}

#[test]
fn a_secret_is_in_no_debug_text() {
    let loaded = loaded(&format!("{WEB}telegram_bot_token: hunter2\n"));
    assert_eq!(loaded.settings.telegram.bot_token.as_ref().unwrap().expose(), "hunter2");
    assert!(!format!("{:?}", loaded.settings).contains("hunter2"));
    assert_eq!(loaded.explain("telegram_bot_token").unwrap().value, "[secret]");
}

#[test]
fn a_bot_without_a_chat_and_hours_that_never_alarm_load() {
    let loaded = loaded(&format!(
        "{WEB}telegram_bot_token: 123456:abc\nalert_after_hours: 0\nquiet_hours: 22-7\n"
    ));
    assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
    assert!(loaded.warnings[0].message.contains("telegram_chat_id"), "{:?}", loaded.warnings);
    assert!(loaded.settings.alert_after.is_zero());
    assert_eq!(loaded.settings.quiet_hours.unwrap().to_string(), "22:00-07:00");
}
