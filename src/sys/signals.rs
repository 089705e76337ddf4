//! The wish to stop: SIGTERM and SIGINT set a flag that long work looks at.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

/// Says whether somebody wants this process to stop; clones share one answer.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Makes SIGTERM and SIGINT set the flag from now on, instead of ending the process.
    ///
    /// # Errors
    ///
    /// When the system refuses the handler; a signal then ends the process as before.
    pub fn install() -> io::Result<Self> {
        let stop = Self::default();
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&stop.0))?;
        }
        Ok(stop)
    }

    /// Makes a wish that no signal utters; [`Stop::request`] still does.
    pub fn never() -> Self {
        Self::default()
    }

    /// Says whether stopping was asked for.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks for it.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_answer() {
        let stop = Stop::never();
        let clone = stop.clone();
        assert!(!clone.requested());
        stop.request();
        assert!(clone.requested());
    }
}
