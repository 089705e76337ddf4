//! From Ready to merged, with the real binary.

use std::fs;

use crate::support::github::{GithubWorld, SHOP, base64, merged_faults};
use crate::support::hub::board::Content;
use crate::support::{Script, World};

#[test]
fn an_issue_labelled_ready_becomes_a_merged_pull_request() {
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", "## Goal\nA cart.");
    town.play(&[issue]);
    insta::assert_snapshot!("merged", town.story());
    assert_eq!(town.shown(issue), "done; closed");
    assert_eq!(merged_faults(&town.hub, &[issue]), Vec::<String>::new());
}

#[test]
fn red_checks_are_repaired_and_conflicts_are_solved() {
    let script = Script::new()
        .line("line=\"item $AGENTOS_TASK_ID\"")
        .line("if grep -q '^<<<<<<<' list.txt; then sed -i '/^[<=>|]\\{7\\}/d' list.txt")
        .line("elif [ -e broken ]; then rm broken")
        .line("else grep -q \"$line\" list.txt || sed -i \"1a $line\" list.txt; [ \"$AGENTOS_TASK_ID\" = shop-2 ] || touch broken; fi")
        .reports("complete", "none", "Added an item.");
    let town = GithubWorld::with_agents(&[("worker", script)]);
    town.hub.with(|state| state.commit(SHOP, "main", &[("list.txt", "first\nlast\n")], "A list"));
    let first = town.ready_issue("Add the first item", "");
    let second = town.ready_issue("Add the second item", "");
    assert_eq!((first, second), (1, 2));
    town.play(&[first, second]);
    assert_eq!(merged_faults(&town.hub, &[first, second]), Vec::<String>::new());
    let red = town.comments(first).into_iter().filter(|c| c.contains("agentos:checks")).count();
    assert_eq!(red, 1, "{:#?}", town.comments(first));
}

#[test]
fn a_board_alone_makes_an_issue_ready_and_shows_where_it_stands() {
    let town = GithubWorld::new();
    let number = town.hub.with(|state| {
        let board = state.add_board("acme", "Sprint");
        let issue = state.open_issue(SHOP, "ann", "Add a cart", "");
        state.put_on_board("acme", board, SHOP, issue, "Ready");
        assert_eq!(board, 1);
        issue
    });
    let town = town.map(|world| world.on_board(1));
    town.play(&[number]);
    let story = town.story();
    let moves: Vec<&str> = story.lines().filter(|line| line.contains("board")).collect();
    insta::assert_snapshot!("board", moves.join("\n"));
}

#[test]
fn cards_that_are_no_open_issue_of_ours_are_passed_over() {
    let town = GithubWorld::new();
    town.hub.with(|state| {
        assert_eq!(state.add_board("acme", "Sprint"), 1);
        for title in ["Closed", "Archived", "Elsewhere"] {
            state.open_issue(SHOP, "ann", title, "");
        }
        state.add_repo("acme/other");
        let other = state.open_issue("acme/other", "ann", "Not ours", "");
        state.close(SHOP, 1, "ann", "completed");
        for number in [1, 2] {
            state.put_on_board("acme", 1, SHOP, number, "Ready");
        }
        state.put_on_board("acme", 1, "acme/other", other, "Ready");
        for (content, archived) in [
            (Content::Redacted, false),
            (Content::Draft("An idea".to_owned(), String::new()), false),
        ] {
            state.put_card("acme", 1, content, archived, "Ready");
        }
        state.board_mut("acme", 1).items[1].archived = true;
        // More than a page of cards, the Ready one last.
        for n in 0..120 {
            let number = state.open_issue(SHOP, "ann", &format!("Idea {n}"), "");
            state.put_on_board("acme", 1, SHOP, number, "Backlog");
        }
        let ready = state.open_issue(SHOP, "ann", "Add a cart", "");
        state.put_on_board("acme", 1, SHOP, ready, "Ready");
    });
    let town = town.map(|world| world.on_board(1));
    let report = town.world.run("--json dispatch").ok().json();
    let items: Vec<&serde_json::Value> = report["items"].as_array().unwrap().iter().collect();
    assert_eq!(items.len(), 1, "{report}");
    assert_eq!(items[0]["issue"], 124);
    let queries = town.hub.log().iter().filter(|r| r.path.starts_with("/graphql")).count();
    assert!(queries <= 10, "{queries} GraphQL requests for 126 cards and one dispatch");
}

