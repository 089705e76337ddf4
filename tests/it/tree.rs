//! What the tree of this project promises about itself: layers, places of crates, sizes, words, documents and scripts. Read from the
//! files as they are, so that a rule that no compiler holds is held all the same.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod dependencies;
mod documents;
mod github;
mod layers;
mod scripts;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the project.
struct TextFile {
    /// Relative to the project's folder, with `/`.
    path: String,
    text: String,
}

impl TextFile {
    /// The module of the top level below `src/`; nothing for `lib.rs`, `main.rs` and other folders.
    fn module(&self) -> Option<&str> {
        self.path.strip_prefix("src/")?.split_once('/').map(|(module, _)| module)
    }
}

/// The project's folder.
fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the project keeps what it is made of; build folders and what a running installation writes are not looked at.
const PLACES: [&str; 10] = [
    "src",
    "tests",
    "fuzz/targets",
    "fuzz/fuzz_targets",
    "bin",
    "bench",
    "docs",
    "objectives",
    ".github",
    ".ci",
];

/// Every text file of the project: those in its folders, and the ones beside `Cargo.toml`. Lock files and recorded output of
/// programs (`tests/data`) are left out, and so is GitHub's schema, which has words of its own.
fn text_files() -> Vec<TextFile> {
    let mut paths: Vec<PathBuf> = entries(project());
    paths.retain(|path| {
        path.is_file() && !path.ends_with("Cargo.lock") && !path.ends_with("config.yaml")
    });
    for place in PLACES {
        collect(&project().join(place), &mut paths);
    }
    let mut files: Vec<TextFile> = paths.iter().filter_map(|path| read(path)).collect();
    let is_ours = |path: &str| {
        !path.starts_with("tests/data/")
            && !path.ends_with(".graphql")
            && !path.ends_with("Cargo.lock")
    };
    files.retain(|file| is_ours(&file.path));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 50, "the project was not found at {}", project().display());
    files
}

/// The Rust files below `src/`.
fn sources() -> Vec<TextFile> {
    let mut files = text_files();
    files.retain(|file| file.path.starts_with("src/") && is_rust(&file.path));
    files
}

fn is_rust(path: &str) -> bool {
    has_extension(path, "rs")
}

fn has_extension(path: &str, wanted: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == wanted)
}

fn read(path: &Path) -> Option<TextFile> {
    let text = fs::read_to_string(path).ok()?;
    let relative = path.strip_prefix(project()).unwrap();
    Some(TextFile { path: relative.to_str().unwrap().to_owned(), text })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

/// A file of the project that must be there.
fn text_of(path: &str) -> String {
    let whole = project().join(path);
    assert!(whole.is_file(), "{path} is missing");
    fs::read_to_string(whole).unwrap()
}

/// The lines of Rust code, numbered from 1, without whole-line comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Fails with one line per complaint.
#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
