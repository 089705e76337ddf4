//! `agentos demo`: sets the stage, plays, tells what happened.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::args::{Demo, Global};
use super::fault::Fault;
use super::output::Output;
use super::progress::Progress;
use super::wire::Wiring;
use crate::agent::BUILTIN;
use crate::config::LoadRequest;
use crate::domain::ids::AgentName;
use crate::jobs::demo::{self, Ending, OnGithub, Scene, Setting};
use crate::sys::files;
use crate::text::hash::sha256_hex;

pub(super) async fn run(
    wiring: &Wiring,
    global: &Global,
    options: &Demo,
    output: &Output,
) -> Result<u8, Fault> {
    let began = Instant::now();
    let (dir, is_temporary) = folder(wiring, options)?;
    let agent = match &options.agent {
        Some(name) => Some(agent(wiring, global, name)?),
        None => None,
    };
    let path = wiring.environment.get("PATH").unwrap_or("/usr/bin:/bin").to_owned();
    let setting = Setting { dir: dir.clone(), agent, path, github: github(options)? };
    introduce(&setting, output);
    let stage = demo::set(&setting).map_err(|error| match error {
        demo::StageError::NotEmpty(_) => {
            Fault::usage(error.to_string()).hint("give `--dir` another folder")
        }
        other => Fault::failed(other.to_string()),
    })?;
    let progress = Progress::begin(global, "setting the stage");
    let played = play(wiring, &stage.config, &stage.dir, &progress, output).await;
    drop(progress);
    let ending = match played {
        Ok(ending) => ending,
        Err(fault) => return Err(fault.hint(format!("everything lies in {}", dir.display()))),
    };
    let keeps = options.keep || !is_temporary || !ending.open.is_empty();
    conclude(&ending, &dir, keeps, began, output);
    if !keeps {
        files::remove_tree(&dir)?;
    }
    Ok(u8::from(!ending.open.is_empty()))
}

/// The GitHub to play on, if one is given.
fn github(options: &Demo) -> Result<Option<OnGithub>, Fault> {
    let (Some(url), Some(repo)) = (&options.github_url, &options.repo) else { return Ok(None) };
    let repo = repo.parse().map_err(|e: crate::domain::ids::BadId| Fault::usage(e.to_string()))?;
    Ok(Some(OnGithub { url: url.trim_end_matches('/').to_owned(), repo }))
}

/// The folder to play in, and whether it is ours to remove.
fn folder(wiring: &Wiring, options: &Demo) -> Result<(PathBuf, bool), Fault> {
    if let Some(dir) = &options.dir {
        files::make_dir(dir)?;
        let dir = dir
            .canonicalize()
            .map_err(|error| Fault::failed(format!("{}: {error}", dir.display())))?;
        return Ok((dir, false));
    }
    Ok((temporary(wiring, "demo")?, true))
}

