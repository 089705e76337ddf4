//! `agentos cron`: has something start the jobs, a block in the user's crontab or timers of systemd. Changes what is ours there and nothing
//! else, and nothing the second time.

pub mod crontab;
mod launch;
pub mod systemd;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub(in crate::jobs) use launch::wrappers_of;
pub use launch::{Plan, plan};

use crate::domain::schedule::crontab::Damaged;
use crate::sys::files::FileError;
use crate::sys::program::{self, Program};

/// `crontab` and `systemctl` take a moment; a directory service behind them may take longer.
const DEADLINE: Duration = Duration::from_secs(30);

/// What is passed on to `crontab` and `systemctl`.
const VARIABLES: [&str; 7] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
];

/// Where this program runs.
#[derive(Debug, Clone)]
pub struct Place {
    /// Our own program.
    pub program: PathBuf,
    /// The operator's environment.
    pub environment: BTreeMap<String, String>,
}

impl Place {
    /// A variable of the operator's; one that is not set is empty.
    pub(in crate::jobs) fn variable(&self, name: &str) -> &str {
        self.environment.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Whether a program is on the `PATH`.
    fn has(&self, name: &str) -> bool {
        program::find(name, self.variable("PATH")).is_some()
    }

    /// Runs a program of this machine; its messages are in English.
    fn run(&self, argv: &[&str], stdin: Vec<u8>) -> Result<program::Output, String> {
        let variables = VARIABLES.iter().filter_map(|name| {
            Some((OsString::from(name), OsString::from(self.environment.get(*name)?)))
        });
        let env = variables.chain([("LC_ALL".into(), "C".into())]).collect();
        let argv = argv.iter().map(OsString::from).collect();
        let program = Program { argv, dir: Some("/".into()), env, stdin, deadline: DEADLINE };
        program.run().map_err(|error| error.to_string())
    }
}

/// Why the schedule was not changed.
#[derive(Debug, thiserror::Error)]
pub enum CronError {
    /// There is no such program.
    #[error("the program `{0}` is not on the PATH")]
    NoProgram(&'static str),
    /// A path has a line break or another control character in it.
    #[error("the path {0:?} cannot be written into a crontab or a unit: it is no plain text")]
    Path(String),
    /// The present crontab could not be read.
    #[error("the present crontab cannot be read, so nothing was changed: {0}")]
    Unreadable(String),
    /// Our block in it is not whole.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// `crontab` or `systemctl` said no.
    #[error("`{program}` refused: {said}")]
    Refused {
        /// The program with its arguments.
        program: String,
        /// What it said.
        said: String,
    },
    /// What was installed is not there.
    #[error(
        "the crontab was written and reads otherwise now: something else has changed it at the same time"
    )]
    Changed,
    /// Another `agentos cron` is at it.
    #[error("another `agentos cron` is changing it")]
    Busy,
    /// A file cannot be written or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no home to put units into.
    #[error("HOME is not set, so that nobody knows where the units of this user lie")]
    NoHome,
}

/// What a program said that failed, in one line.
fn words_of(output: &program::Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let code = output.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit {code}"));
    match crate::text::clean::one_line(&said, 300) {
        said if said.is_empty() => code,
        said => format!("{said} ({code})"),
    }
}
