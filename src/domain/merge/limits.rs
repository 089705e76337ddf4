//! The limits of what may be merged without a person: paths, size, tests, and what steers CI.

use globset::{Glob, GlobSetBuilder};

use crate::domain::memory::is_memory_file;

/// What a head changes, measured against its base.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// The files, with both names of a renamed one.
    pub paths: Vec<String>,
    /// Added and removed lines together.
    pub lines: u64,
    /// The first file whose new content is no text: its lines cannot be counted.
    pub binary: Option<String>,
    /// How it weakens tests, where it does.
    pub weakened: Option<String>,
}

/// The limits of a diff.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiffLimits {
    /// Globs of what may be changed; empty is all.
    pub allowed_paths: Vec<String>,
    /// Globs of what only a person may let pass.
    pub protected_paths: Vec<String>,
    /// Most lines added and removed.
    pub max_lines: u64,
    /// Whether nothing but memory may be changed, as in the pull request that carries it.
    pub memory_only: bool,
}

/// Files that say what CI runs. A change of one of them may switch off the very checks that would have to judge it.
pub const CI_FILES: [&str; 18] = [
    ".github/workflows/**",
    ".github/actions/**",
    ".gitlab-ci.yml",
    ".gitlab/ci/**",
    ".circleci/**",
    ".buildkite/**",
    ".woodpecker/**",
    ".woodpecker.yml",
    ".forgejo/workflows/**",
    ".gitea/workflows/**",
    ".drone.yml",
    ".travis.yml",
    ".cirrus.yml",
    ".appveyor.yml",
    "appveyor.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "Jenkinsfile",
];

impl DiffLimits {
    /// Those of the pull request that carries memory: of any size, and of nothing else.
    pub fn of_memory() -> Self {
        Self { memory_only: true, ..Self::default() }
    }
}

/// Why a diff needs a person, if it does. A glob that cannot be read protects everything.
pub fn beyond_limits(diff: &Diff, limits: &DiffLimits) -> Option<String> {
    if limits.memory_only {
        let foreign = diff.paths.iter().find(|path| !is_memory_file(path))?;
        return Some(format!("it changes `{foreign}`, which is no memory"));
    }
    if diff.lines > limits.max_lines {
        return Some(format!(
            "it changes {} lines, and `max_diff_lines` is {}",
            diff.lines, limits.max_lines
        ));
    }
    if let Some(path) = &diff.binary {
        return Some(format!(
            "it changes `{path}`, a binary file, of which `max_diff_lines` counts no lines"
        ));
    }
    match first_match(&limits.protected_paths, &diff.paths) {
        Err(reason) => return Some(reason),
        Ok(Some(path)) => {
            return Some(format!("it changes `{path}`, which is in `protected_paths`"));
        }
        Ok(None) => {}
    }
    match first_match(&CI_FILES.map(str::to_owned), &diff.paths) {
        Err(reason) => return Some(reason),
        Ok(Some(path)) => return Some(format!("it changes `{path}`, which says what CI runs")),
        Ok(None) => {}
    }
    outside(diff, limits).or_else(|| diff.weakened.clone())
}

fn outside(diff: &Diff, limits: &DiffLimits) -> Option<String> {
    if limits.allowed_paths.is_empty() {
        return None;
    }
    let outside = diff.paths.iter().find(|path| {
        !matches!(first_match(&limits.allowed_paths, std::slice::from_ref(path)), Ok(Some(_)))
    })?;
    Some(format!("it changes `{outside}`, which is not in `allowed_paths`"))
}

fn first_match(globs: &[String], paths: &[String]) -> Result<Option<String>, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let pattern =
            Glob::new(glob).map_err(|error| format!("`{glob}` is not a glob: {error}"))?;
        set.add(pattern);
    }
    let set = set.build().map_err(|error| format!("the globs cannot be used: {error}"))?;
    Ok(paths.iter().find(|path| set.is_match(path)).cloned())
}
