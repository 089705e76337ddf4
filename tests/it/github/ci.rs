//! Red checks: what their logs say, repairs, and how they end.

use crate::support::Script;
use crate::support::github::{GithubWorld, merged_faults};
use crate::support::hub::faults::{Fault, Op};
use crate::support::hub::serve::LOG_SIGNATURE;

/// A secret that has the shape of one, put together here so that no scanner takes this file for a leak.
fn token() -> String {
    format!("gh{}_{}", 'p', "aB3xK9mQ7wZ1pL5vN8tR2yC4dF6gH0jSaB3x")
}

/// Breaks the test so many times, and mends it then.
pub(super) fn mends_it_the(nth: u32) -> Script {
    Script::new()
        .line("n=$(($(cat tries.txt 2>/dev/null || echo 0) + 1)); echo $n > tries.txt")
        .line(&format!("if [ $n -ge {nth} ]; then rm -f broken; else touch broken; fi"))
        .reports("complete", "none", "Did it.")
}

pub(super) fn town(script: Script) -> GithubWorld {
    let town = GithubWorld::with_agents(&[("worker", script)]);
    town.ready_issue("Add a cart", "");
    town
}

/// Every job once, and CI before pull requests are looked at: twice, since at the first look nothing is known of conflicts yet.
pub(super) fn round(town: &GithubWorld) {
    town.round();
    drop(town.world.run("pr-monitor").ok());
}

/// The one comment about checks; its first line of words, and whether there is just one.
#[track_caller]
pub(super) fn checks_comment(town: &GithubWorld) -> String {
    let all = town.comments(1).into_iter().filter(|text| text.contains("agentos:checks"));
    let all: Vec<String> = all.collect();
    assert_eq!(all.len(), 1, "{all:#?}");
    all.into_iter().next().unwrap()
}

fn words(comment: &str) -> &str {
    comment.lines().nth(1).unwrap_or_default()
}

pub(super) fn repairs(town: &GithubWorld) -> String {
    town.world.task_key("shop-1", "repairs").unwrap_or_else(|| "0".to_owned())
}

#[test]
fn the_log_of_a_red_check_reaches_the_agent_and_the_issue_and_nothing_secret_does() {
    let town = town(mends_it_the(2));
    let secret = token();
    let log = format!(
        "2026-01-05T09:00:00.1234567Z running 1 test\n2026-01-05T09:00:00.1234567Z thread 'cart' panicked at src/cart.rs:7:\n\
         2026-01-05T09:00:00.1234567Z left: 3 {secret} {}\n",
        town.hub.token()
    );
    town.hub.with(|state| state.endings.push_back(("failure".to_owned(), log)));
    town.play(&[1]);
    assert_eq!(merged_faults(&town.hub, &[1]), Vec::<String>::new());
    let prompt = town.world.prompt("shop-1", "2");
    assert!(prompt.contains("panicked at src/cart.rs:7"), "{prompt}");
    assert!(prompt.contains("left: 3 [redacted] [redacted]"), "{prompt}");
    let logs: Vec<_> =
        town.hub.log().into_iter().filter(|request| request.path.starts_with("/logs/")).collect();
    assert_eq!(logs.len(), 1);
    assert_eq!((logs[0].status, &logs[0].who), (200, &None), "no token goes there");
    for hidden in [secret.as_str(), town.hub.token(), LOG_SIGNATURE] {
        for (path, bytes) in town.world.everything() {
            let found = bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes());
            assert!(!found, "{hidden} stands in {}", path.display());
        }
        assert!(town.comments(1).iter().all(|text| !text.contains(hidden)));
    }
}

