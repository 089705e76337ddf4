//! One source of evidence, read from where it lies: a page, a file on this machine, or a file of the base branch.

use crate::app::{App, Repository};
use crate::config::SourceLocation;
use crate::domain::objective::Place;
use crate::evidence::fetch::{Domains, shown};
use crate::evidence::{
    Document, EvidenceError, Located, MAX_DOCUMENT_BYTES, Markup, Places, locate,
};

/// So far back the last change of a file is looked for.
const MOST_COMMITS: usize = 1000;

/// Why a source was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::jobs) struct Unread {
    /// In words.
    pub(in crate::jobs) why: String,
    /// Whether the next run may find it mended without anybody doing anything.
    pub(in crate::jobs) is_temporary: bool,
}

/// What reads sources of one repository.
pub(in crate::jobs) struct Sources<'a> {
    app: &'a App,
    repository: &'a Repository,
    places: Places,
    domains: Domains,
}

impl<'a> Sources<'a> {
    /// Sources that the configuration of a repository names, or, `of_objective`, its objective and its checks.
    pub(in crate::jobs) fn new(
        app: &'a App,
        repository: &'a Repository,
        allowed_domains: &[String],
        of_objective: bool,
    ) -> Self {
        let (domains, faults) = Domains::new(allowed_domains);
        for fault in faults {
            tracing::warn!(repo = %repository.slug(), "`allowed_domains`: {fault}");
        }
        Self { app, repository, places: app.evidence_places(repository, of_objective), domains }
    }

    /// Reads what a place has.
    pub(in crate::jobs) async fn read(&self, place: &Place) -> Result<Document, Unread> {
        match place {
            Place::Web(address) => {
                let read = self.app.pages().read(address, &self.domains).await;
                read.map_err(|error| self.unread(&error.to_string(), error.is_temporary()))
            }
            Place::File(path) => match locate(path, &self.places) {
                Ok(Located::File(file)) => Document::read(&file).map_err(|e| self.failed(&e)),
                Ok(Located::Tracked(path)) => self.tracked(&path),
                Err(error) => Err(self.failed(&error)),
            },
        }
    }

    /// A file of the base branch as it was fetched last.
    fn tracked(&self, path: &str) -> Result<Document, Unread> {
        let failed = |error: crate::git::GitError| self.unread(&error.to_string(), true);
        let mirror = self.repository.mirror().map_err(failed)?;
        let branch = self.repository.base_branch().map_err(failed)?;
        let Some(tip) = mirror.tracked_tip(&branch).map_err(failed)? else {
            return Err(self.unread(&format!("`{branch}` was not fetched yet"), true));
        };
        match mirror.read_file(&tip, path, MAX_DOCUMENT_BYTES) {
            Ok(Some(bytes)) => {
                let changed_at = mirror.changed_at(&tip, path, MOST_COMMITS).map_err(failed)?;
                Ok(Document::new(&bytes, Markup::Plain, changed_at))
            }
            Ok(None) => Err(self.unread(&format!("`{branch}` has no file `{path}`"), false)),
            Err(error) => Err(self.unread(&error.to_string(), false)),
        }
    }

    /// The place is told beside it, as it was configured: folders of this machine are nobody else's business.
    fn failed(&self, error: &EvidenceError) -> Unread {
        match error {
            EvidenceError::Absent(_) => self.unread("there is no such file", false),
            EvidenceError::Refused { why, .. } => self.unread(why, false),
            error => self.unread(&error.to_string(), error.is_temporary()),
        }
    }

    fn unread(&self, why: &str, is_temporary: bool) -> Unread {
        Unread { why: self.app.redactor.redact(why), is_temporary }
    }
}

/// The place that a configuration names.
pub(in crate::jobs) fn place_of(location: &SourceLocation) -> Place {
    match location {
        SourceLocation::Web { url } => Place::Web(url.clone()),
        SourceLocation::File { path } => Place::File(path.clone()),
    }
}

/// A place as people may see it.
pub(in crate::jobs) fn told(app: &App, place: &Place) -> String {
    let text = match place {
        Place::Web(address) => shown(address),
        Place::File(path) => path.clone(),
    };
    app.redactor.redact(&text)
}
