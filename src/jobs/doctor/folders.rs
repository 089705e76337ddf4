//! The folders that we write to: theirs alone, with room, on a file system that keeps its promises.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Check, Kind};
use crate::app::App;
use crate::jobs::upkeep;
use crate::sys::disk::{self, Disk, size};
use crate::sys::files::{self, FileError};
use crate::sys::lock::Lock;

/// Below this nothing useful can be done.
const LEAST_FREE: u64 = 200 * 1000 * 1000;

pub(super) fn checks(app: &App) -> Vec<Check> {
    let mut checks =
        places(app).iter().filter_map(|path| folder(path, &app.settings.root)).collect::<Vec<_>>();
    checks.push(durability(&app.runtime()));
    checks.extend(room(app));
    checks
}

/// The folders of ours, each once; what lies in `runtime/` is closed with it.
fn places(app: &App) -> Vec<PathBuf> {
    let runtime = app.runtime();
    let settings = &app.settings;
    let mut all = vec![runtime.clone()];
    for path in [&settings.mailbox_dir, &settings.logs_dir, &settings.worktrees_dir] {
        if !path.starts_with(&runtime) && !all.contains(path) {
            all.push(path.clone());
        }
    }
    all
}

/// Nothing is said of a folder that is made when it is first needed.
fn folder(path: &Path, root: &Path) -> Option<Check> {
    let shown = path.display().to_string();
    let subject = path.strip_prefix(root).unwrap_or(path).display();
    let data = match fs::metadata(path) {
        Ok(data) => data,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            let mend = format!("make `{shown}` a folder of this user's");
            return Some(Check::fail(Kind::Folder, error.to_string(), mend).of(subject));
        }
    };
    let mode = data.permissions().mode() & 0o777;
    Some(if !data.is_dir() {
        let mend = format!("move the file `{shown}` away");
        Check::fail(Kind::Folder, "a file is in its place", mend).of(subject)
    } else if mode & 0o077 != 0 {
        let mend = format!("chmod 700 {shown}");
        Check::warn(Kind::Folder, format!("others can look in (mode {mode:o})"), mend).of(subject)
    } else {
        Check::ok(Kind::Folder, "there, and closed to others").of(subject)
    })
}

/// Tries out what every write of ours rests on, and takes all of it away again.
fn durability(runtime: &Path) -> Check {
    let proof = runtime.join(format!(".doctor-{}", std::process::id()));
    let tried = try_out(&proof);
    for leftover in files_of(&proof) {
        // One that could not be made is not there either.
        drop(files::remove_unsynced(&leftover));
    }
    let local = |detail: &str| match disk::of(runtime).ok().and_then(|disk| disk.remote) {
        Some(kind) => Check::warn(
            Kind::Durability,
            format!("{detail}, but `{}` lies on {kind}", runtime.display()),
            "use a disk of this machine: locks over the network can be lost unnoticed",
        ),
        None => Check::ok(Kind::Durability, detail),
    };
    match tried {
        Ok(None) => local("locks hold, files are replaced in one step and synced"),
        Ok(Some(broken)) => Check::fail(
            Kind::Durability,
            format!("`{}`: {broken}", runtime.display()),
            "put the root on another file system, for example ext4 or xfs on this machine",
        ),
        Err(error) => Check::fail(
            Kind::Durability,
            error.to_string(),
            format!("make `{}` writable for this user, and free some space", runtime.display()),
        ),
    }
}

fn files_of(proof: &Path) -> [PathBuf; 3] {
    ["lock", "a", "b"].map(|ending| proof.with_extension(ending))
}

/// Says what does not hold.
fn try_out(proof: &Path) -> Result<Option<&'static str>, FileError> {
    let [lock, a, b] = files_of(proof);
    let held = Lock::try_acquire(&lock)?;
    if held.is_none() || Lock::try_acquire(&lock)?.is_some() {
        return Ok(Some("a lock does not keep a second one out"));
    }
    files::replace(&a, b"one")?;
    files::replace(&a, b"two")?;
    files::rename(&a, &b)?;
    if a.exists() || files::read_bytes(&b, 16)? != b"two" {
        return Ok(Some("a file that was replaced and moved is not what was written"));
    }
    files::create_new(&a, b"three")?;
    if !matches!(files::rename(&b, &a), Err(FileError::AlreadyExists { .. })) {
        return Ok(Some("moving a file overwrites another one"));
    }
    drop(held);
    Ok(None)
}

fn room(app: &App) -> Option<Check> {
    let disk = disk::of(&app.runtime()).ok()?;
    let budget = disk::bytes_of(app.settings.disk_budget_gb);
    let used = upkeep::used(app).bytes;
    let largest = if used > budget { upkeep::largest(app) } else { String::new() };
    Some(judge_room(&disk, used, budget, &largest))
}

fn judge_room(disk: &Disk, used: u64, budget: u64, largest: &str) -> Check {
    let free = format!("{} of {} are free", size(disk.free), size(disk.total));
    let detail = format!("{free}, {} of {} used", size(used), size(budget));
    let mend = "free some space, or move the root to a larger disk";
    if disk.is_read_only {
        return Check::fail(
            Kind::Disk,
            "the file system is mounted read-only",
            "mount it writable",
        );
    }
    if disk.free < LEAST_FREE {
        return Check::fail(Kind::Disk, detail, mend);
    }
    if used > budget {
        let detail = format!("{detail}, more than `disk_budget_gb`: {largest}");
        let mend =
            "end old tasks and remove what you do not need there, or set a larger `disk_budget_gb`";
        return Check::warn(Kind::Disk, detail, mend);
    }
    if disk.free.saturating_add(used) < budget {
        let detail = format!("{detail}, less room than `disk_budget_gb`");
        let mend = format!("{mend}, or set a smaller `disk_budget_gb`");
        return Check::warn(Kind::Disk, detail, mend);
    }
    Check::ok(Kind::Disk, detail)
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    const GB: u64 = 1_000_000_000;

    #[test]
    fn what_we_use_already_counts_as_room() {
        let disk = |free: u64| Disk { free, total: 100 * GB, is_read_only: false, remote: None };
        for (free, used, status) in [
            (50 * GB, 0, Status::Ok),
            (9 * GB, 0, Status::Warn),
            (9 * GB, GB, Status::Ok),
            (50 * GB, 10 * GB + 1, Status::Warn),
            (LEAST_FREE - 1, 90 * GB, Status::Fail),
        ] {
            assert_eq!(judge_room(&disk(free), used, 10 * GB, "").status, status, "{free} {used}");
        }
        let frozen = Disk { is_read_only: true, ..disk(50 * GB) };
        assert_eq!(judge_room(&frozen, 0, GB, "").status, Status::Fail);
        assert_eq!([size(1_260_000_000), size(3_000_001), size(0)], ["1.2 GB", "4 MB", "0 MB"]);
    }

    #[test]
    fn the_proof_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(durability(dir.path()).status, Status::Ok);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_failure_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("runtime");
        files::replace(&file, b"").unwrap();
        let check = durability(&file);
        assert_eq!(check.status, Status::Fail);
        assert!(check.mend.unwrap().contains(&file.display().to_string()));
        assert_eq!(folder(&file, dir.path()).unwrap().status, Status::Fail);
        assert_eq!(folder(&dir.path().join("later"), dir.path()), None);
    }
}
