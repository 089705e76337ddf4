//! The two outlets of a program: threads that empty its pipes into bounded logs and note when it last said something.

use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::helper::Event;
use super::log::BoundedLog;

/// Size of one read, in bytes: what a pipe holds.
const BLOCK: usize = 65_536;

/// What is known of an outlet while it is being emptied.
#[derive(Debug, Clone)]
pub(super) struct Outlet {
    log: Arc<Mutex<BoundedLog>>,
    shared: Arc<Shared>,
    started: Instant,
}

#[derive(Debug, Default)]
struct Shared {
    bytes: AtomicU64,
    last_millis: AtomicU64,
    closed: AtomicBool,
}

impl Outlet {
    /// Makes the log file of an outlet.
    pub(super) fn create(path: &Path, limit: u64, started: Instant) -> io::Result<Self> {
        let log = Arc::new(Mutex::new(BoundedLog::create(path, limit)?));
        Ok(Self { log, shared: Arc::default(), started })
    }

    /// Empties a pipe in a thread until all its writers are gone.
    pub(super) fn drain(&self, mut pipe: impl Read + Send + 'static, events: Sender<Event>) {
        let outlet = self.clone();
        thread::spawn(move || {
            let mut block = vec![0; BLOCK];
            loop {
                match pipe.read(&mut block) {
                    Ok(0) => break,
                    Ok(read) => outlet.take(block.get(..read).unwrap_or_default()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            outlet.shared.closed.store(true, Ordering::Release);
            // The receiver may be gone: then nobody waits for it.
            drop(events.send(Event::OutletClosed));
        });
    }

    fn take(&self, bytes: &[u8]) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).take(bytes);
        let size = u64::try_from(bytes.len()).unwrap_or_default();
        self.shared.bytes.fetch_add(size, Ordering::Relaxed);
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.shared.last_millis.store(millis, Ordering::Relaxed);
    }

    /// How much came out so far, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// When something last came out, as time since the start.
    pub(super) fn last(&self) -> Duration {
        Duration::from_millis(self.shared.last_millis.load(Ordering::Relaxed))
    }

    /// Says whether the last writer is gone and everything is in the log.
    pub(super) fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Acquire)
    }

    /// Says whether the log lacks something.
    pub(super) fn is_truncated(&self) -> bool {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).is_truncated()
    }
}
