//! Services and timers of systemd for the jobs of a root. Pure.
//!
//! What is closed is chosen so that everything goes on working which the jobs start: agents (Node, just-in-time compilers), builds, git, and
//! the confinement of agents itself (Landlock, namespaces, bubblewrap, control groups). What stays open says why in the unit.

use std::fmt::Write as _;

use super::{Launcher, Start};

/// Whose units they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of the user's own manager.
    User,
    /// Those of the system.
    System,
}

/// What the units have to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Whose units they are.
    pub scope: Scope,
    /// Tells the units of this root from those of another.
    pub name: String,
    /// The operator, as whom services of the system run.
    pub user: String,
    /// The operator's home.
    pub home: String,
    /// What is written to besides the root: other folders of the configuration, logins that agents renew.
    pub writable: Vec<String>,
}

/// A unit: the name of its file and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The name of its file.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The line by which a unit of a root is known again.
pub fn mark(root: &str) -> String {
    format!("# agentos {root}")
}

/// A service and a timer for each job.
pub fn units(launcher: &Launcher, starts: &[Start], setting: &Setting) -> Vec<Unit> {
    let of = |start: &Start| {
        let stem = stem(start, setting);
        [
            Unit { name: format!("{stem}.service"), text: service(launcher, start, setting) },
            Unit { name: format!("{stem}.timer"), text: timer(launcher, start) },
        ]
    };
    starts.iter().flat_map(of).collect()
}

fn stem(start: &Start, setting: &Setting) -> String {
    let number = start.number.map(|number| format!("-{number}")).unwrap_or_default();
    format!("{}-{}{number}", setting.name, start.job)
}

fn timer(launcher: &Launcher, start: &Start) -> String {
    // A start that was missed while the machine was off matters only where the next one is far away.
    let persistent = if start.pace.period().as_mins() >= 60 { "Persistent=true\n" } else { "" };
    format!(
        "{mark}\n[Unit]\nDescription=agentos: {what}\n\n[Timer]\nOnCalendar={when}\nAccuracySec=1s\n{persistent}\n[Install]\nWantedBy=timers.target\n",
        mark = mark(&launcher.root),
        what = about(start, launcher),
        when = start.pace.on_calendar(),
    )
}

fn about(start: &Start, launcher: &Launcher) -> String {
    let number = start.number.map(|number| format!(" (worker {number})")).unwrap_or_default();
    format!("{}{number} of {}", start.job, percent(&launcher.root))
}

fn service(launcher: &Launcher, start: &Start, setting: &Setting) -> String {
    let command: Vec<String> =
        launcher.argv(start).iter().map(|word| quote(&word.replace('$', "$$"))).collect();
    let mut text = format!(
        "{}\n[Unit]\nDescription=agentos: {}\n",
        mark(&launcher.root),
        about(start, launcher)
    );
    if start.job == "analyze" {
        // It reads what `score` finds.
        let _infallible = writeln!(text, "After={}-score.service", setting.name);
    }
    if setting.scope == Scope::System {
        text.push_str("Wants=network-online.target\nAfter=network-online.target\n");
    }
    text.push_str("\n[Service]\nType=oneshot\n");
    let _infallible = writeln!(text, "ExecStart={}", command.join(" "));
    let _infallible = writeln!(text, "WorkingDirectory={}", percent(&launcher.root));
    text.push_str(&environment(launcher, setting));
    text.push_str(ENDING);
    text.push_str(CLOSED_FOR_ALL);
    if setting.scope == Scope::System {
        text.push_str(CLOSED_FOR_SYSTEM);
        text.push_str(&folders(launcher, setting));
    } else {
        text.push_str(OPEN_FOR_USERS);
    }
    text.push_str(OPEN);
    text
}

fn environment(launcher: &Launcher, setting: &Setting) -> String {
    let mut text = String::new();
    if setting.scope == Scope::System {
        let home = quote(&format!("HOME={}", setting.home));
        let _infallible = writeln!(text, "User={}\nEnvironment={home}", percent(&setting.user));
    }
    if let Some(variable) = launcher.variable() {
        let _infallible = writeln!(text, "Environment={}", quote(&variable));
    }
    text
}

/// How it ends: 75 is no failure, and only the job itself is asked to stop, because it saves the work of its agents before it ends them.
const ENDING: &str = "\
SuccessExitStatus=75
KillMode=mixed
TimeoutStopSec=2min

";

/// What unprivileged managers can close too: these need no namespace.
const CLOSED_FOR_ALL: &str = "\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap
SystemCallErrorNumber=EPERM
UMask=0077
LimitCORE=0
";

const CLOSED_FOR_SYSTEM: &str = "\
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelModules=yes
# The control groups of agents are made below that of the service.
Delegate=yes
";

const OPEN_FOR_USERS: &str = "\
# ProtectSystem=, PrivateTmp= and their like need a user namespace in a manager without privileges, and many machines refuse that to it.
# Units of the system have them.
";

const OPEN: &str = "\
# Left open, each for something that agents or their confinement need:
# MemoryDenyWriteExecute=: Node and other just-in-time compilers; RestrictNamespaces=, and @mount in SystemCallFilter=: the namespaces
# in which agents run, and bubblewrap; ProtectKernelTunables=, ProtectKernelLogs=, ProtectProc=: they cover parts of /proc, and then no
# namespace gets a /proc of its own; ProtectControlGroups=: the control groups of agents; PrivateUsers=: namespaces within; PrivateNetwork=,
# IPAddressDeny=: GitHub and the providers of models; @debug in SystemCallFilter=: debuggers in builds.
";

/// What may be written; everything else is read-only.
fn folders(launcher: &Launcher, setting: &Setting) -> String {
    let is_temporary =
        |path: &String| ["/tmp", "/var/tmp"].iter().any(|place| is_below(path, place));
    let mut text = String::new();
    // A folder of its own would hide what lies there.
    if !setting.writable.iter().chain([&launcher.root]).any(is_temporary) {
        text.push_str("PrivateTmp=yes\n");
    }
    text.push_str("# What is written: the root, other folders of the configuration, logins that agents renew. The minus: it may be missing.\n");
    let others = setting.writable.iter().map(|path| quote(&format!("-{path}")));
    let all: Vec<String> = [quote(&launcher.root)].into_iter().chain(others).collect();
    let _infallible = writeln!(text, "ReadWritePaths={}", all.join(" "));
    text
}

/// Whether a path lies in a folder, or is it.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Percent signs begin specifiers everywhere in a unit.
fn percent(text: &str) -> String {
    text.replace('%', "%%")
}

/// Writes a word where systemd takes several.
fn quote(word: &str) -> String {
    let word = percent(word);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@:,./+=-%$".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\""))
}
