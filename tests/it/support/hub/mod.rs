//! A stateful fake of GitHub over HTTP, with real bare repositories behind it, so that its answers and git agree.
//!
//! The example `fake-github` includes this folder by path: name its modules by `super::`, never by `crate::support`.

pub(crate) mod actions;
pub(crate) mod board;
pub(crate) mod cgi;
pub(crate) mod conformance;
pub(crate) mod doors;
pub(crate) mod faults;
pub(crate) mod git;
pub(crate) mod graphql;
pub(crate) mod headers;
pub(crate) mod pulls;
pub(crate) mod render;
pub(crate) mod rest;
pub(crate) mod serve;
pub(crate) mod state;
pub(crate) mod wire;
pub(crate) mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use faults::{Fault, Op, Planned};
use serve::{Logged, Shared};
use state::State;

/// A running fake of GitHub; clones share it, and the last one to go ends it.
#[derive(Clone)]
pub(crate) struct Hub(Arc<Running>);

struct Running {
    shared: Arc<Shared>,
    folder: PathBuf,
    url: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _gone = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the thread of the hub panicked");
        }
        if !thread::panicking() {
            assert_honest(&self.shared);
        }
    }
}

fn assert_honest(shared: &Shared) {
    let wrong = shared.violations.lock().unwrap();
    assert!(
        wrong.is_empty(),
        "requests or answers that GitHub does not know:\n{}",
        wrong.join("\n")
    );
}

/// A hub as it was at some moment.
pub(crate) struct Snapshot {
    state: State,
    folder: tempfile::TempDir,
}

impl Hub {
    /// Starts a hub with the default world; its repositories are made below the folder.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_at(folder, 0, None)
    }

    /// Starts a hub on a port, 0 for any, and on a Unix socket.
    pub(crate) fn start_at(folder: &Path, port: u16, socket: Option<PathBuf>) -> Self {
        fs::create_dir_all(folder).unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut state = State::new(folder, &url);
        let blobs = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        blobs.set_nonblocking(true).unwrap();
        state.blobs = format!("http://{}", blobs.local_addr().unwrap());
        let shared = Arc::new(Shared::new(state));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let served = Arc::clone(&shared);
        // The socket is bound here, so that it is there when this returns.
        let socket = socket.map(|path| std::os::unix::net::UnixListener::bind(path).unwrap());
        let thread =
            thread::spawn(move || serve::run(served, vec![listener, blobs], socket, stopped));
        let (folder, stop, thread) = (folder.to_owned(), Some(stop), Some(thread));
        Self(Arc::new(Running { shared, folder, url, stop, thread }))
    }

    /// Returns the base of the API, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    /// Returns the address for git of a repository, without a credential.
    pub(crate) fn git_url(&self, full_name: &str) -> String {
        format!("{}/{full_name}.git", self.0.url)
    }

    /// Returns the planted token.
    #[expect(clippy::unused_self, reason = "reads as what it is: the token of this hub")]
    pub(crate) fn token(&self) -> &'static str {
        world::TOKEN
    }

    /// Reads or changes the state.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.shared.state.lock().unwrap();
        let done = change(&mut state);
        state.look_at_branches();
        done
    }

    /// Lets the next such request go wrong.
    pub(crate) fn fault(&self, op: Op, fault: Fault) {
        self.faults(op, fault, 0, 1);
    }

    /// Lets such requests go wrong so many times, after some that go well.
    pub(crate) fn faults(&self, op: Op, fault: Fault, after: u32, times: u32) {
        self.0.shared.planned.lock().unwrap().push(Planned { op, fault, after, times });
    }

    /// Takes back all faults, and returns how many had not happened.
    pub(crate) fn heal(&self) -> usize {
        std::mem::take(&mut *self.0.shared.planned.lock().unwrap()).len()
    }

    /// Returns every request so far.
    pub(crate) fn log(&self) -> Vec<Logged> {
        self.0.shared.log.lock().unwrap().clone()
    }

    /// Returns the visible effects so far.
    pub(crate) fn story(&self) -> Vec<String> {
        self.with(|state| {
            state.look_at_branches();
            state.story.clone()
        })
    }

    /// Runs the queued jobs of Actions and returns how many there were.
    pub(crate) fn run_actions(&self) -> usize {
        serve::run_actions(&self.0.shared)
    }

    /// Lets jobs run as soon as they are queued.
    pub(crate) fn actions_by_themselves(&self, on: bool) {
        self.0.shared.by_themselves.store(on, Ordering::Relaxed);
    }

    /// Keeps the state and the repositories as they are now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.with(|state| state.clone());
        let folder = tempfile::tempdir().unwrap();
        git::copy(&self.0.folder, folder.path());
        Snapshot { state, folder }
    }

    /// Goes back to what was kept; requests so far are forgotten too.
    pub(crate) fn restore(&self, snapshot: &Snapshot) {
        let mut state = self.0.shared.state.lock().unwrap();
        for entry in fs::read_dir(&self.0.folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "git") {
                fs::remove_dir_all(path).unwrap();
            }
        }
        git::copy(snapshot.folder.path(), &self.0.folder);
        *state = snapshot.state.clone();
        self.0.shared.log.lock().unwrap().clear();
        self.0.shared.planned.lock().unwrap().clear();
    }

    /// Panics when something was asked or answered that GitHub does not know.
    pub(crate) fn assert_honest(&self) {
        assert_honest(&self.0.shared);
    }

    /// Returns the violations so far and forgets them, for tests of the judge itself.
    pub(crate) fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.shared.violations.lock().unwrap())
    }
}
