//! The toolchains that the operator has on `PATH`: which folders a program must read to use them, and how it is told where they are when
//! its home is another.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders below a home in which tools are installed, and nothing else is.
const TOOL_HOMES: [&str; 8] = [
    ".local/share/uv/python",
    ".local/share/uv/tools",
    ".local/share/pipx",
    ".local/share/mise/installs",
    ".local/share/claude/versions",
    ".local/share/pnpm",
    ".rustup/toolchains",
    ".rustup/settings.toml",
];

/// Folders of which a `bin` is a part without the rest belonging to it.
const COMMON_PARENTS: [&str; 5] = ["/", "/usr", "/usr/local", "/opt", "/snap"];

/// Most links of one folder that are followed.
const MOST_LINKS: usize = 512;

/// What is needed to use the toolchains on `PATH`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toolchains {
    /// Folders and files to be read.
    pub read: Vec<PathBuf>,
    /// Variables that name their homes.
    pub env: BTreeMap<String, String>,
}

/// Looks at the folders of `path`. `environment` is the operator's, whose variables for homes of toolchains outrank what is found.
pub fn toolchains(path: &str, environment: &BTreeMap<String, String>) -> Toolchains {
    let home = environment.get("HOME").map(PathBuf::from).unwrap_or_default();
    let home = fs::canonicalize(&home).unwrap_or(home);
    let mut found = Search { home, read: BTreeSet::new(), env: BTreeMap::new() };
    for folder in path.split(':').map(Path::new).filter(|folder| folder.is_absolute()) {
        found.look_at(folder);
    }
    for name in TOOL_HOMES {
        let place = found.home.join(name);
        found.add(&place);
    }
    for name in ["RUSTUP_HOME", "PYENV_ROOT", "RBENV_ROOT", "VOLTA_HOME", "JAVA_HOME", "GOROOT"] {
        if let Some(value) = environment.get(name) {
            found.add(Path::new(value));
            found.env.insert(name.to_owned(), value.clone());
        }
    }
    Toolchains { read: found.read.into_iter().collect(), env: found.env }
}

struct Search {
    home: PathBuf,
    read: BTreeSet<PathBuf>,
    env: BTreeMap<String, String>,
}

impl Search {
    fn look_at(&mut self, folder: &Path) {
        let Ok(folder) = fs::canonicalize(folder) else { return };
        self.add(&folder);
        let Some(parent) = folder.parent() else { return };
        let ends_with = |name: &str| folder.file_name().is_some_and(|found| found == name);
        if parent.file_name().is_some_and(|name| name == ".cargo") {
            // The rest of it may hold the operator's tokens.
            if let Some(rustup) = parent.parent().map(|home| home.join(".rustup")) {
                self.homed("RUSTUP_HOME", &rustup);
            }
        } else if (ends_with("bin") || ends_with("sbin") || ends_with("shims"))
            && self.is_a_tools(parent)
        {
            self.add(parent);
            for (name, variable) in
                [(".pyenv", "PYENV_ROOT"), (".rbenv", "RBENV_ROOT"), (".volta", "VOLTA_HOME")]
            {
                if parent.file_name().is_some_and(|found| found == name) {
                    self.homed(variable, parent);
                }
            }
        }
        self.follow_links(&folder);
    }

    /// Adds what the links of a folder lead to: installers put programs elsewhere and a link on `PATH`.
    fn follow_links(&mut self, folder: &Path) {
        if COMMON_PARENTS.iter().skip(1).any(|common| folder.starts_with(common)) {
            return;
        }
        let Ok(entries) = fs::read_dir(folder) else { return };
        let is_link = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_symlink());
        for link in entries.filter_map(Result::ok).filter(is_link).take(MOST_LINKS) {
            let Ok(program) = fs::canonicalize(link.path()) else { continue };
            self.add(&program);
            let Some(place) = package_of(&program) else { continue };
            if self.is_a_tools(place) {
                self.add(place);
            }
        }
    }

    /// Says whether a folder is a tool's own, and not one of the system or of the operator.
    fn is_a_tools(&self, folder: &Path) -> bool {
        let is_personal = self.home.starts_with(folder)
            || folder == self.home.join(".local")
            || folder == self.home.join(".config");
        !is_personal && !COMMON_PARENTS.iter().any(|common| folder == Path::new(common))
    }

    fn homed(&mut self, variable: &str, home: &Path) {
        if home.is_dir() {
            self.add(home);
            self.env.insert(variable.to_owned(), home.display().to_string());
        }
    }

    fn add(&mut self, path: &Path) {
        if path.exists() {
            self.read.insert(path.to_owned());
        }
    }
}

