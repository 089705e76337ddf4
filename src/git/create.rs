//! A mirror that is not there yet, or is none any more.

use std::path::{Path, PathBuf};

use git2::{Repository, RepositoryInitOptions};

use super::error::{GitError, io, library};
use super::mirror::TRACKED;
use super::{borrow, plain_files};

/// The branch that a mirror stands on; no work is done there.
const HEAD: &str = "ref: refs/heads/main\n";

/// Whether there is what makes a folder a repository; no more is read than git itself would look for.
///
/// # Errors
///
/// When that cannot be read: only what is known to be missing or empty makes a mirror a damaged one.
pub(super) fn looks_whole(dir: &Path) -> Result<bool, GitError> {
    for part in ["HEAD", "config", "objects"] {
        let found = plain_files::look(&dir.join(part));
        let found = found.map_err(io(format!("looking at `{}`", dir.display())))?;
        // The machine lost its power while the file was young.
        if found.is_none_or(|found| found.is_file() && found.len() == 0) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A name for what is set aside.
pub(super) fn free_name_beside(dir: &Path) -> PathBuf {
    let named = |number: u64| {
        let mut name = dir.as_os_str().to_owned();
        name.push(format!(".broken-{number}"));
        PathBuf::from(name)
    };
    (1..1000).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(1000))
}

/// Makes a mirror beside its place and then puts it there at once; for who does so alone.
pub(super) fn create(dir: &Path, remote: &str, lender: Option<&Path>) -> Result<(), GitError> {
    let doing = || format!("making the mirror `{}`", dir.display());
    let mut draft = dir.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    plain_files::remove(&draft).map_err(io(doing()))?;
    let mut options = RepositoryInitOptions::new();
    options.bare(true).external_template(false).initial_head("main").mkpath(true);
    Repository::init_opts(&draft, &options).map_err(library(doing()))?;
    // What the library wrote itself is not on the disk yet, and without either file it is no repository.
    let wanted = [("HEAD", HEAD.to_owned()), ("config", settings(remote))];
    for (name, text) in wanted {
        plain_files::write_synced(&draft.join(name), text.as_bytes()).map_err(io(doing()))?;
    }
    if let Some(lender) = lender {
        borrow::write(&draft, lender)?;
    }
    plain_files::rename(&draft, dir).map_err(io(doing()))?;
    plain_files::sync_folder_of(dir).map_err(io(doing()))
}

/// The settings of a mirror of a remote, whole.
pub(super) fn settings(remote: &str) -> String {
    format!(
        "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n\tlogAllRefUpdates = false\n\
         [gc]\n\tauto = 0\n[remote \"origin\"]\n\turl = {}\n\tfetch = +refs/heads/*:{TRACKED}*\n",
        quoted(remote)
    )
}

/// A value as it stands in a git configuration file.
pub(super) fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
