//! `agentos cron`: what starts the jobs, printed, put in or taken out.

use serde_json::json;

use super::args::{Cron, Global, Where};
use super::fault::Fault;
use super::output::Output;
use super::wire::Wiring;
use crate::domain::schedule::systemd::{Scope, Unit};
use crate::jobs::cron::{self, CronError, Place, crontab, systemd};
use crate::text::clean;

pub(super) fn run(
    wiring: &Wiring,
    global: &Global,
    command: &Cron,
    output: &Output,
) -> Result<u8, Fault> {
    let app = wiring.app(global)?;
    let place = Place { program: Wiring::helper()?.program, environment: wiring.variables() };
    match command {
        Cron::Print(schedule) => {
            let plan = cron::plan(&app, &place)?;
            match scope(schedule.place) {
                Some(scope) => {
                    let folder = systemd::folder(&place, scope)?.display().to_string();
                    print_units(&folder, &systemd::units(&app, &place, &plan, scope)?, output);
                }
                None => print_block(&crontab::text(&plan, schedule.jobs), output),
            }
        }
        Cron::Install(schedule) => {
            let plan = cron::plan(&app, &place)?;
            match scope(schedule.place) {
                Some(scope) => tell_units(
                    &systemd::install(&app, &place, &plan, scope)?,
                    scope,
                    "the timers are as they should be",
                    output,
                ),
                None => tell_block(
                    &crontab::install(&app, &place, &plan, schedule.jobs)?,
                    [
                        "the crontab starts the jobs of this root",
                        "the crontab has this block already",
                    ],
                    output,
                ),
            }
        }
        Cron::Remove(place_of) => match scope(*place_of) {
            Some(scope) => tell_units(
                &systemd::remove(&app, &place, scope)?,
                scope,
                "there is no unit of this root",
                output,
            ),
            None => tell_block(
                &crontab::remove(&app, &place)?,
                [
                    "the crontab does not start the jobs of this root any more",
                    "the crontab has no block of this root",
                ],
                output,
            ),
        },
    }
    Ok(0)
}

fn scope(place: Where) -> Option<Scope> {
    place.systemd.then_some(if place.system { Scope::System } else { Scope::User })
}

fn print_block(text: &str, output: &Output) {
    if output.is_json() {
        output.json(&json!({"crontab": text}));
    } else {
        text.lines().for_each(|line| output.line(line));
    }
}

fn print_units(folder: &str, units: &[Unit], output: &Output) {
    if output.is_json() {
        let units: Vec<_> =
            units.iter().map(|unit| json!({"name": unit.name, "text": unit.text})).collect();
        output.json(&json!({"folder": folder, "units": units}));
        return;
    }
    for unit in units {
        output.line(&format!("# {folder}/{}", unit.name));
        output.line(&unit.text);
    }
}

fn tell_block(done: &crontab::Done, [changed, unchanged]: [&str; 2], output: &Output) {
    if output.is_json() {
        output.json(done);
        return;
    }
    output.line(if done.changed { changed } else { unchanged });
    if let Some(backup) = &done.backup {
        output.say(&format!("the crontab before is kept in {}", backup.display()));
    }
}

fn tell_units(done: &systemd::Done, scope: Scope, unchanged: &str, output: &Output) {
    if output.is_json() {
        output.json(done);
        return;
    }
    let folder = clean::one_line(&done.folder.display().to_string(), 400);
    for (word, names) in
        [("removed", &done.removed), ("written", &done.written), ("switched on", &done.enabled)]
    {
        for name in names {
            output.line(&format!("{word}: {name}"));
        }
    }
    if !done.changed {
        output.line(&format!("{unchanged}, in {folder}"));
    } else if !done.manager_runs && !done.written.is_empty() {
        let user = if scope == Scope::User { " --user" } else { "" };
        let timers: Vec<&str> = done
            .written
            .iter()
            .map(String::as_str)
            .filter(|name| systemd::is_timer(name))
            .collect();
        output.say(&format!("systemd does not run here: the units lie in {folder}"));
        output.say(&format!(
            "hint: `systemctl{user} daemon-reload && systemctl{user} enable --now {}`",
            timers.join(" ")
        ));
    } else if scope == Scope::User && !done.enabled.is_empty() {
        output.say("hint: `loginctl enable-linger` lets them run while you are not logged in");
    }
}

impl From<CronError> for Fault {
    fn from(error: CronError) -> Self {
        let message = error.to_string();
        match error {
            CronError::NoProgram(_) => Self::usage(message).hint(
                "install cron, or use `--systemd`, or let another scheduler run what `agentos cron print` prints",
            ),
            CronError::Path(_) | CronError::NoHome => Self::usage(message),
            CronError::Busy => Self::temporary(message),
            CronError::Changed => Self::failed(message).hint("look at `crontab -l`, and try again"),
            CronError::Refused { .. } | CronError::Unreadable(_) | CronError::Damaged(_) => {
                Self::failed(message)
            }
            CronError::File(error) => error.into(),
        }
    }
}
