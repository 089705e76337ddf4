//! The distance between two writes of this installation, whichever process makes them: GitHub asks for one write after the other and a
//! second in between.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::sys::clock::{Clock, SystemClock};
use crate::sys::files;
use crate::sys::lock::Lock;

/// Between two looks at a lock that another process holds.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Makes writes wait for their turn.
pub(super) struct Pace {
    lock: PathBuf,
    interval: Duration,
    /// Tasks of this process queue here, so that only one of them looks at the lock.
    first: Mutex<()>,
}

/// The right to make one write; its end is where the next one's waiting begins.
#[must_use = "a turn that is dropped is over"]
pub(super) struct Turn<'a> {
    file: Option<(PathBuf, Lock)>,
    _first: tokio::sync::MutexGuard<'a, ()>,
}

impl Pace {
    pub(super) fn new(lock: PathBuf, interval: Duration) -> Self {
        Self { lock, interval, first: Mutex::new(()) }
    }

    /// Waits until a write may be made; nothing waits and no file is made where the interval is zero. A lock that cannot be used is no
    /// reason not to write: GitHub's own limits are behind it.
    pub(super) async fn turn(&self) -> Option<Turn<'_>> {
        if self.interval.is_zero() {
            return None;
        }
        let first = self.first.lock().await;
        let lock = loop {
            match Lock::try_acquire(&self.lock) {
                Ok(Some(lock)) => break Some(lock),
                Ok(None) => sleep(LOOK_AGAIN).await,
                Err(error) => {
                    tracing::warn!(%error, "writes to GitHub cannot be spaced among processes");
                    break None;
                }
            }
        };
        // Waited for on a clock that no change of the machine's time can touch; the file only says how long.
        sleep(self.left(lock.is_some())).await;
        Some(Turn { file: lock.map(|lock| (self.lock.clone(), lock)), _first: first })
    }

    /// How long the last write is not yet `interval` ago.
    fn left(&self, locked: bool) -> Duration {
        if !locked {
            return self.interval;
        }
        let Ok(text) = files::read_text(&self.lock, 64) else { return self.interval };
        if text.is_empty() {
            return Duration::ZERO;
        }
        // What cannot be read, or lies in the future, may have been just now.
        let passed = text.trim().parse::<i64>().ok().and_then(|last| {
            u64::try_from(SystemClock.now().as_microsecond().checked_sub(last)?).ok()
        });
        self.interval.saturating_sub(passed.map_or(Duration::ZERO, Duration::from_micros))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some((path, _held)) = &self.file else { return };
        let stamp = || -> io::Result<()> {
            let mut file = OpenOptions::new().write(true).open(path)?;
            // Always of the same length, so that nothing of an older one stays behind it.
            file.write_all(format!("{:020}\n", SystemClock.now().as_microsecond()).as_bytes())
        };
        if let Err(error) = stamp() {
            tracing::warn!(%error, "cannot keep the time of a write to GitHub");
        }
    }
}
