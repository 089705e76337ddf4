//! `--as-cron`: the same checks in cron's environment, and what comes out worse there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::cron::{self, Cron, DEADLINE};
use super::{Check, Kind, Place, Status, agents, crontab, repositories};
use crate::app::App;
use crate::sys::program;
use crate::text::clean;

/// All checks once more, agents' versions and the network among them.
const CHECKS_DEADLINE: Duration = Duration::from_secs(180);

/// What cron gives every program as its `PATH`.
const BARE_PATH: &str = "/usr/bin:/bin";

/// The environment that cron gives the jobs.
struct Surroundings {
    variables: BTreeMap<String, String>,
    /// What it was made from.
    origin: String,
}

/// A check as the second run prints it.
#[derive(Debug, Clone, Deserialize)]
struct Seen {
    check: String,
    status: Status,
    detail: String,
    mend: Option<String>,
}

/// Runs the same checks in cron's environment, and tells what comes out worse there.
pub(super) fn compare(place: &Place, app: &App, cron: &Cron, here: &[Check]) -> Vec<Check> {
    let there = surroundings(place, cron);
    let mut checks = vec![path_check(place, app, &there)];
    match second_run(place, app, &there) {
        Ok(seen) => checks.extend(worse(here, &seen)),
        Err(said) => checks.push(Check::fail(
            Kind::UnderCron,
            format!("agentos cannot be run there: {}", clean::one_line(&said, 400)),
            "run the line of the crontab by hand with `env -i`",
        )),
    }
    checks
}

fn surroundings(place: &Place, cron: &Cron) -> Surroundings {
    let mut variables: BTreeMap<String, String> = [("PATH", BARE_PATH), ("SHELL", "/bin/sh")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    for name in ["HOME", "LOGNAME", "USER"] {
        if let Some(value) = place.environment.get(name) {
            variables.insert(name.to_owned(), value.clone());
        }
    }
    let entry = cron.entries.first();
    let mut origin = "cron's own".to_owned();
    if let Some(entry) = entry {
        variables.extend(entry.variables.clone());
        "the crontab's".clone_into(&mut origin);
    }
    let wrappers = match entry {
        Some(entry) => entry.wrappers.clone(),
        None => crate::jobs::cron::wrappers_of(&place.program),
    };
    if let Some(folder) = wrappers
        && let Some(path) = path_of_wrappers(&folder, &variables)
    {
        variables.insert("PATH".to_owned(), path);
        origin = format!("{origin}, through {}", folder.join("run_tick.sh").display());
    }
    Surroundings { variables, origin }
}

/// The `PATH` that the wrappers make of another one.
fn path_of_wrappers(folder: &Path, variables: &BTreeMap<String, String>) -> Option<String> {
    const SCRIPT: &str = r#". "$1/lib.sh" && find_home && set_path && printf '%s\n' "$PATH""#;
    let env = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let folder = folder.to_str()?;
    let output = cron::run(&["/bin/sh", "-c", SCRIPT, "sh", folder], env, DEADLINE).ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.code == Some(0) && !path.is_empty()).then_some(path)
}

/// Every program that is needed and found here has to be found there.
fn path_check(place: &Place, app: &App, there: &Surroundings) -> Check {
    let path = there.variables.get("PATH").map(String::as_str).unwrap_or_default();
    let missing: Vec<(String, PathBuf)> = needed(app)
        .into_iter()
        .filter(|name| program::find(name, path).is_none())
        .filter_map(|name| program::find(&name, place.variable("PATH")).map(|found| (name, found)))
        .collect();
    let Some(line) = crontab::longer_path(path, &missing) else {
        return Check::ok(Kind::CronPath, format!("{}: PATH={path}", there.origin));
    };
    let names: Vec<String> =
        missing.iter().map(|(name, found)| format!("{name} ({})", found.display())).collect();
    Check::fail(
        Kind::CronPath,
        format!("found here but not there ({}): {}", there.origin, names.join(", ")),
        format!("put this line above the jobs in the crontab: {line}"),
    )
}

/// The programs that the jobs start by their name.
pub(in crate::jobs) fn needed(app: &App) -> Vec<String> {
    let mut names = vec!["git".to_owned()];
    let agents = agents::shown(app);
    let tables = agents.iter().filter_map(|name| app.agents.get(name));
    let programs = tables.filter_map(|table| table.argv.first()).filter(|name| !name.contains('/'));
    let commands = app.repositories.iter().flat_map(|repository| {
        [&repository.settings.ci_command, &repository.settings.test_command].into_iter().flatten()
    });
    for name in programs.cloned().chain(commands.filter_map(repositories::program_of)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn second_run(place: &Place, app: &App, there: &Surroundings) -> Result<Vec<Seen>, String> {
    let (root, config) =
        (app.settings.root.display().to_string(), app.settings.config_file.display().to_string());
    let program = place.program.display().to_string();
    let argv = [program.as_str(), "--root", &root, "--config", &config, "--json", "doctor"];
    let env = there.variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let output = cron::run(&argv, env, CHECKS_DEADLINE)?;
    serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What comes out worse there than here.
fn worse(here: &[Check], there: &[Seen]) -> Vec<Check> {
    let status_here = |name: &str| {
        here.iter().filter(|check| check.check == name).map(|check| check.status).max()
    };
    let is_worse = |seen: &&Seen| seen.status > status_here(&seen.check).unwrap_or(Status::Ok);
    let told = |seen: &Seen| {
        let mend = seen.mend.clone().unwrap_or_default();
        match seen.status {
            Status::Fail => Check::fail(Kind::UnderCron, seen.detail.clone(), mend),
            _ => Check::warn(Kind::UnderCron, seen.detail.clone(), mend),
        }
        .of(&seen.check)
    };
    there.iter().filter(is_worse).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_worse_under_cron_is_told() {
        let here = [
            Check::ok(Kind::Git, "x"),
            Check::warn(Kind::Clock, "y", "z"),
            Check::fail(Kind::Token, "a", "b"),
        ];
        let seen = |check: &str, status| Seen {
            check: check.to_owned(),
            status,
            detail: "d".to_owned(),
            mend: Some("m".to_owned()),
        };
        let there = [
            seen("git", Status::Fail),
            seen("clock", Status::Ok),
            seen("token", Status::Fail),
            seen("agent claude", Status::Warn),
            seen("memory", Status::Ok),
        ];
        let told: Vec<(String, Status)> =
            worse(&here, &there).into_iter().map(|check| (check.check, check.status)).collect();
        assert_eq!(
            told,
            [
                ("under cron git".to_owned(), Status::Fail),
                ("under cron agent claude".to_owned(), Status::Warn)
            ]
        );
    }
}
