//! Behind a run that worked: mirrors are packed, and `disk_budget_gb` is kept. An idle run does nothing of this, since nothing has grown.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::app::App;
use crate::domain::ids::TaskId;
use crate::domain::spare::{self, Kind, Spare};
use crate::domain::task::Folder;
use crate::sys::disk::{self, Usage};
use crate::sys::files;

/// What an attempt leaves that is read by people only; `result.md` and `receipt.json` stay.
const TRANSCRIPT: [&str; 4] =
    ["agent.stdout.log", "agent.stderr.log", "prompt.md", "prompt.manifest.json"];

/// Keeps the disk: packs mirrors that have grown, and removes what can be done without where more than the budget is used.
pub(super) fn run(app: &App) {
    for repository in &app.repositories {
        if repository.lacks_of_mirror().is_some() {
            pack(repository, false);
        }
    }
    let budget = disk::bytes_of(app.settings.disk_budget_gb);
    let used = used(app);
    if used.bytes <= budget {
        return;
    }
    for repository in &app.repositories {
        if repository.lacks_of_mirror().is_some() {
            pack(repository, true);
        }
    }
    remove(app, budget);
    let left = self::used(app);
    if left.bytes > budget {
        tracing::warn!(
            "`disk_budget_gb` is used up: {} of {}; {}",
            disk::size(left.bytes),
            disk::size(budget),
            largest(app)
        );
    }
}

/// What lies below `runtime/`, and below the folders of ours that lie elsewhere.
pub(super) fn used(app: &App) -> Usage {
    places(app).iter().fold(Usage::default(), |sum, place| sum.and(disk::used_below(place)))
}

/// The largest folders of `runtime/`, for a person who is to make room.
pub(super) fn largest(app: &App) -> String {
    let runtime = app.runtime();
    let mut parts = Vec::new();
    for name in ["worktrees", "repos", "runs", "agents", "cache", "logs", "archive"] {
        parts.push((disk::used_below(&runtime.join(name)).bytes, format!("runtime/{name}")));
    }
    for place in places(app).into_iter().skip(1) {
        parts.push((disk::used_below(&place).bytes, place.display().to_string()));
    }
    parts.sort();
    let shown = parts.iter().rev().take(3).filter(|(bytes, _)| *bytes > 0);
    let shown = shown.map(|(bytes, name)| format!("{name} {}", disk::size(*bytes)));
    shown.collect::<Vec<_>>().join(", ")
}

fn places(app: &App) -> Vec<PathBuf> {
    let runtime = app.runtime();
    let elsewhere = [&app.settings.worktrees_dir, &app.settings.logs_dir];
    let mut all = vec![runtime.clone()];
    all.extend(elsewhere.into_iter().filter(|path| !path.starts_with(&runtime)).cloned());
    all
}

/// Lets git pack a mirror: where it finds it worth while, or at any rate. A mirror that another run holds is packed another time.
fn pack(repository: &crate::app::Repository, at_any_rate: bool) {
    let packed = repository.effects().map_err(|error| error.to_string()).and_then(|effects| {
        let _lock = effects.lock_mirror().map_err(|error| error.to_string())?;
        let done = if at_any_rate { effects.mirror.gc() } else { effects.mirror.tidy() };
        done.map_err(|error| error.to_string())
    });
    if let Err(error) = packed {
        tracing::warn!(repo = %repository.slug(), "its mirror was not packed: {error}");
    }
}

fn remove(app: &App, budget: u64) {
    let Some(spares) = spares(app) else { return };
    let (mut count, mut freed) = (0_u32, 0_u64);
    for spare in spare::to_remove(spares, used(app).bytes, budget) {
        let _lease = match of_task(app, &spare) {
            None => None,
            Some(task) => match app.mailbox.lease(&task) {
                Ok(Some(lease)) => Some(lease),
                // Somebody is at work with it after all.
                Ok(None) | Err(_) => continue,
            },
        };
        match files::remove_unsynced(&spare.path) {
            Ok(_) => (count, freed) = (count + 1, freed.saturating_add(spare.bytes)),
            Err(error) => tracing::warn!("{error}"),
        }
    }
    if count > 0 {
        let freed = disk::size(freed);
        tracing::info!(
            files = count,
            "{freed} of old output were removed to keep `disk_budget_gb`"
        );
    }
}

/// The task whose attempt a transcript belongs to.
fn of_task(app: &App, spare: &Spare) -> Option<TaskId> {
    let below = spare.path.strip_prefix(app.runtime().join("runs")).ok()?;
    below.components().next()?.as_os_str().to_str()?.parse().ok()
}

/// Everything that may go; nothing at all where it cannot be known which tasks have ended.
fn spares(app: &App) -> Option<Vec<Spare>> {
    let runtime = app.runtime();
    let mut spares = Vec::new();
    for cache in ["cache/llm", "cache/github"] {
        spares.extend(files_in(&runtime.join(cache)).filter_map(|path| spare(Kind::Answer, path)));
    }
    let logs = files_in(&app.settings.logs_dir).filter(|path| is_rotated(path));
    spares.extend(logs.filter_map(|path| spare(Kind::OldLog, path)));
    let unfinished = unfinished(app)?;
    for task in files_in(&runtime.join("runs")) {
        let name = task.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        if name.is_some_and(|name| !unfinished.contains(&name)) {
            spares.extend(transcripts(&task));
        }
    }
    for task in files_in(&runtime.join("archive")).flat_map(|month| files_in(&month)) {
        spares.extend(transcripts(&task));
    }
    Some(spares)
}

/// Prompts and outputs of a task whose runs are recorded in a folder.
fn transcripts(task: &Path) -> impl Iterator<Item = Spare> + use<> {
    files_in(task)
        .flat_map(|run| TRANSCRIPT.map(|name| run.join(name)))
        .filter_map(|path| spare(Kind::Transcript, path))
}

/// The names of the files of all tasks that have not ended, unreadable ones among them.
fn unfinished(app: &App) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for folder in Folder::ALL {
        let heads = app.mailbox.heads(folder).ok()?;
        names.extend(heads.poison.iter().map(|entry| entry.stem.clone()));
        let tasks = heads.tasks.iter().map(crate::mailbox::Head::keys);
        let open = tasks.filter(|task| folder != Folder::Done || task.outcome.is_none());
        names.extend(open.map(|task| task.id.to_string()));
    }
    Some(names)
}

fn files_in(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// `<job>.log.<n>`, as rotation names them.
fn is_rotated(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.rsplit_once(".log.").is_some_and(|(_, n)| n.parse::<u32>().is_ok())
}

fn spare(kind: Kind, path: PathBuf) -> Option<Spare> {
    let data = path.symlink_metadata().ok()?;
    if !data.is_file() {
        return None;
    }
    let written = Timestamp::try_from(data.modified().ok()?).ok()?;
    Some(Spare { kind, path, bytes: data.len(), written })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_rotation_made_is_an_old_log() {
        let is = |name: &str| is_rotated(Path::new(name));
        assert!(is("/r/logs/queue.log.1") && is("cron.log.12"));
        assert!(!is("queue.log") && !is("queue.log.gz") && !is("notes.1"));
    }
}
