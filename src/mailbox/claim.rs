//! Leases and claims: which process may change a task.

use std::fs;

use crate::crash_point;
use crate::domain::ids::{RepoKey, TaskId};
use crate::domain::task::{Folder, HostState, Move, Stage, Task};
use crate::domain::task_file;
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

use super::store::{Mailbox, MailboxError, read_task};

/// The right to change one task, held through the kernel: it ends with this process.
#[must_use = "a lease that is dropped gives the task to whoever asks next"]
#[derive(Debug)]
pub struct Lease {
    id: TaskId,
    lock: Lock,
}

impl Lease {
    /// Whose lease it is.
    pub fn id(&self) -> &TaskId {
        &self.id
    }

    /// Gives it up together with the lock's file, for a task that nobody works on any more; who asks for it again makes the file anew.
    pub fn retire(self) {
        if let Err(error) = files::remove_unsynced(self.lock.path()) {
            tracing::warn!("{error}");
        }
    }
}

/// The right to change what belongs to no task of a repository, such as its memory; held like a [`Lease`].
#[must_use = "a lease that is dropped gives the repository to whoever asks next"]
#[derive(Debug)]
pub struct RepositoryLease {
    name: String,
    _lock: Lock,
}

/// A lease under which effects are carried out.
pub trait Authority {
    /// The name that an intent records: a task id, `memory:<key>` or `backlog:<key>`.
    fn name(&self) -> String;
}

impl Authority for Lease {
    fn name(&self) -> String {
        self.id.to_string()
    }
}

impl Authority for RepositoryLease {
    fn name(&self) -> String {
        self.name.clone()
    }
}

/// What the name of a lease on a repository's memory begins with; no task id has a colon.
const MEMORY: &str = "memory:";

/// The same of a lease on its backlog.
const BACKLOG: &str = "backlog:";

/// A task in `processing/` together with its lease: only who holds one may work on the task.
#[must_use = "a claim that is dropped leaves its task in `processing/` until the next run takes it over"]
#[derive(Debug)]
pub struct Claim {
    /// The task; [`Mailbox::checkpoint`] writes it.
    pub task: Task,
    lease: Lease,
    /// Whether it was taken over from a worker that died.
    pub resumed: bool,
}

impl Claim {
    /// The lease under which the task's effects are carried out.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }
}

/// A task as its worker begins with it. What was in the way before is told anew, or is not there any more. And the issue may show the same
/// after this run as before, for another reason: whoever dies behind the move must leave it untold.
fn taken_up(task: Task) -> Task {
    let host_state = task.host_state.filter(|shown| *shown != HostState::NeedsPerson);
    Task { trouble: None, waits_for: Vec::new(), host_state, ..task }
}

/// The task file was moved away by hand while its worker ran; the worker stops and leaves it where it is.
#[derive(Debug, thiserror::Error)]
pub enum Gone {
    /// Moved by hand.
    #[error("the file of task {0} was moved out of `processing/` by hand")]
    Moved(TaskId),
    /// The mailbox could not be written.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
}

impl From<FileError> for Gone {
    fn from(error: FileError) -> Self {
        Self::Mailbox(error.into())
    }
}

impl Mailbox {
    /// Takes the lease of a task, or nothing when another process holds it. A move that was cut off between two folders, which leaves the
    /// file in both, is ended.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be made, or such a move cannot be ended.
    pub fn lease(&self, id: &TaskId) -> Result<Option<Lease>, MailboxError> {
        let Some(lock) = Lock::try_acquire(&self.lock_path(id))? else { return Ok(None) };
        self.end_cut_off_move(id)?;
        Ok(Some(Lease { id: id.clone(), lock }))
    }

