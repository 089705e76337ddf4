//! Which files may be read, on real folders.
#![expect(clippy::disallowed_methods, reason = "a test writes as an exporter does")]

use std::os::unix::fs::symlink;

use super::*;

/// `srv/shop` is the clone, `srv/shared` lies beside it, `evidence/shop` is the evidence folder's.
struct Ground {
    dir: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for file in [
            "srv/shop/notes.md",
            "srv/shop/docs/deep.md",
            "srv/shop/.git/config",
            "srv/shared/feedback.md",
            "evidence/shop/traffic.yaml",
            "secret.txt",
        ] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        Self { dir }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    fn places(&self, has_clone: bool) -> Places {
        Places {
            evidence_dir: self.path("evidence"),
            folders: vec![self.path("evidence/shop")],
            clone: has_clone.then(|| self.path("srv/shop")),
        }
    }

    /// What is found, with the folder of the test left out.
    fn locate(&self, path: &str, has_clone: bool) -> String {
        let path = path.replace("ROOT", &self.dir.path().display().to_string());
        let root = fs::canonicalize(self.dir.path()).unwrap();
        let told = match locate(&path, &self.places(has_clone)) {
            Ok(Located::File(file)) => {
                format!("file {}", file.strip_prefix(root).unwrap().display())
            }
            Ok(Located::Tracked(path)) => format!("tracked {path}"),
            Err(EvidenceError::Absent(_)) => "absent".to_owned(),
            Err(EvidenceError::Refused { why, .. }) => format!("refused: {why}"),
            Err(error) => format!("error: {error}"),
        };
        told.replace(&self.dir.path().display().to_string(), "ROOT")
    }
}

const UP: &str = "refused: one `..` at its beginning is allowed, and no more";
const ABSOLUTE: &str =
    "refused: absolute paths may only lead into the evidence folder (`evidence_dir`)";

#[test]
fn files_are_read_in_the_repository_and_beside_it_and_nowhere_else() {
    let ground = Ground::new();
    for (path, expected) in [
        ("notes.md", "file srv/shop/notes.md"),
        ("./docs/../notes.md", UP),
        ("docs/deep.md", "file srv/shop/docs/deep.md"),
        ("../shared/feedback.md", "file srv/shared/feedback.md"),
        ("./../shared/feedback.md", "file srv/shared/feedback.md"),
        ("../shop/notes.md", "file srv/shop/notes.md"),
        ("../../secret.txt", UP),
        ("../shared/../../secret.txt", UP),
        ("docs/../../shared/feedback.md", UP),
        ("traffic.yaml", "file evidence/shop/traffic.yaml"),
        ("gone.md", "absent"),
        ("../shared/gone.md", "absent"),
        ("", "refused: it names no file"),
        ("..", "refused: it names no file"),
        (".git/config", "refused: what git keeps for itself is no evidence"),
        ("../shop/.GIT/config", "refused: what git keeps for itself is no evidence"),
        ("ROOT/evidence/shop/traffic.yaml", "file evidence/shop/traffic.yaml"),
        ("ROOT/evidence/shop/gone.yaml", "absent"),
        ("ROOT/evidence/../secret.txt", ABSOLUTE),
        ("ROOT/secret.txt", ABSOLUTE),
        ("ROOT/srv/shop/notes.md", ABSOLUTE),
        ("/etc/passwd", ABSOLUTE),
        ("/no/such/file", ABSOLUTE),
        ("notes\0.md", "error: cannot read `ROOT/srv/shop/notes"),
    ] {
        let found = ground.locate(path, true);
        assert!(found.starts_with(expected), "{path}: {found}");
    }
}

#[test]
fn without_a_clone_files_are_those_of_the_base_branch() {
    let ground = Ground::new();
    for (path, expected) in [
        ("notes.md", "tracked notes.md"),
        ("./docs/deep.md", "tracked docs/deep.md"),
        ("traffic.yaml", "file evidence/shop/traffic.yaml"),
        ("../shared/feedback.md", "refused: the path leads out of the repository"),
        ("../../x", UP),
        ("/etc/passwd", ABSOLUTE),
    ] {
        let found = ground.locate(path, false);
        assert!(found.starts_with(expected), "{path}: {found}");
    }
}

#[test]
fn links_lead_nowhere_that_a_path_may_not_lead() {
    let ground = Ground::new();
    symlink(ground.path("secret.txt"), ground.path("srv/shop/out.md")).unwrap();
    symlink(ground.path("srv/shared"), ground.path("srv/shop/aside")).unwrap();
    symlink("notes.md", ground.path("srv/shop/inside.md")).unwrap();
    symlink(ground.path("secret.txt"), ground.path("srv/shared/out.md")).unwrap();
    symlink(ground.path("secret.txt"), ground.path("evidence/shop/out.yaml")).unwrap();
    symlink("nowhere", ground.path("srv/shop/dangling.md")).unwrap();
    for (path, expected) in [
        ("out.md", "refused: a link leads out of the repository"),
        ("aside/feedback.md", "refused: a link leads out of the repository"),
        ("inside.md", "file srv/shop/notes.md"),
        ("../shared/out.md", "refused: a link leads away"),
        ("out.yaml", "refused: a link leads out of the evidence folder"),
        ("ROOT/evidence/shop/out.yaml", ABSOLUTE),
        ("dangling.md", "absent"),
    ] {
        let found = ground.locate(path, true);
        assert!(found.starts_with(expected), "{path}: {found}");
    }
}
