//! The objective and the evidence of a repository, found by its names.

use std::path::{Path, PathBuf};

use super::{App, Repository};
use crate::config;
use crate::evidence::{self, EvidenceError, LoadedObjective};

impl App {
    /// The objective of a repository; `None` when it has none.
    ///
    /// # Errors
    ///
    /// When its file cannot be read or used; file, line and key are in the message.
    pub fn objective(
        &self,
        repository: &Repository,
    ) -> Result<Option<LoadedObjective>, EvidenceError> {
        let names = names(repository);
        let Some(path) = evidence::find_objective(&self.settings.objectives_dir, &names) else {
            return Ok(None);
        };
        let expand = |text: &str| config::expand(text, &self.environment);
        evidence::load_objective(&path, &expand).map(Some)
    }

    /// Where a file of evidence lies that an objective or a check names: absolute as it is, else in the evidence folder of the repository,
    /// else in the operator's clone.
    pub fn evidence_file(&self, repository: &Repository, path: &str) -> PathBuf {
        let given = Path::new(path);
        if given.is_absolute() {
            return given.to_owned();
        }
        let folders =
            names(repository).into_iter().map(|name| self.settings.evidence_dir.join(name));
        let found = folders.map(|folder| folder.join(given)).find(|path| path.is_file());
        let clone = repository.settings.path.as_ref().map(|clone| clone.join(given));
        found.or(clone).unwrap_or_else(|| self.settings.evidence_dir.join(given))
    }
}

/// The names of a repository's files: the prefix of its tasks, or its plain name.
fn names(repository: &Repository) -> evidence::Names {
    let mut names = vec![repository.key.to_string()];
    let plain = repository.slug().name().to_owned();
    if !names.contains(&plain) {
        names.push(plain);
    }
    names
}