#[test]
fn a_renamed_column_and_a_closed_board_are_named_with_what_to_do() {
    let town = GithubWorld::new();
    town.hub.with(|state| {
        assert_eq!(state.add_board("acme", "Sprint"), 1);
        state.board_mut("acme", 1).fields[0].options[1].1 = "Up next".to_owned();
    });
    let town = town.map(|world| world.on_board(1));
    let run = town.world.run("dispatch").code(1);
    assert!(run.stderr.contains("Up next") && run.stderr.contains("ready_value"), "{}", run.stderr);
    town.hub.with(|state| state.board_mut("acme", 1).closed = true);
    let run = town.world.run("dispatch").code(1);
    assert!(run.stderr.contains("closed"), "{}", run.stderr);
    assert_eq!(town.writes(), 0);
}

#[test]
fn the_token_is_found_nowhere() {
    let town = GithubWorld::new();
    let argv = town.world.path("argv.log");
    let real = which("git");
    let wrapper =
        format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >> {}\nexec {real} \"$@\"\n", argv.display());
    town.world.write("tools/git", &wrapper);
    std::process::Command::new("chmod")
        .args(["+x"])
        .arg(town.world.path("tools/git"))
        .status()
        .unwrap();
    let path = format!("{}:{}", town.world.path("tools").display(), std::env::var("PATH").unwrap());
    let script = Script::new()
        .line("env > env.txt")
        .line("git config --list > config.txt")
        .reports("complete", "none", "Did it.");
    let town = town.map(|world| world.env("PATH", &path).agent("worker", script));
    let issue = town.ready_issue("Add a cart", "");
    town.play(&[issue]);
    drop(town.world.run("-v -v dispatch").ok());
    assert!(fs::read_to_string(&argv).unwrap().contains("push"), "git was run by its wrapper");
    let token = town.hub.token();
    let encoded = base64(&format!("x-access-token:{token}"));
    for secret in [token.to_owned(), encoded] {
        for (path, bytes) in town.world.everything() {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "the token stands in {}", path.display());
        }
        assert!(!town.story().contains(&secret));
        assert!(town.hub.log().iter().all(|request| !request.path.contains(&secret)));
    }
}

fn which(program: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let found = path.split(':').map(|dir| format!("{dir}/{program}"));
    found.into_iter().find(|file| fs::metadata(file).is_ok()).unwrap()
}

#[test]
fn the_demo_can_be_played_on_a_github() {
    let world = World::new();
    let town = GithubWorld::of(world);
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/src/jobs/demo/project");
    let read = |path: &str| fs::read_to_string(format!("{project}/{path}")).unwrap();
    let files = [
        ("README.md", read("README.md")),
        ("lib/till.sh", read("lib/till.sh")),
        ("tests/run.sh", read("tests/run.sh")),
        ("tests/till.test.sh", read("tests/till.test.sh")),
    ];
    town.hub.with(|state| {
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        state.commit(SHOP, "main", &files, "A till in a few lines of shell");
        state.actions.as_mut().unwrap().script = "sh tests/run.sh".to_owned();
    });
    town.hub.actions_by_themselves(true);
    let url = town.hub.url();
    let dir = town.world.path("demo").display().to_string();
    let words = ["--json", "demo", "--github-url", url, "--repo", SHOP, "--dir", &dir];
    let ending = town.world.run_words(&words).ok().json();
    assert_eq!(ending["merged"], serde_json::json!([1, 2, 3, 4, 5]), "{ending}");
    assert_eq!(ending["open"], serde_json::json!([]));
}

#[test]
fn the_demo_touches_no_repository_but_its_own_project() {
    let town = GithubWorld::new();
    let dir = town.world.path("demo").display().to_string();
    let url = town.hub.url();
    let words = ["demo", "--github-url", url, "--repo", SHOP, "--dir", &dir];
    let run = town.world.run_words(&words).code(1);
    assert!(run.stderr.contains("does not hold the demo's project"), "{}", run.stderr);
    assert_eq!(town.writes(), 0);
}
