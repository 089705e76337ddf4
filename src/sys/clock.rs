//! The time that rules see. Deadlines and durations do not come from here: they use [`std::time::Instant`] directly.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};

use super::env::Environment;

/// Tells the time.
pub trait Clock {
    /// Tells the present moment.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still, for `AGENTOS_NOW`.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A clock that a test moves by hand.
#[derive(Debug)]
pub struct ManualClock(Cell<Timestamp>);

impl ManualClock {
    /// Makes a clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Cell::new(start))
    }

    /// Shows `moment` from now on.
    pub fn set(&self, moment: Timestamp) {
        self.0.set(moment);
    }

    /// Moves the clock on by `step`; it stops at the last moment that there is.
    pub fn advance(&self, step: SignedDuration) {
        self.0.set(self.0.get().checked_add(step).unwrap_or(Timestamp::MAX));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.get()
    }
}

/// `AGENTOS_NOW` is not a moment.
#[derive(Debug, thiserror::Error)]
#[error("`AGENTOS_NOW` is `{value}`, which is not a moment as in `2026-11-20T09:00:00Z`: {reason}")]
pub struct BadNow {
    value: String,
    reason: jiff::Error,
}

/// Chooses the clock: fixed where `AGENTOS_NOW` is set and not empty, else the one of the machine.
///
/// # Errors
///
/// When `AGENTOS_NOW` is not an RFC 3339 moment; a wrong date is never silently replaced by the real one.
pub fn of_environment(environment: &Environment) -> Result<Box<dyn Clock>, BadNow> {
    match environment.get("AGENTOS_NOW").filter(|value| !value.is_empty()) {
        None => Ok(Box::new(SystemClock)),
        Some(value) => match value.parse() {
            Ok(moment) => Ok(Box::new(FixedClock(moment))),
            Err(reason) => Err(BadNow { value: value.to_owned(), reason }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agentos_now_stops_the_clock() {
        let environment = Environment::from_pairs([("AGENTOS_NOW", "2026-11-20T09:00:00Z")]);
        let clock = of_environment(&environment).unwrap();
        assert_eq!(clock.now().to_string(), "2026-11-20T09:00:00Z");
    }

    #[test]
    fn a_wrong_date_is_an_error_and_not_the_real_time() {
        let environment = Environment::from_pairs([("AGENTOS_NOW", "yesterday")]);
        let error = of_environment(&environment).err().unwrap().to_string();
        assert!(error.contains("`yesterday`"), "{error}");
    }

    #[test]
    fn a_manual_clock_moves_only_when_it_is_moved() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        clock.advance(SignedDuration::from_mins(2));
        assert_eq!(clock.now().as_second(), 120);
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