#[test]
fn one_comment_tells_the_whole_life_of_red_checks() {
    let town = town(mends_it_the(3));
    let mut told = Vec::new();
    let mut tell = |town: &GithubWorld| {
        let comment = checks_comment(town);
        told.push(words(&comment).to_owned());
        comment
    };
    round(&town);
    let queued = tell(&town);
    assert!(queued.contains("at most 3 are made") && queued.contains("exit: Some(1)"), "{queued}");
    assert_eq!(town.shown(1), "blocked,in-progress; open");
    drop(town.world.run("queue").ok());
    tell(&town);
    round(&town);
    tell(&town);
    town.play(&[1]);
    tell(&town);
    for line in &mut told {
        if let Some((before, rest)) = line.clone().split_once(" as `") {
            *line = format!("{before} as `…`{}", rest.split_once('`').unwrap().1);
        }
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    **agentos** · `shop-1` is red in `ci`, and repair 1 is queued.
    **agentos** · `shop-1` was red in `ci`. Repair 1 is pushed as `…` and waits for these checks.
    **agentos** · `shop-1` is red in `ci`, and repair 2 is queued.
    **agentos** · the checks of `shop-1` are green again after 2 repairs.
    ");
    assert_eq!(town.shown(1), "done; closed");
    let second = town.world.prompt("shop-1", "3");
    assert!(second.contains("# Repair 2") && second.contains("# Repair 1"), "{second}");
}

#[test]
fn the_comment_comes_even_if_the_monitor_died_behind_the_move() {
    for first in ["dispatch", "queue"] {
        let town = town(mends_it_the(2));
        for job in ["dispatch", "queue"] {
            drop(town.world.run(job).ok());
        }
        town.hub.run_actions();
        drop(town.world.run("pr-monitor").ok());
        // The status comment is edited before; the first new comment of this run is the one about checks.
        town.hub.fault(Op::Comment, Fault::NeverArrives);
        drop(town.world.run("pr-monitor").code(75));
        assert_eq!(town.world.folder_of("shop-1"), "inbox");
        assert!(town.comments(1).iter().all(|text| !text.contains("agentos:checks")));
        drop(town.world.run(first).ok());
        let comment = checks_comment(&town);
        let expected = if first == "queue" { "was red in `ci`" } else { "is red in `ci`" };
        assert!(words(&comment).contains(expected), "{first}: {comment}");
        assert!(comment.contains("at most 3 are made"), "{comment}");
        town.play(&[1]);
        assert!(words(&checks_comment(&town)).contains("green again after one repair"));
    }
}

#[test]
fn a_log_that_may_not_be_read_keeps_no_repair_from_being_made() {
    let town = town(mends_it_the(2));
    let forbidden = Fault::Forbidden("Resource not accessible by personal access token".to_owned());
    town.hub.faults(Op::ReadLog, forbidden, 0, 100);
    round(&town);
    let comment = checks_comment(&town);
    assert_eq!(comment.matches("could not be read").count(), 1, "{comment}");
    assert!(comment.contains("Actions: read"), "{comment}");
    town.play(&[1]);
    assert_eq!(repairs(&town), "1");
}

#[test]
fn a_log_of_fifty_mebibytes_is_cut_to_what_matters() {
    let town = town(mends_it_the(2));
    let line = "test quiet::nothing_to_be_seen_here ... ok, and so on and on\n";
    let log =
        [&line.repeat((50 << 20) / line.len()), "error: test failed, to rerun pass `--lib`\n"];
    town.hub.with(|state| state.endings.push_back(("failure".to_owned(), log.concat())));
    round(&town);
    let comment = checks_comment(&town);
    assert!(comment.contains("error: test failed") && comment.len() < 10_000, "{}", comment.len());
    assert!(town.world.task_text("shop-1").len() < 20_000);
}

#[test]
fn repairs_that_are_used_up_are_given_up_with_one_note() {
    let town = town(mends_it_the(9));
    let town = town.map(|world| world.setting("ci_max_retries: 2\n"));
    for _ in 0..5 {
        round(&town);
    }
    assert_eq!(town.world.folder_of("shop-1"), "escalated");
    assert_eq!(town.shown(1), "blocked,human-required; open");
    let notes: Vec<String> =
        town.comments(1).into_iter().filter(|text| text.contains("agentos:escalation")).collect();
    assert_eq!(notes.len(), 1, "{notes:#?}");
    for text in [
        "still red after 2 repairs: ci",
        "**Next step:** `git fetch",
        "| 3 | worker |",
        "exit: Some(1)",
        "Pull request 2",
    ] {
        assert!(notes[0].contains(text), "{text} is missing in {}", notes[0]);
    }
    let file = town.world.task_text("shop-1");
    assert!(file.contains(&format!("# Escalation\n\n{}", notes[0].trim())), "{file}");
    assert!(words(&checks_comment(&town)).contains("given up"), "{}", checks_comment(&town));
    let why = town.world.run("why shop-1").ok();
    assert!(why.stdout.contains("git checkout agent/shop-1"), "{}", why.stdout);
    let before = town.writes();
    town.round();
    assert_eq!(town.writes(), before, "nothing is said twice");
}
