//! From what is allowed and what is denied to the list of paths that rules are made for. The kernel knows only what is allowed, so a
//! folder with something denied inside is replaced by what else it holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A path that gets a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Granted {
    /// The path and everything below.
    All(PathBuf),
    /// The names in a folder, and nothing else of it.
    Names(PathBuf),
}

/// Replaces the paths that are not there by nothing and links by where they lead.
pub(super) fn resolved(paths: &[PathBuf]) -> BTreeSet<PathBuf> {
    paths.iter().filter_map(|path| fs::canonicalize(path).ok()).collect()
}

/// Lists what rules are to be made for. `allowed` that is denied itself, or lies below a denied folder without being named as something
/// of its own there, is left out: a path that was named counts as named.
pub(super) fn expand(allowed: &[PathBuf], denied: &BTreeSet<PathBuf>) -> Vec<Granted> {
    let mut granted = BTreeSet::new();
    for path in resolved(allowed) {
        grant(&path, denied, &mut granted);
    }
    granted.into_iter().collect()
}

fn grant(path: &Path, denied: &BTreeSet<PathBuf>, granted: &mut BTreeSet<Granted>) {
    if denied.contains(path) {
        return;
    }
    if !denied.iter().any(|denied| denied.starts_with(path)) {
        granted.insert(Granted::All(path.to_owned()));
        return;
    }
    granted.insert(Granted::Names(path.to_owned()));
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.filter_map(Result::ok) {
        // Where a link leads is decided by what lies there.
        if entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
            grant(&entry.path(), denied, granted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        for folder in ["a/b/c", "a/d", "a/b/secret"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        std::os::unix::fs::symlink(root.join("a/b/secret"), root.join("a/d/link")).unwrap();
        (dir, root)
    }

    #[test]
    fn a_folder_without_anything_denied_is_one_rule() {
        let (_dir, root) = tree();
        let granted = expand(&[root.join("a")], &BTreeSet::new());
        assert_eq!(granted, [Granted::All(root.join("a"))]);
    }

    #[test]
    fn a_folder_with_something_denied_inside_is_replaced_by_the_rest() {
        let (_dir, root) = tree();
        let denied = BTreeSet::from([root.join("a/b/secret")]);
        let granted = expand(&[root.join("a")], &denied);
        assert_eq!(
            granted,
            [
                Granted::All(root.join("a/b/c")),
                Granted::All(root.join("a/d")),
                Granted::Names(root.join("a")),
                Granted::Names(root.join("a/b")),
            ]
        );
    }

    #[test]
    fn what_is_denied_itself_or_is_not_there_gets_no_rule_and_what_is_named_below_it_does() {
        let (_dir, root) = tree();
        let denied = BTreeSet::from([root.join("a")]);
        assert_eq!(expand(&[root.join("a"), root.join("nowhere")], &denied), []);
        // A link to something denied is denied.
        let secret = BTreeSet::from([root.join("a/b/secret")]);
        assert_eq!(expand(&[root.join("a/d/link")], &secret), []);
        assert_eq!(expand(&[root.join("a/d")], &denied), [Granted::All(root.join("a/d"))]);
    }
}
