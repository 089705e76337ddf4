//! The crontab of the user that runs agentos, in which others have written.

use agentos::domain::schedule::crontab::{Change, block, change};
use agentos::domain::schedule::{Launcher, Program, tick};

const ROOT: &str = "/srv/agents";

/// A block that was put in is there once, a second time changes nothing, and taking it out leaves what others wrote.
pub(super) fn run(input: &[u8]) {
    let program = Program::Wrappers { folder: "/opt/agentos/bin".to_owned(), file: None };
    let launcher = Launcher { program, root: ROOT.to_owned(), config: None };
    let ours = block(&launcher, &tick(), "/srv/agents/runtime/logs/cron.log");
    let Ok(first) = change(input, ROOT, Some(&ours)) else { return };
    let with = match first {
        Change::Nothing => input.to_vec(),
        Change::Becomes(new) => new,
    };
    assert_eq!(change(&with, ROOT, Some(&ours)), Ok(Change::Nothing), "a second time");
    let other = ours.replace("* * * * *", "*/5 * * * *");
    assert!(change(&with, ROOT, Some(&other)).is_ok(), "another schedule");
    let without = match change(&with, ROOT, None) {
        Ok(Change::Becomes(new)) => new,
        left => {
            assert!(left.is_err(), "the block is still there: {left:?}");
            return;
        }
    };
    let had_none = change(input, ROOT, None) == Ok(Change::Nothing);
    if had_none && (input.is_empty() || input.ends_with(b"\n")) {
        assert_eq!(without, input, "what others wrote");
    }
    assert_eq!(change(&without, ROOT, None), Ok(Change::Nothing), "taken out twice");
}
