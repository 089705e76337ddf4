//! The ground of tests about evidence: a real root with a clone, pages and a model that are played, and a clock that is moved by hand.
#![expect(clippy::disallowed_methods, reason = "a test writes as an operator does")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::app::{App, Options, RunFailed, Runner};
use crate::config::LoadRequest;
use crate::evidence::fetch::{Domains, FetchError, Pages};
use crate::evidence::{Document, Markup};
use crate::sys::clock::ManualClock;
use crate::sys::signals::Stop;
use crate::sys::supervise::{Helper, RunEnd, RunOutcome, RunSpec};

/// Pages by their address; one that is not there cannot be reached.
#[derive(Default)]
pub(in crate::jobs) struct Site {
    pages: RefCell<BTreeMap<String, String>>,
    pub(in crate::jobs) asked: RefCell<Vec<String>>,
}

impl Site {
    pub(in crate::jobs) fn put(&self, address: &str, text: &str) {
        self.pages.borrow_mut().insert(address.to_owned(), text.to_owned());
    }
}

#[async_trait(?Send)]
impl Pages for Site {
    async fn read(&self, address: &str, domains: &Domains) -> Result<Document, FetchError> {
        domains.check(address).map_err(FetchError::Refused)?;
        self.asked.borrow_mut().push(address.to_owned());
        match self.pages.borrow().get(address) {
            Some(text) => Ok(Document::new(text.as_bytes(), Markup::Plain, None)),
            None => Err(FetchError::Unreachable("no route".to_owned())),
        }
    }
}

/// A model that says always the same, and keeps what it was asked.
#[derive(Default)]
pub(in crate::jobs) struct Model {
    pub(in crate::jobs) says: RefCell<String>,
    pub(in crate::jobs) asked: RefCell<Vec<String>>,
    pub(in crate::jobs) is_stopping: Cell<bool>,
}

#[async_trait(?Send)]
impl Runner for Model {
    async fn run(&self, spec: &RunSpec) -> Result<RunOutcome, RunFailed> {
        let prompt = spec.stdin.as_ref().map(|path| fs::read_to_string(path).unwrap());
        self.asked.borrow_mut().push(prompt.unwrap_or_default());
        fs::write(&spec.stdout, self.says.borrow().as_bytes()).unwrap();
        fs::write(&spec.stderr, "").unwrap();
        let is_stopping = self.is_stopping.get();
        Ok(RunOutcome {
            end: if is_stopping { RunEnd::Stopped } else { RunEnd::Exited(0) },
            duration: Duration::from_millis(1),
            stdout_bytes: 0,
            stderr_bytes: 0,
            truncated: false,
            killed_survivors: 0,
            survivors: Vec::new(),
            reached: Vec::new(),
        })
    }

    async fn run_until(&self, spec: &RunSpec, _stop: &Stop) -> Result<RunOutcome, RunFailed> {
        self.run(spec).await
    }
}

/// A root with the repository `acme/shop`, whose clone lies in `src/shop`.
pub(in crate::jobs) struct Ground {
    dir: tempfile::TempDir,
    pub(in crate::jobs) clock: Rc<ManualClock>,
    pub(in crate::jobs) site: Rc<Site>,
    pub(in crate::jobs) model: Rc<Model>,
    settings: String,
}

impl Ground {
    /// `settings` are the evidence blocks; the moment is that of seed 000's example.
    pub(in crate::jobs) fn new(settings: &str) -> Self {
        let ground = Self {
            dir: tempfile::tempdir().unwrap(),
            clock: Rc::new(ManualClock::new("2026-03-19T10:00:00Z".parse().unwrap())),
            site: Rc::default(),
            model: Rc::default(),
            settings: String::new(),
        };
        for folder in ["src/shop", "src/shared", "evidence/shop", "objectives"] {
            fs::create_dir_all(ground.dir.path().join(folder)).unwrap();
        }
        ground.configure(settings)
    }

    /// The same root with other evidence blocks.
    pub(in crate::jobs) fn configure(mut self, settings: &str) -> Self {
        settings.clone_into(&mut self.settings);
        let text = format!(
            "sandbox: off\nevidence_dir: evidence\nagents:\n  planner: {{command: [sh, model.sh]}}\n\
             repos:\n- repo: acme/shop\n  host: local\n  path: src/shop\n{settings}"
        );
        self.write("config.yaml", &text);
        self
    }

    /// The model may be asked.
    pub(in crate::jobs) fn with_model(self, says: &str) -> Self {
        says.clone_into(&mut self.model.says.borrow_mut());
        let settings = format!("planner_agents: [planner]\n{}", self.settings);
        self.configure(&settings)
    }

    pub(in crate::jobs) fn write(&self, relative: &str, text: &str) {
        let path = self.dir.path().join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Gives a file the date that its writer left on it.
    pub(in crate::jobs) fn date(&self, relative: &str, at: &str) {
        let at: Timestamp = at.parse().unwrap();
        let file = fs::OpenOptions::new().write(true).open(self.dir.path().join(relative));
        file.unwrap().set_modified(at.into()).unwrap();
    }

    pub(in crate::jobs) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.dir.path().join(relative)).unwrap()
    }

    pub(in crate::jobs) fn remove(&self, relative: &str) {
        fs::remove_file(self.dir.path().join(relative)).unwrap();
    }

    /// A process of this root.
    pub(in crate::jobs) fn app(&self) -> App {
        let root = self.dir.path().to_path_buf();
        let environment: BTreeMap<String, String> = [
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("HOME".to_owned(), root.display().to_string()),
        ]
        .into();
        let load = LoadRequest {
            config: None,
            root: Some(root.clone()),
            home: Some(root.clone()),
            cwd: root,
            variables: environment.clone(),
        };
        let options = Options {
            load,
            environment,
            clock: self.clock.clone(),
            stop: Stop::never(),
            helper: Helper { program: "false".into(), args: Vec::new() },
            runner: Some(self.model.clone()),
            pages: Some(self.site.clone()),
        };
        App::build(options).unwrap()
    }

    /// Does something in a runtime of its own.
    pub(in crate::jobs) fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(future)
    }
}
