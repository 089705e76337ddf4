//! Where the files of a release lie: in a folder here, in one on the web, or among the releases of a repository.

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::Url;

use super::web::{self, Deadlines};
use super::{ReleaseError, is_loopback};
use crate::domain::release::Version;
use crate::sys::files::{self, FileError};

/// Where releases lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The releases of a repository: `…/releases`, below which the newest and every other one have their folder.
    Repository(Url),
    /// The folder of one release on the web.
    Web(Url),
    /// The folder of one release on this machine.
    Folder(PathBuf),
}

impl Place {
    /// Takes the releases of a repository, `owner/name` on github.com or a whole address elsewhere.
    ///
    /// # Errors
    ///
    /// When it names no repository, or one that is not reached by an encrypted connection.
    pub fn of_repository(repository: &str) -> Result<Self, String> {
        let wrong = || format!("`{repository}` is no repository: expected `owner/name`");
        let address = if repository.contains("://") {
            repository.trim_end_matches('/').to_owned()
        } else {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let is_name = |name: &str| !name.is_empty() && name.chars().all(is_plain);
            let (owner, name) = repository.split_once('/').ok_or_else(wrong)?;
            if !is_name(owner) || !is_name(name) || [owner, name].contains(&"..") {
                return Err(wrong());
            }
            format!("https://github.com/{owner}/{name}")
        };
        Ok(Self::Repository(checked(&format!("{address}/releases/"))?))
    }

    /// Takes what a person names: an address, else a folder.
    ///
    /// # Errors
    ///
    /// When an address is not one of an encrypted connection or of this machine.
    pub fn named(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            Ok(Self::Web(checked(&format!("{}/", text.trim_end_matches('/')))?))
        } else {
            Ok(Self::Folder(PathBuf::from(text)))
        }
    }

    /// Reads a file of a release of this version, of the newest one where none is named, with at most so many bytes.
    ///
    /// # Errors
    ///
    /// When it is not there, too large, or cannot be read.
    pub async fn read(
        &self,
        version: Option<&Version>,
        file: &str,
        most: usize,
        deadlines: Deadlines,
    ) -> Result<Vec<u8>, ReleaseError> {
        let join = |base: &Url, path: &str| {
            base.join(path).map_err(|_| ReleaseError::Refused(format!("`{path}` is no file")))
        };
        match self {
            Self::Folder(folder) => read_here(folder, file, most),
            Self::Web(base) => web::read(&join(base, file)?, most, deadlines).await,
            Self::Repository(base) => {
                let path = match version {
                    Some(version) => format!("download/v{version}/{file}"),
                    None => format!("latest/download/{file}"),
                };
                web::read(&join(base, &path)?, most, deadlines).await
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(url) | Self::Web(url) => {
                formatter.write_str(url.as_str().trim_end_matches('/'))
            }
            Self::Folder(folder) => write!(formatter, "{}", folder.display()),
        }
    }
}

fn checked(address: &str) -> Result<Url, String> {
    let url = Url::parse(address).map_err(|_| format!("`{address}` is no address"))?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(format!("`{address}` is not read: only https addresses are"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("an address of releases has neither user nor query".to_owned());
    }
    Ok(url)
}

fn read_here(folder: &Path, file: &str, most: usize) -> Result<Vec<u8>, ReleaseError> {
    let path = folder.join(file);
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    files::read_bytes(&path, most).map_err(|error| match error {
        FileError::NotFound { .. } => {
            ReleaseError::Missing(format!("there is no `{file}` in `{}`", folder.display()))
        }
        other => ReleaseError::File(other),
    })
}
