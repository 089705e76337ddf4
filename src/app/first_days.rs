//! What an installation remembers of its beginnings: its own name and birthday, and the fence before an old backlog.

use jiff::Timestamp;

use super::State;
use super::state::{read_json, write_json};
use crate::domain::fence::Fence;
use crate::domain::ids::RepoKey;
use crate::domain::installation::Installation;
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;
use crate::text::hash::sha256_hex;

impl State {
    /// The name and birthday of this installation, if it has worked before. Reads only.
    ///
    /// # Errors
    ///
    /// When the record cannot be read.
    pub fn known_installation(&self) -> Result<Option<Installation>, FileError> {
        read_json(&self.dir().join("installation.json"))
    }

    /// The name and birthday of this installation; made and recorded when it is asked for the first time.
    ///
    /// # Errors
    ///
    /// When the record cannot be read or written.
    pub fn installation(&self, now: Timestamp) -> Result<Installation, FileError> {
        if let Some(known) = self.known_installation()? {
            return Ok(known);
        }
        files::make_dir(self.dir())?;
        let _lock = Lock::acquire(&self.dir().join(".installation.lock"), super::state::LOCK_WAIT)?;
        if let Some(known) = self.known_installation()? {
            return Ok(known);
        }
        let new = Installation { id: self.new_name(), since: now };
        write_json(&self.dir().join("installation.json"), &new)?;
        Ok(new)
    }

    /// A name that no other installation has: what tells machines, folders, processes and moments apart, hashed.
    fn new_name(&self) -> String {
        let machine = files::read_text(std::path::Path::new("/etc/machine-id"), 4096);
        let moment = crate::sys::clock::Clock::now(&crate::sys::clock::SystemClock);
        let all = format!(
            "{}\n{}\n{}\n{moment}",
            machine.unwrap_or_default(),
            self.dir().display(),
            std::process::id(),
        );
        sha256_hex(all.as_bytes()).chars().take(12).collect()
    }

    /// The fence of a repository.
    ///
    /// # Errors
    ///
    /// When the record cannot be read.
    pub fn fence(&self, key: &RepoKey) -> Result<Fence, FileError> {
        Ok(read_json(&self.fence_file(key))?.unwrap_or_default())
    }

    /// Records the fence of a repository; nothing is written when it is so already.
    ///
    /// # Errors
    ///
    /// When the record cannot be read or written.
    pub fn set_fence(&self, key: &RepoKey, fence: &Fence) -> Result<(), FileError> {
        if self.fence(key)? == *fence {
            return Ok(());
        }
        files::make_dir(&self.dir().join("fence"))?;
        write_json(&self.fence_file(key), fence)
    }

    fn fence_file(&self, key: &RepoKey) -> std::path::PathBuf {
        self.dir().join("fence").join(format!("{key}.json"))
    }
}
