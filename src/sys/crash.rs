//! Crash points: places between two effects where a test lets this process die (`DESIGN.md` section 10). Without the feature
//! `failpoints` a crash point is nothing at all.

/// Marks a place where a crash must do no harm.
#[macro_export]
macro_rules! crash_point {
    ($name:expr) => {
        #[cfg(feature = "failpoints")]
        $crate::sys::crash::reach($name);
    };
}

#[cfg(feature = "failpoints")]
pub use armed::{Crash, arm, disarm, fill, reach};

/// Writes all of `bytes`; on a disk that a test has filled ([`fill`](armed::fill)) a part of them.
///
/// # Errors
///
/// What the system says; a part may have been written then.
#[cfg(feature = "failpoints")]
pub(in crate::sys) fn write_all(
    file: &mut impl std::io::Write,
    bytes: &[u8],
) -> std::io::Result<()> {
    if !armed::has_room() {
        file.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default())?;
        return Err(std::io::ErrorKind::StorageFull.into());
    }
    file.write_all(bytes)
}

/// Writes all of `bytes`.
///
/// # Errors
///
/// What the system says; a part may have been written then.
#[cfg(not(feature = "failpoints"))]
pub(in crate::sys) fn write_all(
    file: &mut impl std::io::Write,
    bytes: &[u8],
) -> std::io::Result<()> {
    file.write_all(bytes)
}

#[cfg(feature = "failpoints")]
mod armed {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// The payload of a crash inside a test process; caught by the test, never by production code.
    #[derive(Debug)]
    pub struct Crash {
        /// `name:occurrence` of the point.
        pub point: String,
    }

    #[derive(Default)]
    struct Plan {
        die_at: Option<u64>,
        reached: u64,
        occurrences: BTreeMap<String, u64>,
    }

    thread_local! {
        static IN_PROCESS: RefCell<Option<Plan>> = const { RefCell::new(None) };
        /// Writes for which there is room; `None` is room without end.
        static ROOM: Cell<Option<u64>> = const { Cell::new(None) };
    }
    /// How often each point was reached by this process.
    static OF_PROCESS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

    /// From now on this thread dies (by unwinding) at the `die_at`-th point it reaches, counted from one; `None` only counts.
    pub fn arm(die_at: Option<u64>) {
        IN_PROCESS.with(|plan| *plan.borrow_mut() = Some(Plan { die_at, ..Plan::default() }));
    }

    /// From now on there is room for so many writes of files by this thread, and then for none; `None` makes room again.
    pub fn fill(after: Option<u64>) {
        ROOM.set(after);
    }

    /// Says whether there is room for one more write, and takes it.
    pub(in crate::sys) fn has_room() -> bool {
        let left = ROOM.get();
        ROOM.set(left.map(|writes| writes.saturating_sub(1)));
        left != Some(0)
    }

    /// Ends what [`arm`] began and says how many points were reached.
    pub fn disarm() -> u64 {
        IN_PROCESS.with(|plan| plan.borrow_mut().take()).map_or(0, |plan| plan.reached)
    }

    /// Counts a point, and dies there when it is its turn: by unwinding where a test armed this thread, else by `abort` where
    /// `AGENTOS_CRASH_AT` names this count or this `name:occurrence`.
    pub fn reach(name: &str) {
        let in_process = IN_PROCESS.with(|cell| {
            cell.borrow_mut().as_mut().map(|plan| {
                plan.reached += 1;
                let occurrence = plan.occurrences.entry(name.to_owned()).or_default();
                *occurrence += 1;
                (plan.die_at == Some(plan.reached)).then(|| format!("{name}:{occurrence}"))
            })
        });
        match in_process {
            Some(None) => {}
            Some(Some(point)) => std::panic::resume_unwind(Box::new(Crash { point })),
            None => of_process(name),
        }
    }

    #[expect(clippy::print_stderr, reason = "the last words of a process that a test kills")]
    #[expect(
        clippy::disallowed_methods,
        reason = "read here and not in `sys::env`: only test builds have it"
    )]
    fn of_process(name: &str) {
        let Ok(wanted) = std::env::var("AGENTOS_CRASH_AT") else { return };
        let Ok(mut counts) = OF_PROCESS.lock() else { return };
        let occurrence = counts.entry(name.to_owned()).or_default();
        *occurrence += 1;
        let occurrence = *occurrence;
        let count: u64 = counts.values().sum();
        if is_turn(&wanted, name, count, occurrence) {
            eprintln!("crash point {count}, {name}:{occurrence}");
            std::process::abort();
        }
    }

    /// Says whether `wanted` names the `count`-th point of all, or this occurrence of this name.
    fn is_turn(wanted: &str, name: &str, count: u64, occurrence: u64) -> bool {
        match wanted.rsplit_once(':') {
            Some((point, number)) => point == name && number.parse() == Ok(occurrence),
            None => wanted.parse() == Ok(count),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_number_counts_all_points_and_a_name_counts_its_own() {
            assert!(is_turn("7", "files.replace.renamed", 7, 2));
            assert!(is_turn("files.replace.renamed:2", "files.replace.renamed", 7, 2));
            assert!(!is_turn("files.replace.renamed:7", "files.replace.renamed", 7, 2));
            assert!(!is_turn("files.rename.moved:2", "files.replace.renamed", 7, 2));
            assert!(!is_turn("", "files.replace.renamed", 7, 2));
        }

        #[test]
        fn a_full_disk_takes_half_a_write_and_has_room_again_when_it_is_told_so() {
            let mut file = Vec::new();
            fill(Some(1));
            crate::sys::crash::write_all(&mut file, b"whole ").unwrap();
            let full = crate::sys::crash::write_all(&mut file, b"half").unwrap_err();
            assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
            fill(None);
            crate::sys::crash::write_all(&mut file, b" again").unwrap();
            assert_eq!(file, b"whole ha again");
        }

        #[test]
        fn a_file_that_finds_the_disk_full_stays_as_it_was() {
            let dir = tempfile::tempdir().unwrap();
            let (task, log) = (dir.path().join("task.md"), dir.path().join("log.jsonl"));
            crate::sys::files::replace(&task, b"old").unwrap();
            crate::sys::files::append_line(&log, "old").unwrap();
            fill(Some(0));
            assert!(crate::sys::files::replace(&task, b"new one").is_err());
            assert!(crate::sys::files::append_line(&log, "new one").is_err());
            fill(None);
            assert_eq!(std::fs::read(&task).unwrap(), b"old");
            assert_eq!(std::fs::read(&log).unwrap(), b"old\n");
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "no draft is left");
        }

        #[test]
        fn an_armed_thread_dies_at_its_point_and_names_the_occurrence_of_that_name() {
            arm(Some(3));
            let crash = std::panic::catch_unwind(|| {
                for name in ["a", "b", "a", "b"] {
                    reach(name);
                }
            })
            .unwrap_err();
            assert_eq!(crash.downcast_ref::<Crash>().unwrap().point, "a:2");
            assert_eq!(disarm(), 3);
        }
    }
}
