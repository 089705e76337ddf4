//! The time that rules see. Deadlines and durations do not come from here: they use [`std::time::Instant`] directly.

use std::cell::Cell;
use std::io::ErrorKind;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::env::Environment;
use super::files;

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

/// Where the zone of the machine is written down.
const LOCAL_ZONE: &str = "/etc/localtime";

/// More is no description of a time zone.
const MAX_ZONE_BYTES: u64 = 1024 * 1024;

/// The time zone of the operator: `TZ` where it is set, else that of the machine, which is one small file. The data base of all
/// zones, to be walked through whole, is only opened for a name.
pub fn zone(tz: Option<&str>) -> TimeZone {
    if tz.is_some() { TimeZone::system() } else { zone_of(Path::new(LOCAL_ZONE)) }
}

/// The time zone that a file describes; a machine that has none lives by UTC.
fn zone_of(path: &Path) -> TimeZone {
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == ErrorKind::NotFound => return TimeZone::UTC,
        Err(_) => return TimeZone::system(),
    };
    let bytes = files::read_bytes(&real, MAX_ZONE_BYTES).ok();
    let described = bytes.and_then(|bytes| TimeZone::tzif("Local", &bytes).ok());
    described.unwrap_or_else(TimeZone::system)
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
    fn the_zone_of_a_machine_is_read_from_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let moment: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
        let missing = zone_of(&folder.path().join("localtime"));
        assert_eq!(missing.to_offset(moment).seconds(), 0, "no file: UTC");
        // The smallest description there is: version 2, one type at UTC+2, no changes.
        let header = |version: u8| {
            let mut header = [b"TZif".as_slice(), &[version], &[0; 15]].concat();
            for count in [0_u32, 0, 0, 0, 1, 4] {
                header.extend(count.to_be_bytes());
            }
            header.extend(7200_i32.to_be_bytes());
            header.extend([0, 0]);
            header.extend(b"EET\0");
            header
        };
        let whole = [header(b'2'), header(b'2'), b"\nEET-2\n".to_vec()].concat();
        let path = folder.path().join("zone");
        files::replace(&path, &whole).unwrap();
        let link = folder.path().join("localtime");
        std::os::unix::fs::symlink("zone", &link).unwrap();
        assert_eq!(zone_of(&link).to_offset(moment).seconds(), 7200);
    }

    #[test]
    fn the_zone_of_this_machine_is_the_one_that_its_name_leads_to() {
        let moment: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
        let known = TimeZone::system().to_offset(moment);
        let name = Environment::read().get("TZ").map(ToOwned::to_owned);
        assert_eq!(zone(name.as_deref()).to_offset(moment), known);
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
