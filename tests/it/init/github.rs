//! A repository on GitHub: found by its address, labels made once and only when they are wanted, no token told.

use super::bare_machine;
use crate::support::github::{GithubWorld, SHOP};
use crate::support::{Run, World};

/// A machine whose clone comes from the fake GitHub, which has no labels yet.
fn town() -> GithubWorld {
    let town = GithubWorld::of(World::new()).map(bare_machine);
    town.hub.with(|state| state.repo_mut(SHOP).unwrap().labels.clear());
    let origin = format!("{}/{SHOP}.git", town.hub.url());
    town.world.git(&["-C", "shop", "remote", "add", "origin", &origin]);
    town
}

fn init(town: &GithubWorld, words: &str) -> Run {
    town.world.run(&format!("init --repo {SHOP} --github-url {} {words}", town.hub.url()))
}

fn labels(town: &GithubWorld) -> usize {
    town.hub.with(|state| state.repo(SHOP).unwrap().labels.len())
}

#[test]
fn labels_are_made_once_after_they_were_shown_and_no_token_is_told() {
    let town = town();
    let run = init(&town, "--yes").ok();
    assert!(run.stdout.contains("token       from `GITHUB_TOKEN`"), "{}", run.stdout);
    assert!(
        run.stdout.contains("done: make labels on GitHub: ready, in-progress, blocked"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains(town.hub.token()) && !run.stderr.contains(town.hub.token()));
    assert!(!town.world.read("config.yaml").contains(town.hub.token()));
    assert_eq!(labels(&town), 10);
    let writes = town.writes();
    let again = init(&town, "--yes").ok();
    assert!(
        again.stdout.contains("configured already; there is nothing to do"),
        "{}",
        again.stdout
    );
    assert_eq!(town.writes(), writes);
    drop(town.world.run("config check").ok());
    town.hub.assert_honest();
}

#[test]
fn a_dry_run_shows_the_labels_and_writes_nothing_anywhere() {
    let town = town();
    let before = town.world.everything();
    let run = init(&town, "--dry-run").ok();
    assert!(run.stdout.contains("would make labels on GitHub: ready"), "{}", run.stdout);
    assert_eq!((labels(&town), town.writes()), (0, 0));
    let outside_hub = |files: std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        files
            .into_iter()
            .filter(|(path, _)| !path.display().to_string().contains("hub"))
            .collect::<Vec<_>>()
    };
    assert!(outside_hub(before) == outside_hub(town.world.everything()), "a file has changed");
}

#[test]
fn the_repository_is_found_by_the_origin_of_the_clone() {
    let town = town();
    let url = town.hub.url().to_owned();
    let run = super::in_folder(&town.world, "shop", &["init", "--yes", "--github-url", &url]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = town.world.read("home/agentos/config.yaml");
    for line in
        ["- github_repo: acme/shop", "  test_command: sh test.sh", "github_write_interval_ms: 0"]
    {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.contains(&format!("  path: {}", town.world.path("shop").display())), "{text}");
}

#[test]
fn work_is_done_from_label_to_merge_with_what_init_wrote() {
    let town = town();
    town.hub.with(|state| {
        state.repo_mut(SHOP).unwrap().protection.clear();
    });
    drop(init(&town, "--yes").ok());
    let issue = town.ready_issue("Add a cart", "One file.");
    drop(town.world.run("dispatch").ok());
    drop(town.world.run("queue").ok());
    assert!(town.story().contains("agent/shop-"), "{}", town.story());
    assert!(town.shown(issue).contains("in-progress"), "{}", town.shown(issue));
}

#[test]
fn what_keeps_work_from_being_done_is_told_and_the_configuration_written_nevertheless() {
    let town = town().map(|world| world.env("GITHUB_TOKEN", ""));
    let run = init(&town, "--yes").ok();
    assert!(
        run.stdout.contains("GITHUB_TOKEN") && run.stdout.contains("gh auth login"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("token       none found"), "{}", run.stdout);
    assert!(town.world.path("config.yaml").is_file());
    assert_eq!(labels(&town), 0);
}

#[test]
fn two_githubs_do_not_come_into_one_configuration() {
    let town = town();
    let text = "repos:\n- github_repo: acme/web\n";
    town.world.write("config.yaml", text);
    let run = init(&town, "--yes").code(2);
    assert!(run.stderr.contains("github_api_url"), "{}", run.stderr);
    assert_eq!(town.world.read("config.yaml"), text);
}

/// Takes columns away from a new board and returns its number.
fn board_without(town: &GithubWorld, columns: &[&str]) -> u64 {
    town.hub.with(|state| {
        let number = state.add_board("acme", "Shop");
        let board = state.boards.iter_mut().find(|board| board.number == number).unwrap();
        board.fields[0].options.retain(|(_, name)| !columns.contains(&name.as_str()));
        number
    })
}

fn columns(town: &GithubWorld) -> Vec<String> {
    town.hub.with(|state| {
        state.boards[0].fields[0].options.iter().map(|(_, name)| name.clone()).collect()
    })
}

#[test]
fn columns_that_an_empty_board_lacks_are_added_once_beside_those_it_has() {
    let town = town();
    let number = board_without(&town, &["Ready", "Blocked"]);
    let options = format!("--project {number} --yes");
    let dry = init(&town, &format!("--project {number} --dry-run")).ok();
    assert!(
        dry.stdout.contains("would add columns to the board: Ready, Blocked"),
        "{}",
        dry.stdout
    );
    assert_eq!(columns(&town), ["Backlog", "In Progress", "Done"]);
    let made = town
        .world
        .run(&format!("--json init --repo {SHOP} --github-url {} {options}", town.hub.url()))
        .ok()
        .json();
    crate::schemas::assert_fits("init", &made);
    assert_eq!(columns(&town), ["Backlog", "In Progress", "Done", "Ready", "Blocked"]);
    assert!(town.world.read("config.yaml").contains(&format!("project_number: {number}")));
    let again = init(&town, &options).ok();
    assert!(again.stdout.contains("there is nothing to do"), "{}", again.stdout);
    drop(town.world.run("dispatch").ok());
    town.hub.assert_honest();
}

#[test]
fn columns_of_a_board_with_cards_are_left_to_people() {
    let town = town();
    let number = board_without(&town, &["Blocked"]);
    town.hub.with(|state| {
        let issue = state.open_issue(SHOP, "ann", "Old", "");
        state.put_on_board("acme", number, SHOP, issue, "Ready");
    });
    let run = init(&town, &format!("--project {number} --yes")).ok();
    assert!(
        run.stdout.contains("no column `Blocked`") && run.stdout.contains("blocked_value"),
        "{}",
        run.stdout
    );
    assert_eq!(columns(&town).len(), 4);
    assert_eq!(labels(&town), 10);
}