/// The folder of the package that a program belongs to: with npm that of all packages, which need each other.
fn package_of(program: &Path) -> Option<&Path> {
    let named = |folder: &&Path, name: &str| folder.file_name().is_some_and(|found| found == name);
    let packages = program.ancestors().filter(|folder| named(folder, "node_modules")).last();
    let place = program.parent()?;
    let place = if named(&place, "bin") { place.parent().unwrap_or(place) } else { place };
    Some(packages.unwrap_or(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home_with(folders: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(dir.path()).unwrap();
        for folder in folders {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        (dir, home)
    }

    fn found(home: &Path, folders: &[&str]) -> Toolchains {
        let path: Vec<String> =
            folders.iter().map(|folder| home.join(folder).display().to_string()).collect();
        let environment = BTreeMap::from([("HOME".to_owned(), home.display().to_string())]);
        toolchains(&path.join(":"), &environment)
    }

    #[test]
    fn cargo_is_found_with_its_toolchains_and_without_its_tokens() {
        let (_dir, home) = home_with(&[".cargo/bin", ".rustup/toolchains"]);
        let found = found(&home, &[".cargo/bin"]);
        assert!(found.read.contains(&home.join(".rustup")));
        assert!(!found.read.contains(&home.join(".cargo")));
        assert_eq!(found.env["RUSTUP_HOME"], home.join(".rustup").display().to_string());
    }

    #[test]
    fn a_version_of_node_is_found_whole_and_a_pyenv_is_named() {
        let (_dir, home) = home_with(&[".nvm/versions/node/v20/bin", ".pyenv/shims"]);
        let found = found(&home, &[".nvm/versions/node/v20/bin", ".pyenv/shims"]);
        assert!(found.read.contains(&home.join(".nvm/versions/node/v20")));
        assert_eq!(found.env["PYENV_ROOT"], home.join(".pyenv").display().to_string());
        assert!(!found.read.contains(&home.join(".nvm")));
    }

    #[test]
    fn a_program_of_npm_brings_all_packages_that_lie_beside_it() {
        let package = Path::new("/home/dev/tools/node_modules/@a/cli/node_modules/b/bin/b.js");
        assert_eq!(package_of(package), Some(Path::new("/home/dev/tools/node_modules")));
        let venv = Path::new("/home/dev/.local/share/pipx/venvs/x/bin/x");
        assert_eq!(package_of(venv), Some(Path::new("/home/dev/.local/share/pipx/venvs/x")));
        assert_eq!(package_of(Path::new("/srv/tool/run")), Some(Path::new("/srv/tool")));
    }

    #[test]
    fn a_home_is_never_opened_and_the_target_of_a_link_is() {
        let (_dir, home) = home_with(&["bin", ".local/bin", ".local/share/tool/1.0/bin"]);
        std::os::unix::fs::symlink("/dev/null", home.join(".local/share/tool/1.0/bin/tool"))
            .unwrap();
        std::os::unix::fs::symlink(
            home.join(".local/share/tool/1.0/bin"),
            home.join(".local/bin/dir"),
        )
        .unwrap();
        let found = found(&home, &["bin", ".local/bin"]);
        assert!(!found.read.contains(&home) && !found.read.contains(&home.join(".local")));
        assert!(found.read.contains(&home.join(".local/share/tool/1.0/bin")));
    }
}
