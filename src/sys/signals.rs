//! The wish to stop: SIGTERM and SIGINT set a flag that long work looks at.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

/// Says whether somebody wants this process to stop; clones share one answer.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    own: Arc<AtomicBool>,
    /// The wish of a larger whole, which counts here too.
    above: Option<Arc<AtomicBool>>,
}

impl Stop {
    /// Makes SIGTERM and SIGINT set the flag from now on, instead of ending the process.
    ///
    /// # Errors
    ///
    /// When the system refuses the handler; a signal then ends the process as before.
    pub fn install() -> io::Result<Self> {
        let stop = Self::default();
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&stop.own))?;
        }
        Ok(stop)
    }

    /// Makes a wish that no signal utters; [`Stop::request`] still does.
    pub fn never() -> Self {
        Self::default()
    }

    /// Says whether stopping was asked for.
    pub fn requested(&self) -> bool {
        let is_set = |flag: &Arc<AtomicBool>| flag.load(Ordering::Relaxed);
        is_set(&self.own) || self.above.as_ref().is_some_and(is_set)
    }

    /// Asks for it.
    pub fn request(&self) {
        self.own.store(true, Ordering::Relaxed);
    }

    /// A wish for a part of the work: asking for it stops that part alone, asking for the whole stops it too.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { own: Arc::default(), above: Some(Arc::clone(&self.own)) }
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

    #[test]
    fn a_part_stops_alone_and_with_the_whole() {
        let whole = Stop::never();
        let (one, two) = (whole.part(), whole.part());
        one.request();
        assert!(one.requested() && !whole.requested() && !two.requested());
        whole.request();
        assert!(two.requested());
    }
}
