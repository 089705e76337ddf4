//! The tests that there are, found in the sources: also those behind a feature, and those of the library.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every test, by the path of its file and its function.
pub(super) struct Known {
    /// Whether it is one of the integration tests.
    all: BTreeMap<String, bool>,
}

impl Known {
    /// Reads the sources of the project.
    pub(super) fn of_the_tree() -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut all = BTreeMap::new();
        for (folder, is_integration) in
            [("src", false), ("tests/it", true), ("tests/power/tests", true)]
        {
            let root = project.join(folder);
            let mut files = Vec::new();
            collect(&root, &mut files);
            for file in files {
                let module = module_of(file.strip_prefix(&root).unwrap());
                for function in tests_in(&fs::read_to_string(&file).unwrap()) {
                    all.insert(format!("{module}::{function}"), is_integration);
                }
            }
        }
        assert!(all.len() > 1000, "the tests were not found: {}", all.len());
        Self { all }
    }

    /// The whole name of a test, given the end of it.
    pub(super) fn find(&self, name: &str) -> Result<String, String> {
        let end = format!("::{name}");
        let fits = |whole: &&String| *whole == name || whole.ends_with(&end);
        let found: Vec<&String> = self.all.keys().filter(fits).collect();
        match found[..] {
            [one] => Ok(one.clone()),
            [] => Err(format!("there is no test `{name}`")),
            _ => Err(format!("more than one test is called `{name}`: {found:?}")),
        }
    }

    /// Whether a test, by its whole name, plays a story from outside.
    pub(super) fn is_integration(&self, whole: &str) -> bool {
        self.all.get(whole).copied().unwrap_or_default()
    }

    /// All whole names.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.all.keys()
    }
}

/// The module of a file, without the `mod` of a folder and the `tests` of a file of tests.
fn module_of(file: &Path) -> String {
    let path = file.to_str().unwrap().trim_end_matches(".rs");
    path.trim_end_matches("/mod").replace('/', "::")
}

/// The functions behind `#[test]`, whatever stands between.
fn tests_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        is_test |= line == "#[test]";
        let function = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn "));
        if let Some(function) = function.filter(|_| is_test) {
            found.push(function.split(['(', '<']).next().unwrap_or_default().to_owned());
            is_test = false;
        }
    }
    found
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}
