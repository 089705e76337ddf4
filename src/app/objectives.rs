//! The objective and the evidence of a repository, found by its names.

use super::{App, Repository};
use crate::config;
use crate::evidence::fetch::Pages;
use crate::evidence::{self, EvidenceError, LoadedObjective, Places};

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

    /// Where files of evidence of a repository are looked for. Those that its objective and its checks name lie in the evidence folder first;
    /// the sources of its artefacts belong to the repository alone.
    pub fn evidence_places(&self, repository: &Repository, of_objective: bool) -> Places {
        let evidence_dir = self.settings.evidence_dir.clone();
        let folders = if of_objective { names(repository) } else { Vec::new() };
        Places {
            folders: folders.into_iter().map(|name| evidence_dir.join(name)).collect(),
            clone: repository.settings.path.clone(),
            evidence_dir,
        }
    }

    /// What reads pages.
    pub fn pages(&self) -> &dyn Pages {
        self.pages.as_ref()
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
