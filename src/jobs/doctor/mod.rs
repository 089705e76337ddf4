//! `agentos doctor`: proves the whole chain from program to merge, and says what mends what is broken. Reads only, but for a proof file that
//! it takes away again, and what `--live` plays in folders of its own.

mod agents;
mod check;
mod configuration;
mod confinement;
mod cron;
mod crontab;
mod folders;
mod github;
mod live;
mod machine;
mod play;
mod repositories;
mod state;
mod under_cron;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use check::{Check, Kind, Status};
pub(in crate::jobs) use under_cron::needed;

use crate::app::{App, BuildError};
use crate::text::redact::Redactor;

/// Where the checks are made.
#[derive(Debug, Clone)]
pub struct Place {
    /// Our own program.
    pub program: PathBuf,
    /// The operator's environment.
    pub environment: BTreeMap<String, String>,
    /// What led to the configuration, for people.
    pub found_by: String,
}

impl Place {
    fn variable(&self, name: &str) -> &str {
        self.environment.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// Which checks are made besides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The same once more in cron's environment.
    pub as_cron: bool,
    /// GitHub is asked anew, Telegram about the chat, and each usable agent plays an issue to its merge.
    pub live: bool,
}

/// Makes all checks that can be made; what keeps others from being made comes first.
pub async fn run(place: &Place, app: Result<&App, &BuildError>, options: Options) -> Vec<Check> {
    run_watched(place, app, options, &mut |_| ()).await
}

/// What is looked at now, of how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub what: String,
    /// How many steps are done.
    pub done: usize,
    /// How many there are.
    pub of: usize,
}

/// The same for somebody who waits and is told each step.
pub async fn run_watched(
    place: &Place,
    app: Result<&App, &BuildError>,
    options: Options,
    watch: &mut dyn FnMut(Step),
) -> Vec<Check> {
    let checks = match app {
        Ok(app) => whole(place, app, options, watch).await,
        Err(error) => {
            let mut checks = vec![configuration::broken(error)];
            checks.extend(machine::checks(place, None));
            checks
        }
    };
    let redactor = app.map_or_else(|_| redactor(place), |app| app.redactor.clone());
    checks.into_iter().map(|check| covered(check, &redactor)).collect()
}

async fn whole(
    place: &Place,
    app: &App,
    options: Options,
    watch: &mut dyn FnMut(Step),
) -> Vec<Check> {
    let live = if options.live { 2 * live::usable(app).len() + 1 } else { 0 };
    let of = app.repositories.len() + 2 + live + usize::from(options.as_cron);
    let mut done = 0;
    let mut step = |what: &str| {
        watch(Step { what: what.to_owned(), done, of });
        done += 1;
    };
    step("the machine and the configuration");
    let mut checks = machine::checks(place, Some(app));
    checks.extend(configuration::checks(place, app));
    checks.extend(folders::checks(app));
    let mut hosts = Vec::from_iter(github::token(app));
    for repository in &app.repositories {
        step(repository.slug().as_str());
        let (found, base) = repositories::checks(place, app, repository);
        checks.extend(found);
        hosts.extend(github::checks(app, repository, base.as_deref(), options.live).await);
    }
    step("the agents");
    checks.extend(agents::checks(app));
    if options.live {
        checks.extend(live::agents(place, app, &mut step).await);
    }
    checks.extend(confinement::checks(app));
    checks.extend(hosts);
    let cron = cron::look(place, app);
    checks.extend(cron.checks.iter().cloned());
    if options.as_cron {
        step("the same under cron");
        let worse = under_cron::compare(place, app, &cron, &checks);
        checks.extend(worse);
    }
    checks.extend(state::checks(app));
    checks.extend(state::paces(app));
    checks.push(state::telegram(app));
    if options.live {
        step("the chat");
        checks.extend(state::chat(app).await);
    }
    checks.extend(state::outbox(app));
    checks
}

/// What covers secrets where no configuration could be read.
fn redactor(place: &Place) -> Redactor {
    let is_secret = |name: &str| {
        ["TOKEN", "SECRET", "PASSWORD", "KEY"]
            .iter()
            .any(|part| name.to_ascii_uppercase().contains(part))
    };
    let secrets =
        place.environment.iter().filter(|(name, value)| is_secret(name) && value.len() >= 8);
    Redactor::new(secrets.map(|(_, value)| value.clone()))
}

fn covered(check: Check, redactor: &Redactor) -> Check {
    Check {
        check: redactor.redact(&check.check),
        detail: redactor.redact(&check.detail),
        mend: check.mend.map(|mend| redactor.redact(&mend)),
        ..check
    }
}

/// How many checks came out how, in one line.
pub fn summary(checks: &[Check]) -> String {
    let count = |status: Status| checks.iter().filter(|check| check.status == status).count();
    let (failed, warned) = (count(Status::Fail), count(Status::Warn));
    let plural = |count: usize, noun: &str| {
        if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
    };
    format!(
        "doctor: {} ok, {}, {}",
        count(Status::Ok),
        plural(warned, "warning"),
        plural(failed, "failure")
    )
}
