//! The new program is written beside the old one and tried; the old one is kept; then the new one takes the old one's name in one step.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::UpdateError;
use crate::crash_point;
use crate::domain::release::Version;
use crate::sys::files;
use crate::sys::program::{Output, Program, ProgramError};
use crate::text::clean;

/// How long a program may take to say its version.
const SAYING: Duration = Duration::from_secs(20);

/// So often, and so long after each other, a program is started that somebody has open for writing.
const STARTS: (usize, Duration) = (50, Duration::from_millis(20));

/// Most bytes of the program that is replaced.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// The program that is to be replaced.
#[derive(Debug, Clone)]
pub struct Installed {
    /// Where it lies, with no link in the way.
    pub path: PathBuf,
    /// What it is.
    pub version: Version,
}

/// Names the place of the program that an update replaces.
pub fn previous_of(path: &Path) -> PathBuf {
    beside(path, "", ".previous")
}

/// Names the place where a program is tried before it is put in place.
fn candidate_of(path: &Path) -> PathBuf {
    beside(path, ".", ".new")
}

/// Names the lock on updates of a program.
pub(super) fn lock_of(path: &Path) -> PathBuf {
    beside(path, ".", ".update.lock")
}

fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(after);
    path.with_file_name(name)
}

/// Puts a program in the place of what is installed; says where that lies now.
pub(super) fn in_place(
    installed: &Installed,
    version: &Version,
    program: &[u8],
) -> Result<PathBuf, UpdateError> {
    let path = &installed.path;
    let (candidate, previous) = (candidate_of(path), previous_of(path));
    tidy(path)?;
    files::replace_program(&candidate, program)?;
    crash_point!("self_update.downloaded");
    if let Err(error) = is_version(&candidate, version) {
        files::remove(&candidate)?;
        return Err(error);
    }
    let old = files::read_bytes(path, MOST_BYTES)?;
    // After a death behind the exchange this is the new program already; what was before it is worth more.
    if old != program {
        files::replace_program(&previous, &old)?;
        crash_point!("self_update.kept");
        files::replace_program(path, program)?;
        crash_point!("self_update.replaced");
    }
    files::remove(&candidate)?;
    Ok(previous)
}

/// Removes what an update left that died on the way: the program that it was to try, and drafts, which nobody else writes while we hold the
/// lock. The folder is not ours alone, so nothing else in it is touched.
pub(super) fn tidy(path: &Path) -> Result<(), UpdateError> {
    let (candidate, previous) = (candidate_of(path), previous_of(path));
    let written = [path, &candidate, &previous];
    let is_ours = |draft: &PathBuf| {
        let name = draft.file_name().unwrap_or_default().to_string_lossy();
        let targets = written.iter().filter_map(|target| target.file_name());
        let mut drafts = targets.map(|target| format!(".{}.", target.to_string_lossy()));
        drafts.any(|begin| {
            // Two numbers and an end, and no more: `.agentos.previous.…` is no draft of `agentos`.
            name.strip_prefix(&begin).is_some_and(|rest| rest.matches('.').count() == 2)
        })
    };
    let folder = path.parent().unwrap_or(Path::new("/"));
    for left in files::drafts_in(folder).iter().filter(|draft| is_ours(draft)) {
        files::remove(left)?;
    }
    Ok(files::remove(&candidate)?)
}

/// Runs a program and looks whether it is what it should be.
fn is_version(path: &Path, version: &Version) -> Result<(), UpdateError> {
    let output = say_version(path).map_err(|error| UpdateError::Broken(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if output.code == Some(0) && said.trim_end() == format!("agentos {version}") {
        return Ok(());
    }
    let talk = if said.trim().is_empty() { String::from_utf8_lossy(&output.stderr) } else { said };
    let talk = clean::one_line(&talk, 200);
    Err(UpdateError::Broken(format!("asked for its version ({version}) it says `{talk}`")))
}

fn say_version(path: &Path) -> Result<Output, ProgramError> {
    let program = Program {
        argv: vec![path.into(), "--version".into()],
        dir: None,
        env: Vec::new(),
        stdin: Vec::new(),
        deadline: SAYING,
    };
    let (starts, pause) = STARTS;
    for _ in 1..starts {
        match program.run() {
            // A child of another thread inherits our open files for the moment before it becomes a program of its own.
            Err(ProgramError::Start { reason, .. })
                if reason.kind() == ErrorKind::ExecutableFileBusy =>
            {
                thread::sleep(pause);
            }
            other => return other,
        }
    }
    program.run()
}
