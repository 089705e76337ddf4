//! Half-written drafts that a crash left beside their targets: removed at the start of every run that may write.

use std::path::{Path, PathBuf};

use crate::app::App;
use crate::domain::ids::TaskId;
use crate::domain::task::Folder;
use crate::sys::files;

/// Folders below a repository's board in which files are replaced.
const BOARD: [&str; 4] = ["", "issues", "pulls", "checks"];

/// Folders below `runtime/` in which files are replaced, besides the mailbox and the runs.
const RUNTIME: [&str; 15] = [
    "analysis",
    "cache/llm",
    "journal",
    "journal/open",
    "metrics",
    "state",
    "state/armed",
    "state/approvals",
    "state/repo_disabled",
    "state/job_disabled",
    "state/task_disabled",
    "state/gone",
    "state/memory",
    "notify",
    "notify/outbox",
];

/// Removes what nobody writes any more from every folder in which files are replaced. A draft that is still written keeps its lock and
/// stays; the folders of runs are left to [`remove_of`], since there are too many to be listed every minute.
pub(in crate::jobs) fn remove(app: &App) {
    let runtime = app.runtime();
    let own = RUNTIME.iter().map(|name| runtime.join(name));
    let mailbox = Folder::ALL.into_iter().map(|folder| app.mailbox.folder(folder));
    let boards = app.repositories.iter().flat_map(|repository| {
        let board = app.settings.root.join("board").join(repository.key.as_str());
        BOARD.iter().map(move |name| board.join(name))
    });
    let memory = app.repositories.iter().map(|of| runtime.join("memory").join(of.key.as_str()));
    for dir in own.chain(mailbox).chain(boards).chain(memory) {
        remove_in(&dir);
    }
}

/// The same for the records of one task's runs, under its lease.
pub(in crate::jobs) fn remove_of(app: &App, task: &TaskId) {
    let runs = app.runs(task);
    remove_in(&runs);
    let Ok(entries) = std::fs::read_dir(&runs) else { return };
    let folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    for dir in folders.iter().filter(|path| path.is_dir()) {
        remove_in(dir);
    }
}

fn remove_in(dir: &Path) {
    for draft in files::remove_stale_drafts(dir) {
        tracing::info!(draft = %draft.display(), "removed a draft that a crash had left");
    }
}
