//! The folders and what lies in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::crash_point;
use crate::domain::ids::{IssueNumber, RepoKey, TaskId};
use crate::domain::task::{Folder, Task};
use crate::domain::task_file::{self, TaskFileError};
use crate::sys::files::{self, FileError};

use super::listing::{stems_in, stems_where, subfolders};
use super::peek::{Head, Remembered};

/// A task file is at most this large; a larger one is poison.
const MAX_TASK_BYTES: u64 = 4 * 1024 * 1024;

/// Why the mailbox did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A task cannot be written or read.
    #[error(transparent)]
    Task(#[from] TaskFileError),
    /// A task of this id is there already.
    #[error("the task {id} is already in `{folder}/`")]
    Duplicate {
        /// Which task.
        id: TaskId,
        /// Where it lies.
        folder: Folder,
    },
}

impl MailboxError {
    /// Whether it is the file itself that is wrong, whoever reads it and whenever.
    pub fn is_poison(&self) -> bool {
        match self {
            Self::Task(_) => !self.is_newer(),
            Self::File(error) => matches!(
                error,
                FileError::NotRegular { .. }
                    | FileError::TooLarge { .. }
                    | FileError::NotText { .. }
            ),
            Self::Duplicate { .. } => false,
        }
    }

    /// Whether the file was written by a newer version of this program: it is left alone, and the operator updates.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Task(TaskFileError::Newer { .. }))
    }
}

/// A task file as it was found.
#[derive(Debug)]
pub struct Entry {
    /// Its folder.
    pub folder: Folder,
    /// The name without `.md`.
    pub stem: String,
    /// Where it lies.
    pub path: PathBuf,
    /// The task, or why it cannot be read as one.
    pub task: Result<Task, String>,
    /// Whether it cannot be read because a newer version of this program wrote it.
    pub is_newer: bool,
}

/// What a folder holds, without the bodies.
#[derive(Debug, Default)]
pub struct Heads {
    /// The tasks.
    pub tasks: Vec<Head>,
    /// What cannot be read as a task.
    pub poison: Vec<Entry>,
}

/// The state folders of one installation.
#[derive(Debug, Clone)]
pub struct Mailbox {
    dir: PathBuf,
    locks: PathBuf,
    pub(super) archive: PathBuf,
    remembered: Arc<Remembered>,
}

impl Mailbox {
    /// The mailbox in `dir`, with its locks and its archive.
    pub fn new(dir: PathBuf, locks: PathBuf, archive: PathBuf) -> Self {
        Self { dir, locks, archive, remembered: Arc::default() }
    }

    /// A state folder.
    pub fn folder(&self, folder: Folder) -> PathBuf {
        self.dir.join(folder.as_str())
    }

    /// Where a task's file lies, or would lie, in a folder.
    pub fn path(&self, folder: Folder, id: &TaskId) -> PathBuf {
        self.folder(folder).join(format!("{id}.md"))
    }

    /// The folder of leases.
    pub(super) fn locks(&self) -> &Path {
        &self.locks
    }

    /// The lock that makes one process the owner of a task.
    pub fn lock_path(&self, id: &TaskId) -> PathBuf {
        self.locks.join(format!("task-{id}.lock"))
    }

    /// Makes the folders that are missing.
    ///
    /// # Errors
    ///
    /// When a folder cannot be made; those before it stand.
    pub fn prepare(&self) -> Result<(), MailboxError> {
        for folder in Folder::ALL {
            let path = self.folder(folder);
            if !path.is_dir() {
                files::make_dir(&path)?;
            }
        }
        if !self.locks.is_dir() {
            files::make_dir(&self.locks)?;
        }
        Ok(())
    }

