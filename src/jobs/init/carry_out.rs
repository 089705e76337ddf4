//! Does what was decided: looks before every step, so that it can be interrupted anywhere and done again, and never writes into the
//! repository itself.

use std::path::Path;

use super::facts::{Facts, git};
use super::step::Step;
use super::{InitError, Place, Plan};
use crate::app::App;
use crate::crash_point;
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

/// The configuration has the same limit.
const MAX_CONFIG: u64 = 4 * 1024 * 1024;

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// The steps that were carried out now.
    pub steps: Vec<Step>,
}

/// The steps of a plan that are not so already. Reads only.
pub fn outstanding(plan: &Plan) -> Vec<Step> {
    plan.steps.iter().filter(|step| !is_so(step)).cloned().collect()
}

fn is_so(step: &Step) -> bool {
    match step {
        Step::Folder { path } => path.is_dir(),
        Step::Bare { path, .. } | Step::File { path, .. } => path.symlink_metadata().is_ok(),
        Step::Config { path, after, .. } => {
            text_of(path).is_ok_and(|text| text.as_ref() == Some(after))
        }
        // What lacks was looked up when the facts were gathered.
        Step::Labels { names } | Step::Columns { names } => names.is_empty(),
    }
}

/// The text of a file; nothing where there is none.
fn text_of(path: &Path) -> Result<Option<String>, FileError> {
    match files::read_text(path, MAX_CONFIG) {
        Ok(text) => Ok(Some(text)),
        Err(FileError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Carries out what is outstanding, without the labels where they are not wanted.
///
/// # Errors
///
/// When a step cannot be done; those before it are, and the next run goes on.
pub async fn carry_out(
    place: &Place<'_>,
    facts: &Facts,
    plan: &Plan,
    with_labels: bool,
) -> Result<Done, InitError> {
    let mut done = Done::default();
    let steps = outstanding(plan);
    let wanted = |step: &&Step| with_labels || !step.is_outside();
    if !steps.iter().any(|step| wanted(&step)) {
        return Ok(done);
    }
    let locks = facts.root.join("runtime").join("locks");
    files::make_dir(&locks)?;
    let Some(_lock) = Lock::try_acquire(&locks.join("job-init.lock"))? else {
        return Err(InitError::NotNow("another `init` is at work in this root".to_owned()));
    };
    for step in steps.iter().filter(wanted) {
        match step {
            Step::Folder { path } => files::make_dir(path)?,
            Step::Bare { from, path, branch } => {
                if let Some(folder) = path.parent() {
                    files::make_dir(folder)?;
                }
                git(place).copy_bare(from, path, branch)?;
            }
            Step::File { path, text, .. } => new_file(path, text)?,
            Step::Config { path, before, after, backup } => {
                configure(path, before.as_deref(), after, backup.as_deref())?;
            }
            Step::Labels { .. } | Step::Columns { .. } => outside(place, facts, plan, step).await?,
        }
        crash_point!("init.step");
        done.steps.push(step.clone());
    }
    Ok(done)
}

/// A file that did not exist; one that somebody made meanwhile is left alone.
fn new_file(path: &Path, text: &str) -> Result<(), FileError> {
    if let Some(folder) = path.parent() {
        files::make_dir(folder)?;
    }
    match files::create_new(path, text.as_bytes()) {
        Err(FileError::AlreadyExists { .. }) => Ok(()),
        other => other,
    }
}

/// Writes the configuration, if it still is what the plan rests on; what it was is kept first.
fn configure(
    path: &Path,
    before: Option<&str>,
    after: &str,
    backup: Option<&Path>,
) -> Result<(), InitError> {
    // A link stays one: what it leads to is changed.
    let real = super::facts::real(path);
    if text_of(&real)?.as_deref() != before {
        let message = format!("{} was changed meanwhile; run this again", path.display());
        return Err(InitError::NotNow(message));
    }
    let Some(before) = before else {
        if let Some(folder) = real.parent() {
            files::make_dir(folder)?;
        }
        return Ok(files::create_new(&real, after.as_bytes())?);
    };
    if let Some(backup) = backup {
        match files::create_new(backup, before.as_bytes()) {
            Err(FileError::AlreadyExists { .. }) if text_of(backup)?.as_deref() == Some(before) => {
            }
            other => other?,
        }
    }
    crash_point!("init.backup");
    Ok(files::replace(&real, after.as_bytes())?)
}

/// Makes labels or columns of the repository that the configuration now names; what exists is never changed.
async fn outside(
    place: &Place<'_>,
    facts: &Facts,
    plan: &Plan,
    step: &Step,
) -> Result<(), InitError> {
    let app = App::build_to_look((place.options)(facts.load.clone()))
        .map_err(|error| InitError::NotNow(error.to_string()))?;
    let Some(repository) = app.repositories.iter().find(|r| r.slug().as_str() == plan.name) else {
        return Ok(());
    };
    match step {
        Step::Labels { names } => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            repository.host.make_labels(&names).await?;
        }
        Step::Columns { .. } => repository.host.make_columns().await?,
        _ => {}
    }
    Ok(())
}
