//! `--live`, after the question: an agent plays one issue from Ready to its merge, by our own program as a process of its own, on a project
//! made for that in a folder that is taken away again. Nothing else of the installation is touched but the agent's login, which may be renewed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Check, Kind, Place};
use crate::agent::AgentTable;
use crate::app::App;
use crate::jobs::demo;
use crate::sys::files;
use crate::sys::program::Program;
use crate::text::{clean, yaml};

/// No agent needs longer for so small an issue.
const AGENT_MINUTES: u32 = 5;

/// The whole play, with the tests of the project.
const DEADLINE: Duration = Duration::from_secs(7 * 60);

/// The most that the play may cost, where the program of the agent takes a limit.
const MOST_USD: u32 = 1;

/// Configurations are small.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// So many ticks at most: the first does it all, another is for a login that was just renewed.
const MOST_TICKS: usize = 2;

/// The issue: small, with tests of the project that bound it.
const TITLE: &str = "Greet in German";
const BODY: &str = "`greeting de` should print Willkommen. Change nothing else.";

/// What leads to another installation than the one of the play, or out of this machine.
const NOT_PASSED_ON: [&str; 5] = ["AGENTOS_", "AGENT_OS_", "ORCH_", "TELEGRAM_", "GITHUB_"];

/// Keys of the configuration that say how agents are run, and are the same in the play.
const KEPT: [&str; 4] = ["sandbox", "sandbox_read", "sandbox_write", "sandbox_tcp"];

/// Plays with one agent.
pub(super) fn with(place: &Place, app: &App, table: &AgentTable) -> Check {
    let name = format!("play-{}-{}", table.name, std::process::id());
    let dir = app.runtime().join("cache").join("doctor").join(name);
    let began = Instant::now();
    let played = Stage { place, dir: &dir, began }.play(app, table);
    // A failed play is told in one line; nobody looks for its folder.
    drop(files::remove_tree(&dir));
    match played {
        Ok(()) => {
            let took = began.elapsed().as_secs_f64();
            Check::ok(Kind::Work, format!("from Ready to merged in {took:.1} s"))
        }
        Err(reason) => Check::fail(
            Kind::Work,
            clean::one_line(&reason, 400),
            format!(
                "play it by hand and look: `agentos demo --agent {} --dir some-new-folder`",
                table.name
            ),
        ),
    }
}

/// The folder of a play, and the program that plays in it.
struct Stage<'a> {
    place: &'a Place,
    dir: &'a Path,
    began: Instant,
}

impl Stage<'_> {
    fn play(&self, app: &App, table: &AgentTable) -> Result<(), String> {
        let setting = demo::Setting {
            dir: self.dir.to_owned(),
            agent: Some((table.name.clone(), configuration(app, table)?)),
            path: self.place.variable("PATH").to_owned(),
            github: None,
        };
        demo::set(&setting).map_err(|error| error.to_string())?;
        self.json(&["issue", "create", "--title", TITLE, "--body", BODY, "--ready"])?;
        for _ in 0..MOST_TICKS {
            let ended = self.run(&["tick"]);
            if self.is_merged()? {
                return Ok(());
            }
            ended?;
        }
        Err(self.why())
    }

    fn is_merged(&self) -> Result<bool, String> {
        let issue = self.json(&["issue", "show", "1"])?;
        let labels = issue.get("labels").and_then(Value::as_array);
        Ok(labels.is_some_and(|labels| labels.iter().any(|label| label == "done")))
    }

    /// What `why` says, and the last words of the agent where it has any.
    fn why(&self) -> String {
        let why = self.json(&["why", "1"]).unwrap_or_default();
        let reason = why.get("reason").and_then(Value::as_str);
        let reason = reason.unwrap_or("it was not merged, and nobody says why");
        format!("not merged after {:.1} s: {reason}", self.began.elapsed().as_secs_f64())
    }

    fn json(&self, words: &[&str]) -> Result<Value, String> {
        let text = self.run(&[&["--json"], words].concat())?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", words.join(" ")))
    }

    /// Gives a command of ours; what it prints.
    fn run(&self, words: &[&str]) -> Result<String, String> {
        let left = DEADLINE.saturating_sub(self.began.elapsed());
        if left.is_zero() {
            return Err(format!("not merged within {} minutes", DEADLINE.as_secs() / 60));
        }
        let mut argv: Vec<OsString> =
            vec![self.place.program.clone().into(), "--root".into(), self.dir.into()];
        argv.extend(words.iter().map(OsString::from));
        let program = Program {
            argv,
            dir: Some(self.dir.to_owned()),
            env: environment(&self.place.environment),
            stdin: Vec::new(),
            deadline: left,
        };
        let output = program.run().map_err(|error| error.to_string())?;
        match output.code {
            Some(0) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            code => {
                let said = String::from_utf8_lossy(&output.stderr);
                let code = code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
                Err(format!("`agentos {}` ended with {code}: {}", words.join(" "), said.trim()))
            }
        }
    }
}

/// The operator's environment, without what belongs to the operator's own installation.
fn environment(all: &BTreeMap<String, String>) -> Vec<(OsString, OsString)> {
    let is_passed = |name: &str| {
        name != "GH_TOKEN" && !NOT_PASSED_ON.iter().any(|begin| name.starts_with(begin))
    };
    let passed = all.iter().filter(|(name, _)| is_passed(name));
    passed.map(|(name, value)| (name.into(), value.into())).collect()
}

/// How this agent is run, in the words of the operator's configuration, with the bounds of the play. JSON is YAML.
fn configuration(app: &App, table: &AgentTable) -> Result<String, String> {
    let file = &app.settings.config_file;
    let text = files::read_text(file, MAX_BYTES).map_err(|error| error.to_string())?;
    let name = file.display().to_string();
    let place = yaml::Place { file: &name, first_line: 1 };
    let operators: Value = yaml::parse(&text, &place).map_err(|error| error.to_string())?;
    // No agent may read a folder of evidence: naming the operator's root as such closes it to the play, wherever it lies.
    let mut lines = format!(
        "max_runtime_minutes: {AGENT_MINUTES}\ndefault_max_attempts: 1\nbudgets: {{per_attempt_usd: {MOST_USD}}}\nsecrets_file: {}\nevidence_dir: {}\n",
        json!(app.settings.secrets_file),
        json!(app.settings.root)
    );
    for key in KEPT {
        if let Some(value) = operators.get(key) {
            let _infallible = writeln!(lines, "{key}: {value}");
        }
    }
    if let Some(own) = operators.get("agents").and_then(|agents| agents.get(table.name.as_str())) {
        let mut own = own.clone();
        if let Some(command) = own.get_mut("command") {
            *command = json!(app.located(table).argv);
        }
        let _infallible = writeln!(lines, "agents: {}", json!({ table.name.as_str(): own }));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_leads_elsewhere_is_passed_on() {
        let all = ["HOME", "PATH", "OPENAI_API_KEY", "AGENTOS_ROOT", "GH_TOKEN", "GITHUB_TOKEN"];
        let all = all.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
        let names: Vec<OsString> = environment(&all).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["HOME", "OPENAI_API_KEY", "PATH"]);
    }
}
