//! The files of sprints: `runtime/state/approvals/<id>.yaml`.

use std::path::PathBuf;

use crate::app::{App, Repository};
use crate::domain::ids::{RepoKey, RepoSlug};
use crate::domain::sprint::{Sprint, SprintId};
use crate::jobs::dispatch::Failure;
use crate::jobs::report::Severity;
use crate::sys::files::{self, FileError};

/// A file of ours is far smaller.
const MAX_BYTES: u64 = 256 * 1024;

/// So many sprints of a repository are kept; `STRATEGY.md` tells of them as well.
const KEPT: usize = 20;

/// The sprints of one repository.
pub(super) struct Store {
    dir: PathBuf,
    key: RepoKey,
    slug: RepoSlug,
}

impl Store {
    pub(super) fn new(app: &App, repository: &Repository) -> Self {
        Self {
            dir: app.runtime().join("state").join("approvals"),
            key: repository.key.clone(),
            slug: repository.slug().clone(),
        }
    }

    /// The names of the sprints, oldest first.
    pub(super) fn ids(&self) -> Result<Vec<SprintId>, Failure> {
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(FileError::of("read the folder", &self.dir, error).into()),
        };
        let mut ids: Vec<SprintId> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let stem = name.strip_suffix(".yaml")?;
                let rest = stem.strip_prefix(self.key.as_str())?.strip_prefix('-')?;
                is_day(rest).then(|| stem.parse().ok()).flatten()
            })
            .collect();
        ids.sort();
        Ok(ids)
    }

    /// The newest sprint.
    pub(super) fn newest(&self) -> Result<Option<Sprint>, Failure> {
        match self.ids()?.last() {
            Some(id) => self.read(id).map(Some),
            None => Ok(None),
        }
    }

    /// The sprints that can be read, oldest first.
    pub(super) fn all(&self) -> Result<Vec<Sprint>, Failure> {
        Ok(self.ids()?.iter().filter_map(|id| self.read(id).ok()).collect())
    }

    /// Reads a sprint.
    pub(super) fn read(&self, id: &SprintId) -> Result<Sprint, Failure> {
        let path = self.path(id);
        let shown = path.display().to_string();
        let text = files::read_text(&path, MAX_BYTES)?;
        let bad = |message: String| {
            Failure {
            message: format!("the sprint cannot be read: {message}"),
            severity: Severity::Failure,
            hint: Some(
                "mend the file by hand; removing it forgets the sprint, and the next one may be planned"
                    .to_owned(),
            ),
        }
        };
        let sprint = Sprint::parse(&text, &shown).map_err(|error| bad(error.to_string()))?;
        if sprint.id != *id || sprint.repo != self.slug {
            return Err(bad(format!(
                "{shown}: it names the sprint `{}` of {}",
                sprint.id, sprint.repo
            )));
        }
        Ok(sprint)
    }

    /// Writes a sprint; nothing happens when its file reads so already.
    pub(super) fn save(&self, sprint: &Sprint) -> Result<(), Failure> {
        let path = self.path(&sprint.id);
        let text = sprint.render().map_err(|error| Failure {
            message: format!("the sprint {} cannot be written: {error}", sprint.id),
            severity: Severity::Failure,
            hint: None,
        })?;
        if files::read_text(&path, MAX_BYTES).is_ok_and(|present| present == text) {
            return Ok(());
        }
        files::make_dir(&self.dir)?;
        Ok(files::replace(&path, text.as_bytes())?)
    }

    /// The name of the next sprint of a day.
    pub(super) fn next_id(&self, day: &str) -> Result<SprintId, Failure> {
        let ids = self.ids()?;
        let free = (1..=99).map(|nth| SprintId::of(&self.key, day, nth));
        free.into_iter().find(|id| !ids.contains(id)).ok_or_else(|| Failure {
            message: format!("there are 99 sprints of {day} already"),
            severity: Severity::Failure,
            hint: None,
        })
    }

    /// Forgets what is older than the newest sprints.
    pub(super) fn prune(&self) -> Result<(), Failure> {
        let ids = self.ids()?;
        for id in ids.iter().rev().skip(KEPT) {
            files::remove(&self.path(id))?;
        }
        Ok(())
    }

    fn path(&self, id: &SprintId) -> PathBuf {
        self.dir.join(format!("{id}.yaml"))
    }
}

/// Whether a text is a day, or a day with a number behind it.
fn is_day(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    matches!(shape.as_str(), "0000-00-00" | "0000-00-00-00")
}
