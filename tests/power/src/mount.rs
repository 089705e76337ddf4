//! A disk at a path of this machine.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fuser::{BackgroundSession, Config, MountOption, SessionACL};
use rustix::mount::UnmountFlags;
use rustix::process::{Pid, Signal, kill_process};

use crate::disk::{Disk, Keep};
use crate::layer::Layer;

/// How long programs may need to be gone after they were killed.
const PATIENCE: Duration = Duration::from_mins(2);

/// A disk that is mounted; unmounted when dropped.
pub struct Mounted {
    at: PathBuf,
    disk: Arc<Mutex<Disk>>,
    session: Option<BackgroundSession>,
}

impl Mounted {
    /// Mounts a disk over a folder.
    ///
    /// # Errors
    ///
    /// When the kernel refuses: it knows no such file systems, or we may not mount.
    pub fn new(at: &Path, disk: Disk) -> io::Result<Self> {
        let at = at.canonicalize()?;
        let mut mounted = Self { at, disk: Arc::new(Mutex::new(disk)), session: None };
        mounted.mount()?;
        Ok(mounted)
    }

    /// The disk.
    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the power away: every program that works below the mount is dead, and what was not synced is gone; then mounts what is left.
    ///
    /// # Errors
    ///
    /// When a program does not die, or the kernel does not mount.
    pub fn lose_power(&mut self, keep: Keep) -> io::Result<()> {
        kill_all(&self.at)?;
        // What the machine did after the power was gone must not be seen: nobody is there any more.
        self.unmount()?;
        self.disk().lose_power(keep);
        self.mount()
    }

    /// Puts another disk in the place of this one.
    ///
    /// # Errors
    ///
    /// As [`Mounted::lose_power`].
    pub fn put(&mut self, disk: Disk) -> io::Result<()> {
        kill_all(&self.at)?;
        self.unmount()?;
        *self.disk() = disk;
        self.mount()
    }

    fn mount(&mut self) -> io::Result<()> {
        let mut config = Config::default();
        config.mount_options = vec![
            MountOption::FSName("power".to_owned()),
            MountOption::DefaultPermissions,
            MountOption::NoDev,
        ];
        // A confined agent may be another user in the eyes of the kernel.
        config.acl = SessionACL::All;
        let layer = Layer::new(Arc::clone(&self.disk));
        self.session = Some(fuser::spawn_mount(layer, &self.at, &config)?);
        Ok(())
    }

    fn unmount(&mut self) -> io::Result<()> {
        let Some(session) = self.session.take() else { return Ok(()) };
        rustix::mount::unmount(&self.at, UnmountFlags::DETACH)?;
        session.join()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(kill_all(&self.at));
        drop(self.unmount());
    }
}

/// Kills every program that works below a folder or was told of it, and waits until none is left.
fn kill_all(folder: &Path) -> io::Result<()> {
    let began = Instant::now();
    loop {
        let programs = programs_of(folder)?;
        if programs.is_empty() {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(io::Error::other(format!("{programs:?} do not die")));
        }
        for program in programs {
            // One that cannot be killed has ended meanwhile, or is found again.
            let _ = kill_process(program, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn programs_of(folder: &Path) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(pid) = number.and_then(Pid::from_raw) else { continue };
        if Some(pid) != Some(rustix::process::getpid()) && works_below(&entry.path(), folder) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Whether a program has its folder, its environment or an open file below a folder.
fn works_below(process: &Path, folder: &Path) -> bool {
    // A child of ours that has not become its program yet has all files that we have open, for whatever folder.
    let program = |process: &Path| fs::read_link(process.join("exe")).ok();
    if program(process).is_some_and(|it| Some(it) == program(Path::new("/proc/self"))) {
        return false;
    }
    let is_below = |link: PathBuf| fs::read_link(link).is_ok_and(|at| at.starts_with(folder));
    let needle = folder.as_os_str().as_bytes();
    let environment = fs::read(process.join("environ")).unwrap_or_default();
    environment.windows(needle.len()).any(|part| part == needle)
        || is_below(process.join("cwd"))
        || fs::read_dir(process.join("fd"))
            .is_ok_and(|files| files.flatten().any(|file| is_below(file.path())))
}

#[cfg(test)]
mod tests;
