//! The environment of this process: which variables are read, and the only place that reads them.

use std::collections::BTreeMap;
use std::fmt;

/// A variable that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is for, as a phrase for the documentation.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning }
}

/// Every variable that is read, those for people first. What an agent's `env` list names is passed on beside these.
pub const VARIABLES: &[Variable] = &[
    variable("AGENTOS_CONFIG", "the configuration file, unless `--config` names one"),
    variable("AGENT_OS_CONFIG", "older name of `AGENTOS_CONFIG`; read when that is not set"),
    variable("AGENTOS_ROOT", "the root folder, unless `--root` names one"),
    variable("ORCH_ROOT", "older name of `AGENTOS_ROOT`; read when that is not set"),
    variable("GITHUB_TOKEN", "token for GitHub; agents never see it"),
    variable("GH_TOKEN", "token for GitHub when `GITHUB_TOKEN` is not set; agents never see it"),
    variable("TELEGRAM_BOT_TOKEN", "token of the Telegram bot; agents never see it"),
    variable(
        "TZ",
        "the time zone of quiet hours and digests; that of the machine when it is not set",
    ),
    variable("NO_COLOR", "set to anything: no colours in what people read"),
    variable(
        "AGENTOS_LOG",
        "level of the log on standard error: error, warn, info, debug or trace",
    ),
    variable("AGENTOS_NOW", "tests: the moment (RFC 3339) that rules take for the present"),
    variable("AGENTOS_SEED", "tests: makes whatever is chosen by chance repeatable"),
    variable("AGENTOS_CRASH_AT", "tests, builds with `failpoints` only: the crash point to die at"),
    variable(
        "AGENTOS_BOOT",
        "tests, builds with `failpoints` only: which start of the machine this is to be",
    ),
    variable(
        "HOME",
        "what `~` stands for; passed on to git; agents and commands have homes of their own",
    ),
    variable("PATH", "where programs are looked for; passed on"),
    variable("LANG", "language of messages; passed on to agents"),
    variable("TERM", "kind of terminal; passed on to agents"),
    variable("TMPDIR", "folder for temporary files; passed on to git, every run has its own"),
    variable("USER", "name of the user; passed on to agents"),
    variable("LOGNAME", "name of the user; passed on to agents"),
    variable("XDG_CONFIG_HOME", "where units of the user's systemd lie, if not below `~/.config`"),
    variable("XDG_RUNTIME_DIR", "passed on to `systemctl`, which finds the user's systemd by it"),
    variable("DBUS_SESSION_BUS_ADDRESS", "passed on to `systemctl`"),
    variable("SHELL", "the user's shell; passed on to agents"),
    variable("HTTP_PROXY", "proxy for HTTP; passed on"),
    variable("HTTPS_PROXY", "proxy for HTTPS; passed on"),
    variable("ALL_PROXY", "proxy for everything else; passed on"),
    variable("NO_PROXY", "what is reached without a proxy; passed on"),
    variable("http_proxy", "as `HTTP_PROXY`"),
    variable("https_proxy", "as `HTTPS_PROXY`"),
    variable("all_proxy", "as `ALL_PROXY`"),
    variable("no_proxy", "as `NO_PROXY`"),
];

/// The environment as it was when it was read. Holds tokens: its `Debug` shows names and no values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the environment of this process; what is not UTF-8 is left out.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { variables: std::env::vars_os().filter_map(text).collect() }
    }

    /// Makes an environment from the given pairs; a later pair wins.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: variables.collect() }
    }

    /// Looks a variable up; one that is set to nothing is `Some("")`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Shows all variables, sorted by name.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.variables
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_and_no_values() {
        let environment = Environment::from_pairs([("GITHUB_TOKEN", "planted")]);
        assert_eq!(format!("{environment:?}"), r#"{"GITHUB_TOKEN"}"#);
    }

    #[test]
    fn an_empty_variable_is_not_a_missing_one() {
        let environment = Environment::from_pairs([("NO_COLOR", "")]);
        assert_eq!(environment.get("NO_COLOR"), Some(""));
        assert_eq!(environment.get("AGENTOS_ROOT"), None);
    }

    #[test]
    fn every_variable_is_listed_once_and_explained() {
        let names: std::collections::BTreeSet<_> = VARIABLES.iter().map(|v| v.name).collect();
        assert_eq!(names.len(), VARIABLES.len());
        assert!(VARIABLES.iter().all(|v| !v.meaning.is_empty() && !v.meaning.ends_with('.')));
    }

    #[test]
    fn the_environment_of_this_process_has_a_path() {
        assert!(Environment::read().get("PATH").is_some());
    }
}
