//! What there is to do: each step with what it makes, and words for it.

use std::path::PathBuf;

use serde::Serialize;

/// One thing to do. Doing it twice is doing it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A folder exists, for its owner only.
    Folder {
        /// Which.
        path: PathBuf,
    },
    /// A bare copy of a repository exists, to which work is pushed.
    Bare {
        /// The repository; only read.
        from: PathBuf,
        /// The copy.
        path: PathBuf,
        /// Its default branch.
        branch: String,
    },
    /// A file of this text exists; one that is there is left alone.
    File {
        /// Which.
        path: PathBuf,
        /// Its text.
        #[serde(skip)]
        text: String,
        /// What it is, for people.
        what: String,
    },
    /// The configuration has this text.
    Config {
        /// The file.
        path: PathBuf,
        /// Its text before; `None` where there is no such file.
        #[serde(skip)]
        before: Option<String>,
        /// Its text afterwards.
        #[serde(skip)]
        after: String,
        /// Where the text before is kept.
        backup: Option<PathBuf>,
    },
    /// The board on GitHub has columns of these names besides those it has.
    Columns {
        /// Their names.
        names: Vec<String>,
    },
    /// Labels exist on GitHub.
    Labels {
        /// Their names.
        names: Vec<String>,
    },
}

impl Step {
    /// What it does, in one line.
    pub fn line(&self) -> String {
        match self {
            Self::Folder { path } => format!("make the folder {}", path.display()),
            Self::Bare { from, path, branch } => format!(
                "make the bare repository {} (default branch {branch}) from {}, which is only read",
                path.display(),
                from.display()
            ),
            Self::File { path, what, .. } => format!("write {what}: {}", path.display()),
            Self::Config { path, before: None, .. } => {
                format!("write the configuration: {}", path.display())
            }
            Self::Config { path, backup, .. } => {
                let backup =
                    backup.as_ref().map(|file| format!(" (kept as it was: {})", file.display()));
                format!(
                    "add to the configuration: {}{}",
                    path.display(),
                    backup.unwrap_or_default()
                )
            }
            Self::Columns { names } => format!("add columns to the board: {}", names.join(", ")),
            Self::Labels { names } => format!("make labels on GitHub: {}", names.join(", ")),
        }
    }

    /// Whether it changes something that others see.
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::Labels { .. } | Self::Columns { .. })
    }
}