    /// The names in a folder, without `.md`, sorted. A folder that is missing is empty.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn stems(&self, folder: Folder) -> Result<Vec<String>, MailboxError> {
        stems_in(&self.folder(folder))
    }

    /// Every task file of a folder, in the order of their names, readable or not.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn list(&self, folder: Folder) -> Result<Vec<Entry>, MailboxError> {
        let stems = self.stems(folder)?;
        Ok(stems.into_iter().filter_map(|stem| self.entry(folder, stem)).collect())
    }

    /// Every readable task of every folder.
    ///
    /// # Errors
    ///
    /// When a folder cannot be read.
    pub fn tasks(&self) -> Result<Vec<(Folder, Task)>, MailboxError> {
        let mut all = Vec::new();
        for folder in Folder::ALL {
            let entries = self.list(folder)?.into_iter();
            all.extend(entries.filter_map(|entry| Some((folder, entry.task.ok()?))));
        }
        Ok(all)
    }

    /// A file of a folder whose text turned out to be no task, for [`Mailbox::set_aside`].
    pub fn poison(&self, folder: Folder, id: &TaskId, reason: String) -> Entry {
        let path = self.path(folder, id);
        Entry { folder, stem: id.to_string(), path, task: Err(reason), is_newer: false }
    }

    /// Reads one file; `None` when it has gone meanwhile.
    fn entry(&self, folder: Folder, stem: String) -> Option<Entry> {
        let path = self.folder(folder).join(format!("{stem}.md"));
        let (task, is_newer) = match read_task(&path, &stem) {
            Ok(task) => (Ok(task), false),
            Err(MailboxError::File(FileError::NotFound { .. })) => return None,
            Err(error) => (Err(error.to_string()), error.is_newer()),
        };
        Some(Entry { folder, stem, path, task, is_newer })
    }

    /// Where a task lies and what it says; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When its file cannot be read as a task.
    pub fn find(&self, id: &TaskId) -> Result<Option<(Folder, Task)>, MailboxError> {
        for folder in Folder::ALL {
            match read_task(&self.path(folder, id), id.as_str()) {
                Ok(task) => return Ok(Some((folder, task))),
                Err(MailboxError::File(FileError::NotFound { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The folder of a task, without reading it.
    pub fn whereabouts(&self, id: &TaskId) -> Option<Folder> {
        Folder::ALL.into_iter().find(|folder| self.path(*folder, id).symlink_metadata().is_ok())
    }

    /// The heads of all tasks of a folder, in the order of their names, and the files that cannot be read as tasks. Far quicker than
    /// [`Mailbox::list`] where bodies are long, and this is what happens every minute.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn heads(&self, folder: Folder) -> Result<Heads, MailboxError> {
        Ok(self.heads_among(folder, self.stems(folder)?, true))
    }

    /// The heads of the tasks of one repository, whose ids all begin with its key; others may be among them whose ids begin alike. Where
    /// many repositories share the mailbox each one's own files are looked at, and not everybody's for each.
    ///
    /// # Errors
    ///
    /// As [`Mailbox::heads`].
    pub fn heads_of(&self, folder: Folder, key: &RepoKey) -> Result<Heads, MailboxError> {
        let is_own =
            |stem: &str| stem.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with('-'));
        let stems = stems_where(&self.folder(folder), is_own)?;
        Ok(self.heads_among(folder, stems, false))
    }

    fn heads_among(&self, folder: Folder, stems: Vec<String>, is_all: bool) -> Heads {
        let (tasks, others) = self.remembered.heads(folder, &self.folder(folder), stems, is_all);
        let mut heads = Heads { tasks, poison: Vec::new() };
        let quick = heads.tasks.len();
        for stem in others {
            match self.entry(folder, stem) {
                Some(Entry { task: Ok(task), .. }) => heads.tasks.push(Head::of(task)),
                Some(poison) => heads.poison.push(poison),
                None => {}
            }
        }
        if heads.tasks.len() > quick {
            heads.tasks.sort_by(|a, b| a.keys().id.as_str().cmp(b.keys().id.as_str()));
        }
        heads
    }

    /// The newest generation of an issue's task, archived ones included, with its folder (`None` for an archived one).
    ///
    /// # Errors
    ///
    /// When a folder cannot be read.
    pub fn newest_generation(
        &self,
        repo: &RepoKey,
        issue: IssueNumber,
    ) -> Result<Option<(u32, Option<Folder>)>, MailboxError> {
        let first = TaskId::of(repo, issue, 1);
        let generation_of = |stem: &str| -> Option<u32> {
            let rest = stem.strip_prefix(first.as_str())?;
            if rest.is_empty() { Some(1) } else { rest.strip_prefix('-')?.parse().ok() }
        };
        let mut newest: Option<(u32, Option<Folder>)> = None;
        let mut consider = |stem: &str, folder: Option<Folder>| {
            if let Some(generation) = generation_of(stem)
                && newest.is_none_or(|(known, _)| generation > known)
            {
                newest = Some((generation, folder));
            }
        };
        for folder in Folder::ALL {
            for stem in self.stems(folder)? {
                consider(&stem, Some(folder));
            }
        }
        for month in subfolders(&self.archive) {
            for stem in stems_in(&month)? {
                consider(&stem, None);
            }
        }
        Ok(newest)
    }

    /// Puts a new task into the inbox.
    ///
    /// # Errors
    ///
    /// When a task of this id is there already, or the file cannot be written; nothing is left behind.
    pub fn deliver(&self, task: &Task) -> Result<(), MailboxError> {
        if let Some(folder) = self.whereabouts(&task.id) {
            return Err(MailboxError::Duplicate { id: task.id.clone(), folder });
        }
        let text = task_file::render(task)?;
        crash_point!("mailbox.deliver");
        files::create_new(&self.path(Folder::Inbox, &task.id), text.as_bytes())?;
        crash_point!("mailbox.delivered");
        Ok(())
    }

    /// Sets a file aside that cannot be read as a task: to `failed/`, with its reason beside it.
    ///
    /// # Errors
    ///
    /// When it cannot be moved; it then stays where it is.
    pub fn set_aside(&self, entry: &Entry, reason: &str) -> Result<PathBuf, MailboxError> {
        let failed = self.folder(Folder::Failed);
        let name = entry.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| format!("{}.md", entry.stem));
        let note = format!(
            "This could not be read as a task and was set aside.\n\n{reason}\n\nMend it and move it back to inbox/, or remove it.\n"
        );
        for n in 0..1000 {
            let name = if n == 0 { name.clone() } else { format!("{name}.{n}") };
            let target = failed.join(&name);
            let beside = failed.join(format!("{name}.reason.txt"));
            if target.symlink_metadata().is_ok() {
                continue;
            }
            files::replace(&beside, note.as_bytes())?;
            files::rename(&entry.path, &target)?;
            return Ok(target);
        }
        Err(FileError::AlreadyExists { path: failed.join(name) }.into())
    }
}

/// Reads a task file and holds its name against its id.
pub(super) fn read_task(path: &Path, stem: &str) -> Result<Task, MailboxError> {
    let text = files::read_text(path, MAX_TASK_BYTES)?;
    let task = task_file::parse(&text, &path.display().to_string())?;
    if task.id.as_str() != stem {
        return Err(TaskFileError::FrontMatter {
            file: path.display().to_string(),
            reason: format!("its name says `{stem}` and its `task_id` says `{}`", task.id),
        }
        .into());
    }
    Ok(task)
}
