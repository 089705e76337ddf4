//! What changed outside the worktree while an agent ran. Until confinement prevents such writes they are reported: in the receipt, in the
//! history of the task and in the log.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::app::{App, Repository};

/// More files than this are not looked at: a report may be incomplete, but a run must not wait for it.
const MAX_FILES: usize = 20_000;

/// More than this is not listed.
const MAX_LISTED: usize = 20;

/// Places that no agent has any business in, and what was there before the run.
pub(super) struct Watch {
    places: Vec<PathBuf>,
    /// Names beside the worktree before the run.
    beside: (PathBuf, Vec<String>),
    /// Change time of a file made when the watch began, in nanoseconds: the file system's own clock.
    since: i128,
}

impl Watch {
    /// Begins to watch the configuration, objectives, evidence, the operator's clone and what lies beside the worktree.
    pub(super) fn begin(app: &App, repository: &Repository, worktree: &Path) -> Self {
        let settings = &app.settings;
        let mut places = vec![
            settings.config_file.clone(),
            settings.objectives_dir.clone(),
            settings.evidence_dir.clone(),
        ];
        places.extend(repository.settings.path.clone());
        let parent = worktree.parent().unwrap_or(worktree).to_owned();
        let names = names_in(&parent);
        Self { places, beside: (parent, names), since: newest_change(worktree).max(now_of(app)) }
    }

    /// The files that changed meanwhile, at most twenty, with a last line for the rest.
    pub(super) fn end(self) -> Vec<String> {
        let mut changed: Vec<String> = Vec::new();
        let mut budget = MAX_FILES;
        for place in &self.places {
            changed_under(place, self.since, &mut budget, &mut changed);
        }
        let (parent, before) = &self.beside;
        for name in names_in(parent) {
            let is_task =
                name.rsplit_once('-').is_some_and(|(_, n)| n.chars().all(|c| c.is_ascii_digit()));
            if !before.contains(&name) && !is_task && !name.starts_with('.') {
                changed.push(parent.join(name).display().to_string());
            }
        }
        let more = changed.len().saturating_sub(MAX_LISTED);
        changed.truncate(MAX_LISTED);
        if more > 0 {
            changed.push(format!("and {more} more"));
        }
        changed
    }
}

/// The file system's own now: the change time of a lock file that is touched for it.
fn now_of(app: &App) -> i128 {
    let probe = app.locks().join(".probe");
    // Opening for append and setting the length changes the inode's times without any content.
    let touched = fs::OpenOptions::new().create(true).append(true).open(&probe).and_then(|file| {
        file.set_times(fs::FileTimes::new().set_accessed(std::time::SystemTime::UNIX_EPOCH))
    });
    match touched {
        Ok(()) => change_time(&probe).unwrap_or(0),
        Err(_) => 0,
    }
}

fn newest_change(path: &Path) -> i128 {
    change_time(path).unwrap_or(0)
}

fn change_time(path: &Path) -> Option<i128> {
    let metadata = fs::symlink_metadata(path).ok()?;
    Some(i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec()))
}

fn changed_under(path: &Path, since: i128, budget: &mut usize, changed: &mut Vec<String>) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    if *budget == 0 {
        return;
    }
    *budget -= 1;
    if metadata.is_dir() {
        let Ok(entries) = fs::read_dir(path) else { return };
        for entry in entries.flatten() {
            changed_under(&entry.path(), since, budget, changed);
        }
    } else if change_time(path).is_some_and(|at| at > since) {
        changed.push(path.display().to_string());
    }
}

fn names_in(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
