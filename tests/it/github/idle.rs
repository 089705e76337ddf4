//! What idleness costs: ten repositories, two boards, an hour of cron.

use crate::support::github::GithubWorld;
use crate::support::hub::serve::Logged;

/// A town of ten repositories, five on each of two boards, with open issues that nobody made Ready.
fn ten_repositories() -> GithubWorld {
    let town = GithubWorld::new();
    let names: Vec<String> = (0..10).map(|n| format!("acme/repo-{n}")).collect();
    town.hub.with(|state| {
        for board in [1, 2] {
            assert_eq!(state.add_board("acme", &format!("Board {board}")), board);
        }
        for (at, name) in names.iter().enumerate() {
            state.add_repo(name);
            for n in 0..20 {
                let number = state.open_issue(name, "ann", &format!("Idea {n}"), "Some day.");
                state.put_on_board("acme", 1 + at as u64 % 2, name, number, "Backlog");
            }
        }
    });
    let project = |board: usize| {
        let repos: Vec<String> = names
            .iter()
            .enumerate()
            .filter(|(at, _)| 1 + at % 2 == board)
            .map(|(_, name)| format!("{{github_repo: {name}, host: github}}"))
            .collect();
        format!("  board{board}:\n    project_number: {board}\n    repos: [{}]\n", repos.join(", "))
    };
    let projects = format!("github_projects:\n{}{}", project(1), project(2));
    town.map(|world| world.setting(&projects).without_repos())
}

fn count(log: &[Logged], is: impl Fn(&&Logged) -> bool) -> usize {
    log.iter().filter(is).count()
}

#[test]
fn an_idle_hour_costs_no_charged_request_and_no_write() {
    let town = ten_repositories();
    drop(town.world.run("dispatch").ok());
    drop(town.world.run("pr-monitor").ok());
    let files = town.world.snapshot("runtime");
    let warm = town.hub.log().len();
    for minute in 0..60 {
        drop(town.world.run("dispatch").ok());
        if minute % 5 == 0 {
            drop(town.world.run("pr-monitor").ok());
        }
    }
    let log = town.hub.log().split_off(warm);
    let is_graphql = |request: &&Logged| request.path.starts_with("/graphql");
    let charged = count(&log, |request| request.charged && !is_graphql(request));
    assert_eq!(charged, 0, "charged REST requests: {log:#?}");
    assert_eq!(count(&log, |request| request.method != "GET" && !is_graphql(request)), 0);
    assert_eq!(count(&log, |request| request.path.contains("/search/")), 0);
    assert_eq!(count(&log, |request| request.path.contains(".git")), 0, "git is not run");
    // A hundred cards on each of two boards.
    assert!(count(&log, is_graphql) <= 2 * 60, "{} GraphQL queries", count(&log, is_graphql));
    let round_trips = log.len() - count(&log, is_graphql);
    // Ready issues every minute, open pull requests every five.
    assert_eq!(round_trips, (60 + 12) * 10, "one conditional request per repository and run");
    assert_eq!(town.world.snapshot("runtime"), files, "nothing is written");
    println!(
        "{} requests in 72 idle runs, all 304 but {} GraphQL",
        log.len(),
        count(&log, is_graphql)
    );
}

#[test]
fn a_pull_request_that_waits_for_a_person_costs_nothing() {
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", "");
    let town = town.map(|world| world.setting("protected_paths: ['**']").with_sprints());
    for _ in 0..3 {
        town.round();
    }
    assert_eq!(town.shown(issue), "in-progress; open", "{}", town.story());
    // The first look of the jobs with a pace of their own.
    drop(town.world.run("tick").ok());
    let warm = town.hub.log().len();
    for _ in 0..3 {
        drop(town.world.run("tick").ok());
    }
    let log = town.hub.log().split_off(warm);
    let charged: Vec<&Logged> = log.iter().filter(|request| request.charged).collect();
    assert!(charged.is_empty(), "{charged:#?}");
}
