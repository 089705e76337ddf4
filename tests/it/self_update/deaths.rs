//! An update that dies at each of its points: a whole program lies in its place each time, and the next update ends as one that never died.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use agentos::jobs::self_update::{Outcome, Request, UpdateError};
use agentos::release::Trust;
use agentos::sys::crash::{Crash, arm, disarm};

use super::server::{Lie, Server, Signer, program_of, release};
use super::{Home, bounds, run, trust, version};

/// Updates until it dies at a point; says where, or nothing when it came to its end before.
fn die(home: &Home, server: &Server, signer: &Signer, point: u64) -> Option<String> {
    let trust = trust(server, signer);
    arm(Some(point));
    let ended =
        catch_unwind(AssertUnwindSafe(|| run(home, &Request::default(), &trust, &bounds())));
    disarm();
    match ended {
        Ok(outcome) => {
            assert!(matches!(outcome, Ok(Outcome::Updated { .. })), "{outcome:?}");
            None
        }
        Err(payload) => Some(payload.downcast_ref::<Crash>().unwrap().point.clone()),
    }
}

/// Updates once the lock is free: a child that another test has just forked holds a copy of it until it becomes another program.
fn once_free(home: &Home, trust: &Trust) -> Result<Outcome, UpdateError> {
    let mut tries = 0;
    loop {
        match run(home, &Request::default(), trust, &bounds()) {
            Err(UpdateError::Busy { .. }) if tries < 100_000 => tries += 1,
            outcome => return outcome,
        }
        std::thread::yield_now();
    }
}

#[test]
fn an_update_that_died_anywhere_leaves_a_whole_program_and_the_next_one_ends_it() {
    let signer = Signer::new();
    let server = Server::new(vec![release("1.3.0", &signer)], Lie::None);
    let mut points = Vec::new();
    for point in 1.. {
        let mut home = Home::new();
        let Some(died_at) = die(&home, &server, &signer, point) else { break };
        // By a shell that reads it: what this process has just written another test's child may hold open for a moment.
        let said = Command::new("/bin/sh").arg(home.program()).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        home.version = match said.as_str() {
            "agentos 1.2.0\n" => version("1.2.0"),
            "agentos 1.3.0\n" => version("1.3.0"),
            other => panic!("{died_at}: {other}"),
        };
        let outcome = once_free(&home, &trust(&server, &signer));
        let is_done = matches!(outcome, Ok(Outcome::Updated { .. } | Outcome::Current { .. }));
        assert!(is_done, "{died_at}: {outcome:?}");
        assert_eq!(home.names(), ["agentos", "agentos.previous"], "{died_at}");
        assert_eq!(fs::read(home.program()).unwrap(), program_of("1.3.0"), "{died_at}");
        let previous = fs::read(home.dir.path().join("agentos.previous")).unwrap();
        assert_eq!(previous, program_of("1.2.0"), "{died_at}");
        points.push(died_at);
    }
    for name in ["self_update.downloaded:1", "self_update.kept:1", "self_update.replaced:1"] {
        assert!(points.iter().any(|point| point == name), "{name} was not reached: {points:?}");
    }
}
