//! `config.yaml`, which people write, and the edit of one by `init`.

use std::path::PathBuf;

use agentos::config::{LoadRequest, load_text, with_repository};

use super::text;

const ENTRY: &str = "- name: fuzzed\n  path: /srv/fuzzed\n";

/// A configuration is taken or refused with a message; one more repository changes nothing else, and what it makes is read.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let request = LoadRequest {
        root: Some(PathBuf::from("/srv/agents")),
        home: Some(PathBuf::from("/home/ann")),
        cwd: PathBuf::from("/"),
        ..LoadRequest::default()
    };
    match load_text(&request, &text) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                assert!(!warning.message.is_empty());
            }
            let shown = format!("{:?}", loaded.settings);
            assert!(!shown.is_empty());
            for key in ["repos", "default_allow_push", "agents"] {
                drop(loaded.explain(key));
            }
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.trim().is_empty(), "a refusal without a word");
            // YAML breaks lines at more characters than Rust does.
            let breaks = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
            let lines = text.chars().filter(|c| breaks.contains(c)).count() + 2;
            assert!(error.line.is_none_or(|line| line <= lines), "{message}");
        }
    }
    if let Ok(edited) = with_repository(&text, ENTRY) {
        assert!(edited.contains("fuzzed"));
        for line in text.lines().filter(|line| line.trim_start().starts_with('#')) {
            assert!(edited.contains(line.trim()), "a comment went: {line:?}");
        }
    }
}
