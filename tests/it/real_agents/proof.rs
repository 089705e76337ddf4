//! What `doctor --live` lets the real programs prove.

use super::endpoint::Scenario;
use super::stage::{CLAUDE, CODEX, Cli, DEEPSEEK, GEMINI, Stage};

/// `doctor --live`: the program answers, and plays an issue to its merge in a folder of its own.
fn proves_itself(cli: Cli) {
    let Some(stage) = Stage::new(cli, Scenario::Works, "") else { return };
    let checks = stage.world.run("--json doctor --live").json();
    let name = format!("work {}", cli.agent);
    let work = checks.as_array().unwrap().iter().find(|check| check["check"] == name.as_str());
    let work = work.unwrap_or_else(|| panic!("no `{name}` in {checks:#}"));
    assert_eq!(work["status"], "ok", "{work}\n{:?}", stage.paths());
    assert_eq!(stage.world.folder_of("shop-1"), "inbox", "the installation is left alone");
}

#[test]
fn claude_proves_itself_to_doctor() {
    proves_itself(CLAUDE);
}

#[test]
fn codex_proves_itself_to_doctor() {
    proves_itself(CODEX);
}

#[test]
fn gemini_proves_itself_to_doctor() {
    proves_itself(GEMINI);
}

#[test]
fn deepseek_proves_itself_to_doctor() {
    proves_itself(DEEPSEEK);
}
