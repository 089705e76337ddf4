//! Stops a run whose task is paused meanwhile: the flag file is looked at as the run goes.

use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::sys::signals::Stop;

/// Between two looks: a person who pauses can wait so long.
const INTERVAL: Duration = Duration::from_millis(500);

/// A watch over one run.
pub(super) struct Watch {
    over: Sender<()>,
    thread: JoinHandle<()>,
}

impl Watch {
    /// Begins to watch; asks `stop` when the flag is set.
    pub(super) fn begin(flag: PathBuf, stop: Stop) -> Self {
        let (over, is_over) = channel();
        let thread = std::thread::spawn(move || {
            while is_over.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if flag.exists() {
                    stop.request();
                    return;
                }
            }
        });
        Self { over, thread }
    }

    /// Ends the watch.
    pub(super) fn end(self) {
        drop(self.over);
        drop(self.thread.join());
    }
}
