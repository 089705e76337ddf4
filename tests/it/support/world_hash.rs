//! A root as one number: two roots of the same number go on in the same way, so that a story that was seen to end well from one of them
//! need not be played to its end from the other. Left out is what no job decides by: logs, locks, caches, how long something took, how
//! git keeps its objects, and the order in which the journal was written.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::Path;

/// Folders below the root that no job decides by, or that may be removed at any time.
const LEFT_OUT: [&str; 5] =
    ["home", "runtime/logs", "runtime/locks", "runtime/cache", "runtime/worktrees/.ci"];

/// Files of git whose content is told by its references, or that hold times of the machine.
const OF_GIT: [&str; 8] =
    ["objects", "logs", "hooks", "index", "FETCH_HEAD", "ORIG_HEAD", "gc.pid", "COMMIT_EDITMSG"];

/// The number of a root; `names` are those of this very world, such as its folder and its addresses.
pub(crate) fn of_root(root: &Path, names: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut names = names.to_vec();
    names.push(root.parent().unwrap().display().to_string());
    folder(root, Path::new(""), &names, &mut hasher);
    hasher.finish()
}

/// The number of a text, without times of the day.
pub(crate) fn of_text(text: &str, names: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    masked(&unnamed(text, names), true).hash(&mut hasher);
    hasher.finish()
}

fn unnamed(text: &str, names: &[String]) -> String {
    names.iter().fold(text.to_owned(), |text, name| text.replace(name, ""))
}

fn folder(root: &Path, path: &Path, names: &[String], hasher: &mut DefaultHasher) {
    if LEFT_OUT.iter().any(|out| path == Path::new(out)) {
        return;
    }
    let Ok(entries) = fs::read_dir(root.join(path)) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    let is_git = root.join(path).join("HEAD").is_file();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_git && OF_GIT.contains(&name.as_str()) {
            continue;
        }
        let path = path.join(&name);
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            folder(root, &path, names, hasher);
        } else if kind.is_file() {
            shown(&name).hash(hasher);
            let bytes = fs::read(entry.path()).unwrap_or_default();
            content(&path, &String::from_utf8_lossy(&bytes), names).hash(hasher);
        }
    }
}

/// The name of a file; drafts are numbered by their process.
fn shown(name: &str) -> &str {
    let is_draft =
        name.starts_with('.') && Path::new(name).extension().is_some_and(|end| end == "tmp");
    if is_draft { ".tmp" } else { name }
}

fn content(path: &Path, text: &str, names: &[String]) -> String {
    let text = unnamed(text, names);
    if path.starts_with("runtime/journal") && path.extension().is_some_and(|end| end == "jsonl") {
        // Of what is over only that it was done is ever asked.
        let done: BTreeSet<&str> =
            text.lines().filter(|line| line.contains(r#""end":"done""#)).collect();
        return done.into_iter().collect::<Vec<_>>().join("\n");
    }
    masked(&text, false)
}

/// A text without its fractions, which are what was measured, and without times of the day if so wished.
fn masked(text: &str, without_times: bool) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut number = String::new();
    for character in text.chars().chain(std::iter::once('\0')) {
        let goes_on = character == '.' || (without_times && character == ':');
        if character.is_ascii_digit() || (goes_on && !number.is_empty()) {
            number.push(character);
            continue;
        }
        if number.contains(['.', ':']) {
            masked.push('#');
        } else {
            masked.push_str(&number);
        }
        number.clear();
        masked.push(character);
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_job_decides_by_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            of_root(&root, &[])
        };
        let first = write("runtime/mailbox/inbox/a.md", "spent: 1\n");
        assert_ne!(write("runtime/mailbox/inbox/a.md", "spent: 2\n"), first);
        assert_eq!(write("runtime/mailbox/inbox/a.md", "spent: 1\n"), first);
        assert_eq!(write("runtime/logs/queue.log", "2 s\n"), first);
        let second = write("runtime/runs/a/1/receipt.json", "{\"seconds\": 0.25}");
        assert_ne!(second, first);
        assert_eq!(write("runtime/runs/a/1/receipt.json", "{\"seconds\": 1.5}"), second);
        let third = write("runtime/journal/m.jsonl", "{\"key\":\"b\",\"end\":\"done\"}\n");
        assert_ne!(third, second);
        let lines = "{\"key\":\"c\",\"end\":\"void\"}\n{\"key\":\"b\",\"end\":\"done\"}\n";
        assert_eq!(write("runtime/journal/m.jsonl", lines), third);
        assert_ne!(write("remotes/shop.git/HEAD", "ref: main\n"), third);
        let fourth = of_root(&root, &[]);
        assert_eq!(write("remotes/shop.git/objects/aa/bb", "x"), fourth);
        assert_ne!(write("remotes/shop.git/refs/heads/main", "77\n"), fourth);
        assert_eq!(of_text("at 09:00:00Z, 7", &[]), of_text("at 09:00:05Z, 7", &[]));
        assert_ne!(of_text("at 09:00:00Z, 7", &[]), of_text("at 09:00:00Z, 8", &[]));
    }
}
