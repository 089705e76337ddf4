//! bubblewrap: a file system that holds nothing but what was granted, and process ids of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::expand::{Granted, expand, resolved};
use super::system::{SYSTEM, SYSTEM_SECRETS};
use super::{Confinement, Control, Reached, Tier};

/// What root keeps inside, as under Landlock.
const KEPT: [&str; 8] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_NET_BIND_SERVICE",
];

/// How far bubblewrap reaches; it can shut the network off as a whole and not by ports.
pub(in crate::sys) fn reached(ports: Option<&[u16]>) -> [Reached; 2] {
    let (tier, detail) = match ports {
        None => (Tier::Unsupported, "not asked for"),
        Some([]) => (Tier::Enforced, "bwrap: a network of its own that leads nowhere"),
        Some(_) => (Tier::Unsupported, "bwrap restricts no ports"),
    };
    [
        Reached::new(Control::Files, Tier::Enforced, "bwrap: what is not granted is not there"),
        Reached::new(Control::Network, tier, detail),
    ]
}

/// The command line that runs `argv` in `dir` under bubblewrap.
pub(in crate::sys) fn command_line(
    confinement: &Confinement,
    argv: &[String],
    dir: &Path,
) -> Vec<String> {
    let mut line = Line(vec!["bwrap".to_owned()]);
    line.words(&["--die-with-parent", "--unshare-pid", "--unshare-ipc", "--new-session"]);
    if confinement.tcp.as_ref().is_some_and(Vec::is_empty) {
        line.words(&["--unshare-net"]);
    }
    if geteuid().is_root() {
        line.words(&["--cap-drop", "ALL"]);
        for power in KEPT {
            line.words(&["--cap-add", power]);
        }
    }
    let mut denied = resolved(&confinement.deny);
    denied.extend(resolved(&SYSTEM_SECRETS.map(PathBuf::from)));
    // `/proc` is made anew below.
    let system = SYSTEM.iter().map(PathBuf::from).filter(|path| path != Path::new("/proc"));
    let readable: Vec<PathBuf> = system.chain(confinement.read.iter().cloned()).collect();
    let mut binds: BTreeSet<(PathBuf, bool)> = BTreeSet::new();
    // `/bin` and its like on many systems.
    let mut links: BTreeSet<PathBuf> = links_in(Path::new("/")).into_iter().collect();
    links.retain(|link| SYSTEM.iter().any(|system| link == Path::new(system)));
    for (paths, writable) in [(&readable, false), (&confinement.write, true)] {
        for granted in expand(paths, &denied) {
            match granted {
                Granted::All(path) => drop(binds.insert((path, writable))),
                Granted::Names(folder) => links.extend(links_in(&folder)),
            }
        }
    }
    line.words(&["--proc", "/proc", "--dev", "/dev"]);
    match &confinement.tmp {
        Some(tmp) => line.bind(true, tmp, Path::new("/tmp")),
        None => line.words(&["--tmpfs", "/tmp"]),
    }
    // Parents come before what lies in them, and of two binds of one path the one for writing comes last.
    for (path, writable) in &binds {
        line.bind(*writable, path, path);
    }
    for link in &links {
        line.link(link);
    }
    line.words(&["--remount-ro", "/"]);
    line.words(&["--chdir", &dir.display().to_string(), "--"]);
    line.0.extend(argv.iter().cloned());
    line.0
}

/// The links in a folder that is not bound as a whole.
fn links_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_link = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_symlink());
    entries.filter_map(Result::ok).filter(is_link).map(|entry| entry.path()).collect()
}

struct Line(Vec<String>);

impl Line {
    fn words(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(|word| (*word).to_owned()));
    }

    fn bind(&mut self, writable: bool, from: &Path, to: &Path) {
        let how = if writable { "--bind" } else { "--ro-bind" };
        self.words(&[how, &from.display().to_string(), &to.display().to_string()]);
    }

    /// A link is made again as one.
    fn link(&mut self, path: &Path) {
        if let Ok(target) = fs::read_link(path) {
            self.words(&["--symlink", &target.display().to_string(), &path.display().to_string()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_granted_is_bound_and_the_command_comes_last() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        for folder in ["work/tree", "work/other", "read"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let confinement = Confinement {
            write: vec![root.join("work/tree")],
            read: vec![root.join("read")],
            deny: vec![root.clone()],
            ..Confinement::default()
        };
        let argv = ["sh".to_owned(), "-c".to_owned(), "true".to_owned()];
        let line = command_line(&confinement, &argv, &root.join("work/tree"));
        let text = line.join(" ");
        let tree = root.join("work/tree").display().to_string();
        assert!(text.contains(&format!("--bind {tree} {tree}")), "{text}");
        let read = root.join("read").display().to_string();
        assert!(text.contains(&format!("--ro-bind {read} {read}")), "{text}");
        assert!(!text.contains("work/other") && !text.contains("/etc/shadow"), "{text}");
        assert!(text.contains("--die-with-parent --unshare-pid"));
        assert!(text.ends_with(&format!("--chdir {tree} -- sh -c true")), "{text}");
    }
}