/// A new temporary folder, named after what is played in it.
pub(super) fn temporary(wiring: &Wiring, what: &str) -> Result<PathBuf, Fault> {
    let base =
        wiring.environment.get("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    let seed = format!("{} {}", std::process::id(), wiring.clock.now());
    let name = format!("agentos-{what}-{}", sha256_hex(seed.as_bytes()).get(..8).unwrap_or("x"));
    let dir = base.join(name);
    files::make_dir(&dir)?;
    dir.canonicalize().map_err(|error| Fault::failed(format!("{}: {error}", dir.display())))
}

/// A real agent: built in, or with its table of the operator's own configuration.
fn agent(wiring: &Wiring, global: &Global, name: &str) -> Result<(AgentName, String), Fault> {
    let parsed: AgentName =
        name.parse().map_err(|error: crate::domain::ids::BadId| Fault::usage(error.to_string()))?;
    let configured = crate::config::load(&wiring.load_request(global)?).ok();
    let table = configured.as_ref().and_then(|loaded| loaded.settings.agents.get(&parsed));
    if let Some(command) = table.and_then(|table| table.command.as_ref()) {
        return Ok((parsed, format!("agents: {{{name}: {{command: {}}}}}\n", json!(command))));
    }
    if BUILTIN.contains(&name) {
        return Ok((parsed, String::new()));
    }
    Err(Fault::usage(format!("there is no agent `{parsed}`, built in or in your configuration"))
        .hint(format!("built in: {}", BUILTIN.join(", "))))
}

fn introduce(setting: &Setting, output: &Output) {
    output.say(
        "agentos demo: a small project, five issues, and the whole loop from Ready to merged.",
    );
    match &setting.github {
        None => output.say(
            "git, worktrees, processes, tests and merges are real; nothing leaves this machine.",
        ),
        Some(github) => output.say(&format!(
            "It is played on {} at {}: issues, branches, pull requests and merges appear there.",
            github.repo, github.url
        )),
    }
    match &setting.agent {
        Some((name, _)) => output.say(&format!("The agent is {name}.")),
        None => output
            .say("The two agents are scripted stand-ins that know these issues and nothing else."),
    }
    output.say(&format!("folder: {}", setting.dir.display()));
}

async fn play(
    wiring: &Wiring,
    config: &Path,
    dir: &Path,
    progress: &Progress,
    output: &Output,
) -> Result<Ending, Fault> {
    let app = wiring.app_of(LoadRequest {
        config: Some(config.to_owned()),
        root: Some(dir.to_owned()),
        home: wiring.environment.get("HOME").map(PathBuf::from),
        cwd: dir.to_owned(),
        variables: wiring.variables(),
    })?;
    super::entry::adopt_orphans();
    let is_live = std::io::stderr().is_terminal();
    let began = Instant::now();
    let mut watch = |scene: Scene| match scene {
        Scene::Job(job) => {
            progress.now(job);
            output.say(&format!("\n{job}"));
        }
        Scene::Line(line) => {
            let time = if is_live {
                format!("{:5.1} s  ", began.elapsed().as_secs_f64())
            } else {
                "  ".to_owned()
            };
            output.say(&format!("{time}{line}"));
        }
        Scene::Error(error) => output.say(&format!("  error: {error}")),
    };
    if app.repositories.iter().any(|repository| repository.local.is_none()) {
        demo::check_project(&app)?;
    }
    watch(Scene::Job("issues"));
    let numbers = demo::file_issues(&app, &mut watch).await?;
    demo::play(&app, &numbers, &mut watch).await;
    Ok(demo::ending(&app, &numbers).await?)
}

fn conclude(ending: &Ending, dir: &Path, keeps: bool, began: Instant, output: &Output) {
    let seconds = began.elapsed().as_secs_f64();
    if output.is_json() {
        output.json(&json!({
            "merged": ending.merged.iter().map(|(number, _)| number).collect::<Vec<_>>(),
            "open": ending.open.iter().map(|(number, _)| number).collect::<Vec<_>>(),
            "dir": keeps.then_some(dir),
            "seconds": (seconds * 100.0).round() / 100.0,
        }));
        return;
    }
    output.line("");
    output.line(&format!(
        "{} of {} issues merged in {seconds:.1} s:",
        ending.merged.len(),
        ending.merged.len() + ending.open.len()
    ));
    for (number, title) in &ending.merged {
        output.line(&format!("  {number} {title}"));
    }
    for (number, title) in &ending.open {
        output.line(&format!("  {number} {title}: NOT merged"));
    }
    output.line("");
    output.line("The log of main:");
    for (sha, subject) in &ending.log {
        output.line(&format!("  {} {subject}", sha.short()));
    }
    output.line("");
    if keeps {
        output.line("Where everything lies:");
        for (path, what) in demo::map_of(dir) {
            output.line(&format!("  {path}  {what}"));
        }
        output.line("");
        output.line("What to type next:");
        output.line(&format!("  agentos --root {} status", dir.display()));
        output.line(&format!("  agentos --root {} issue show 3", dir.display()));
        output.line(&format!("  agentos --root {} task show shop-2", dir.display()));
    } else {
        output.line("The folder is removed. What to type next:");
        output.line("  agentos demo --dir my-demo    keeps it, to look at the board, the mailbox and the runs");
        output.line("  agentos init --local PATH     in a new folder, to begin with your own clone at PATH: see README.md");
    }
}
