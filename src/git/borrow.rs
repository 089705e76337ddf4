//! Objects borrowed from the operator's clone, by git's alternates: that clone is read, never written, and can be done without.
//! (git sets the time stamp of a borrowed object that it would otherwise write again; not a byte changes.)

use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use git2::Repository;

use super::error::{GitError, io, library};
use super::mirror::Mirror;
use super::plain_files;

const ALTERNATES: &str = "objects/info/alternates";

/// The folder with the objects of a clone, or nothing when the clone does not have all of its history.
pub(super) fn objects_of(clone: &Path) -> Result<Option<PathBuf>, GitError> {
    let what = || format!("the clone `{}`", clone.display());
    let repository = match Repository::open(clone) {
        Ok(repository) => repository,
        Err(error) if error.code() == git2::ErrorCode::NotFound => {
            return Err(GitError::NotFound { what: what() });
        }
        Err(error) => return Err(library(what())(error)),
    };
    let common = fs::canonicalize(repository.commondir()).map_err(io(what()))?;
    let config = repository.config().map_err(library(what()))?;
    let mut promises = config.entries(Some(r"remote\..*\.promisor")).map_err(library(what()))?;
    let is_partial =
        config.get_string("extensions.partialclone").is_ok() || promises.next().is_some();
    if repository.is_shallow() || is_partial || common.as_os_str().as_bytes().contains(&b'\n') {
        return Ok(None);
    }
    Ok(Some(common.join("objects")))
}

/// Makes a repository borrow from a folder with objects.
pub(super) fn write(repository: &Path, lender: &Path) -> Result<(), GitError> {
    let mut line = lender.as_os_str().as_bytes().to_vec();
    line.push(b'\n');
    let doing = format!("borrowing the objects in `{}`", lender.display());
    plain_files::write_synced(&repository.join(ALTERNATES), &line).map_err(io(doing))
}

/// Whether everything that a repository borrows from is there; one that borrows nothing lacks nothing.
pub(super) fn has_lender(repository: &Path) -> Result<bool, GitError> {
    Ok(lenders(repository)?.iter().all(|dir| dir.is_dir()))
}

/// Whether a mirror borrows from `lender` and nobody else.
pub(super) fn is_from(mirror: &Path, lender: Option<&Path>) -> Result<bool, GitError> {
    Ok(lenders(mirror)?.iter().map(PathBuf::as_path).eq(lender))
}

/// Makes the mirror borrow from `lender` and nobody else.
pub(super) fn follow(mirror: &Mirror, lender: Option<&Path>) -> Result<(), GitError> {
    if is_from(&mirror.dir, lender)? {
        return Ok(());
    }
    let current = lenders(&mirror.dir)?;
    if current.iter().any(|dir| dir.is_dir()) {
        // Everything that is reachable becomes our own, before what we borrow from changes.
        mirror
            .git
            .call(format!("copying borrowed objects into `{}`", mirror.dir.display()))
            .writing_in(&mirror.dir)
            .args(["repack", "-a", "-d", "--quiet"])
            .check()?;
    }
    stop(mirror)?;
    lender.map_or(Ok(()), |lender| write(&mirror.dir, lender))
}

/// Forgets who lends; what is only there is missing from then on.
pub(super) fn stop(mirror: &Mirror) -> Result<(), GitError> {
    let doing = format!("ending the borrowing of `{}`", mirror.dir.display());
    plain_files::remove(&mirror.dir.join(ALTERNATES)).map_err(io(doing))
}

/// The folder with a repository's own objects, and those that it borrows.
pub(super) fn object_dirs(repository: &Path) -> Result<Vec<PathBuf>, GitError> {
    let mut dirs = vec![repository.join("objects")];
    dirs.extend(lenders(repository)?);
    Ok(dirs)
}

fn lenders(repository: &Path) -> Result<Vec<PathBuf>, GitError> {
    let path = repository.join(ALTERNATES);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read(&path).map_err(io(format!("reading `{}`", path.display())))?;
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(|line| PathBuf::from(std::ffi::OsString::from_vec(line.to_vec()))).collect())
}