    /// A file in two folders goes to the one that it was on its way to. Two different files are left for a person.
    fn end_cut_off_move(&self, id: &TaskId) -> Result<(), MailboxError> {
        let is_there = |folder: &Folder| fs::symlink_metadata(self.path(*folder, id)).is_ok();
        let found: Vec<Folder> = Folder::ALL.into_iter().filter(is_there).collect();
        let [one, other] = found[..] else { return Ok(()) };
        let task = read_task(&self.path(other, id), id.as_str());
        let settling = task.ok().and_then(|task| task.settling).map(|step| step.to);
        // A claim says nothing before it is there.
        let to = settling.unwrap_or(Folder::Processing);
        let from = match to {
            to if to == one => other,
            to if to == other => one,
            _ => return Ok(()),
        };
        match files::rename(&self.path(from, id), &self.path(to, id)) {
            // Nobody's move, or one that is over.
            Err(FileError::AlreadyExists { .. } | FileError::NotFound { .. }) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Takes the lease of a repository's memory, or nothing when another process holds it.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be made.
    pub fn memory_lease(&self, key: &RepoKey) -> Result<Option<RepositoryLease>, MailboxError> {
        let lock = Lock::try_acquire(&self.locks().join(format!("repo-memory-{key}.lock")))?;
        Ok(lock.map(|lock| RepositoryLease { name: format!("{MEMORY}{key}"), _lock: lock }))
    }

    /// Takes the lease of a repository's backlog, or nothing when another process holds it.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be made.
    pub fn backlog_lease(&self, key: &RepoKey) -> Result<Option<RepositoryLease>, FileError> {
        let lock = Lock::try_acquire(&self.locks().join(format!("repo-backlog-{key}.lock")))?;
        Ok(lock.map(|lock| RepositoryLease { name: format!("{BACKLOG}{key}"), _lock: lock }))
    }

    /// Takes the lease of which an intent records the name, or nothing when another process holds it or there is none of that name.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be made.
    pub fn lease_named(&self, name: &str) -> Result<Option<Box<dyn Authority>>, MailboxError> {
        let boxed = |lease| Box::new(lease) as Box<dyn Authority>;
        if let Some(key) = name.strip_prefix(MEMORY) {
            let Ok(key) = key.parse() else { return Ok(None) };
            let lease = self.memory_lease(&key)?;
            return Ok(lease.map(|lease| Box::new(lease) as Box<dyn Authority>));
        }
        if let Some(key) = name.strip_prefix(BACKLOG) {
            let Ok(key) = key.parse() else { return Ok(None) };
            let lease = self.backlog_lease(&key)?;
            return Ok(lease.map(|lease| Box::new(lease) as Box<dyn Authority>));
        }
        let Ok(id) = name.parse() else { return Ok(None) };
        Ok(self.lease(&id)?.map(boxed))
    }

    /// Claims a task of the inbox: lease first, then the file is moved to `processing/`. Nothing when somebody else was faster or the file
    /// has gone; a file that cannot be read as a task is set aside.
    ///
    /// # Errors
    ///
    /// When the file cannot be moved; it then stays in the inbox.
    pub fn claim(&self, id: &TaskId) -> Result<Option<Claim>, MailboxError> {
        let Some(lease) = self.lease(id)? else { return Ok(None) };
        let from = self.path(Folder::Inbox, id);
        let task = match read_task(&from, id.as_str()) {
            Ok(task) => task,
            Err(MailboxError::File(FileError::NotFound { .. })) => return Ok(None),
            Err(error) => return Err(error),
        };
        crash_point!("mailbox.claim");
        match files::rename(&from, &self.path(Folder::Processing, id)) {
            Ok(()) => {}
            Err(FileError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        crash_point!("mailbox.claimed");
        tracing::debug!(task = %id, "claimed");
        Ok(Some(Claim { task: taken_up(task), lease, resumed: false }))
    }

    /// Takes over a task in `processing/` whose worker has died, which is when nobody holds its lease.
    ///
    /// # Errors
    ///
    /// When its file cannot be read as a task.
    pub fn take_over(&self, id: &TaskId) -> Result<Option<Claim>, MailboxError> {
        let Some(lease) = self.lease(id)? else { return Ok(None) };
        match read_task(&self.path(Folder::Processing, id), id.as_str()) {
            Ok(task) => Ok(Some(Claim { task: taken_up(task), lease, resumed: true })),
            Err(MailboxError::File(FileError::NotFound { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the task is still in `processing/`, where its worker wants it.
    pub fn is_still_there(&self, claim: &Claim) -> bool {
        fs::symlink_metadata(self.path(Folder::Processing, &claim.task.id)).is_ok()
    }

    /// Writes the claimed task as it now is, with its last finished stage.
    ///
    /// # Errors
    ///
    /// [`Gone::Moved`] when a person has moved the file meanwhile: nothing is written then.
    pub fn checkpoint(&self, claim: &mut Claim, stage: Stage) -> Result<(), Gone> {
        claim.task.stage = Some(stage);
        self.save(claim)?;
        tracing::debug!(task = %claim.task.id, stage = stage.as_str(), "stage finished");
        crash_point!("mailbox.checkpoint");
        Ok(())
    }

    /// Writes the claimed task as it now is.
    ///
    /// # Errors
    ///
    /// As [`Mailbox::checkpoint`].
    pub fn save(&self, claim: &Claim) -> Result<(), Gone> {
        let path = self.path(Folder::Processing, &claim.task.id);
        let text = task_file::render(&claim.task).map_err(MailboxError::Task)?;
        match files::replace_existing(&path, text.as_bytes()) {
            Err(FileError::NotFound { .. }) => Err(Gone::Moved(claim.task.id.clone())),
            other => Ok(other?),
        }
    }

    /// Moves a claimed task to its next folder and hands back the lease, under which the host is then told.
    ///
    /// A crash in between leaves the file in `processing/` with `settling` naming the folder; whoever takes it over finishes the move.
    ///
    /// # Errors
    ///
    /// As [`Mailbox::checkpoint`]; the task then stays in `processing/`.
    pub fn settle(&self, claim: Claim, folder: Folder) -> Result<(Task, Lease), Gone> {
        let mut claim = claim;
        claim.task.settling = Some(Move { from: Folder::Processing, to: folder });
        // The attempt is over: whoever brings the task back, by whatever way, begins another one.
        claim.task.stage = None;
        claim.task.assigned = None;
        self.save(&claim)?;
        crash_point!("mailbox.settle");
        let Claim { mut task, lease, .. } = claim;
        let from = self.path(Folder::Processing, &task.id);
        match files::rename(&from, &self.path(folder, &task.id)) {
            Err(FileError::NotFound { .. }) => return Err(Gone::Moved(task.id)),
            other => other?,
        }
        crash_point!("mailbox.settled");
        tracing::debug!(task = %task.id, folder = folder.as_str(), "moved");
        task.settling = None;
        Ok((task, lease))
    }

    /// Writes down why the worker of a task could not go on, in its file in `processing/`. Nothing happens when the file is in other hands or
    /// has gone, or says so already.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written; it then stays as it is.
    pub fn note_trouble(&self, id: &TaskId, trouble: &str) -> Result<(), Gone> {
        let Some(lease) = self.lease(id)? else { return Ok(()) };
        let found = read_task(&self.path(Folder::Processing, id), id.as_str());
        let task = match found {
            Err(MailboxError::File(FileError::NotFound { .. })) => return Ok(()),
            found => found?,
        };
        self.update(&lease, Folder::Processing, &Task { trouble: Some(trouble.to_owned()), ..task })
    }

    /// Writes a task that lies in `folder`, under its lease; nothing happens when the file already reads so.
    ///
    /// # Errors
    ///
    /// [`Gone::Moved`] when the file is no longer there.
    pub fn update(&self, lease: &Lease, folder: Folder, task: &Task) -> Result<(), Gone> {
        let path = self.path(folder, lease.id());
        let text = task_file::render(task).map_err(MailboxError::Task)?;
        match files::read_text(&path, u64::MAX) {
            Ok(present) if present == text => return Ok(()),
            Ok(_) => {}
            Err(FileError::NotFound { .. }) => return Err(Gone::Moved(lease.id().clone())),
            Err(error) => return Err(error.into()),
        }
        match files::replace_existing(&path, text.as_bytes()) {
            Err(FileError::NotFound { .. }) => Err(Gone::Moved(lease.id().clone())),
            other => Ok(other?),
        }
    }

    /// Moves a task between two folders under its lease, written as it now is.
    ///
    /// # Errors
    ///
    /// [`Gone::Moved`] when the file is no longer in `from`.
    pub fn transfer(
        &self,
        lease: &Lease,
        task: &mut Task,
        from: Folder,
        to: Folder,
    ) -> Result<(), Gone> {
        task.settling = Some(Move { from, to });
        self.update(lease, from, task)?;
        crash_point!("mailbox.transfer");
        match files::rename(&self.path(from, lease.id()), &self.path(to, lease.id())) {
            Err(FileError::NotFound { .. }) => return Err(Gone::Moved(lease.id().clone())),
            other => other?,
        }
        crash_point!("mailbox.transferred");
        task.settling = None;
        Ok(())
    }
}
