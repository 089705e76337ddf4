//! From arguments and environment to an [`App`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use super::args::Global;
use super::fault::Fault;
use crate::app::{App, Options};
use crate::config::LoadRequest;
use crate::sys::clock::{self, Clock};
use crate::sys::env::Environment;
use crate::sys::signals::Stop;
use crate::sys::supervise::Helper;

/// What was read once at the start of the process.
pub(super) struct Wiring {
    pub(super) environment: Environment,
    pub(super) clock: Rc<dyn Clock>,
    pub(super) stop: Stop,
}

impl Wiring {
    /// Reads the environment and installs the signal handlers.
    pub(super) fn read() -> Result<Self, Fault> {
        let environment = Environment::read();
        let clock = clock::of_environment(&environment).map_err(|error| {
            Fault::usage(error.to_string()).hint("AGENTOS_NOW is an RFC 3339 date")
        })?;
        let stop = Stop::install().map_err(|error| {
            Fault::failed(format!("cannot install the signal handlers: {error}"))
        })?;
        Ok(Self { environment, clock: Rc::from(clock), stop })
    }

    /// Where the configuration is looked for: flag, then environment.
    pub(super) fn load_request(&self, global: &Global) -> Result<LoadRequest, Fault> {
        let path = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| self.environment.get(name))
                .filter(|v| !v.is_empty())
                .map(PathBuf::from)
        };
        let cwd = std::env::current_dir().map_err(|error| {
            Fault::failed(format!("the current folder cannot be read: {error}"))
        })?;
        Ok(LoadRequest {
            config: global.config.clone().or_else(|| path(&["AGENTOS_CONFIG", "AGENT_OS_CONFIG"])),
            root: global.root.clone().or_else(|| path(&["AGENTOS_ROOT", "ORCH_ROOT"])),
            home: path(&["HOME"]),
            cwd,
            variables: self.variables(),
        })
    }

    /// What names the root before the configuration can: the option, or a variable.
    pub(super) fn root_layer(&self, global: &Global) -> Option<String> {
        if global.root.is_some() {
            return Some("command line".to_owned());
        }
        let is_set =
            |name: &&str| self.environment.get(name).is_some_and(|value| !value.is_empty());
        let name = ["AGENTOS_ROOT", "ORCH_ROOT"].into_iter().find(is_set)?;
        Some(format!("environment {name}"))
    }

    /// The whole environment.
    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        self.environment.all().clone()
    }

    /// How our own helper is started.
    pub(super) fn helper() -> Result<Helper, Fault> {
        let program = std::env::current_exe().map_err(|error| {
            Fault::failed(format!("cannot find this program's own file: {error}"))
        })?;
        Ok(Helper { program, args: vec!["supervise".to_owned()] })
    }

    /// Builds the [`App`] of the configuration that the arguments and the environment name.
    pub(super) fn app(&self, global: &Global) -> Result<App, Fault> {
        self.app_of(self.load_request(global)?)
    }

    /// Builds the [`App`] of a configuration.
    pub(super) fn app_of(&self, load: LoadRequest) -> Result<App, Fault> {
        Ok(App::build(self.options(load)?)?)
    }

    /// From what an [`App`] of this process is built.
    pub(super) fn options(&self, load: LoadRequest) -> Result<Options, Fault> {
        Ok(self.options_with(load, Self::helper()?))
    }

    /// The same with a helper that was found before.
    pub(super) fn options_with(&self, load: LoadRequest, helper: Helper) -> Options {
        Options {
            load,
            environment: self.variables(),
            clock: self.clock.clone(),
            stop: self.stop.clone(),
            helper,
            runner: None,
            pages: None,
        }
    }
}
