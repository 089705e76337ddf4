//! A repository comes into a configuration that somebody wrote: nothing of it is lost, the text before is kept, and what cannot be done
//! safely is refused with the lines to add.

use std::fs;

use super::{kept, machine, presentable};

const MINE: &str = "# The office of Ann. Do not touch!\nmerge_policy: auto   # we trust it\n\nagents:\n  worker: {command: [sh, /srv/worker.sh]}   # ours\nagent_fallbacks: {implementation: [worker]}\n\nrepos:\n  # The big one.\n  - repo: acme/web\n    host: local\n    remote: /srv/web.git\n    # base_branch: dev\n\n# Below: money.\nbudgets:\n  per_day_usd: 5.50\n";

#[test]
fn comments_order_and_values_stay_and_the_text_before_is_kept() {
    let world = machine();
    world.write("config.yaml", MINE);
    let run = world.run("init --local shop --yes").ok();
    assert!(run.stdout.contains("add to the configuration"), "{}", run.stdout);
    insta::assert_snapshot!(presentable(&world, &world.read("config.yaml")), @r"
    # The office of Ann. Do not touch!
    merge_policy: auto   # we trust it

    agents:
      worker: {command: [sh, /srv/worker.sh]}   # ours
    agent_fallbacks: {implementation: [worker]}

    repos:
      # The big one.
      - repo: acme/web
        host: local
        remote: /srv/web.git
        # base_branch: dev
      - host: local
        path: [root]/shop
        # It has no origin: work is pushed to a bare repository in remotes/ beside this file.
        ci_command: sh test.sh
        # merge_policy: supervised_first    # manual, or auto: from the first pull request on

    # Below: money.
    budgets:
      per_day_usd: 5.50
    ");
    let backups: Vec<String> = fs::read_dir(world.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("config.yaml.bak-"))
        .collect();
    assert_eq!(backups, ["config.yaml.bak-20260105T090000.000Z"]);
    assert_eq!(world.read(&backups[0]), MINE);
    assert!(world.run("config explain repos.web.merge_policy").ok().stdout.contains("auto"));
    // The next commands name the repository, since there are two.
    assert!(run.stdout.contains("issue create --repo shop"), "{}", run.stdout);
    let before = kept(&world);
    drop(world.run("init --local shop --yes").ok());
    assert!(before == kept(&world));
}

#[test]
fn what_is_written_in_a_way_that_cannot_be_kept_is_refused_with_the_lines_to_add() {
    let world = machine();
    let text = "planner_agents: &all []\nrepos: {}\n";
    world.write("config.yaml", text);
    let run = world.run("init --local shop --yes").code(2);
    assert!(run.stderr.contains("config.yaml") || run.stderr.contains("by hand"), "{}", run.stderr);
    assert_eq!(world.read("config.yaml"), text);
    let text = "x-shared: &list\n";
    world.write("config.yaml", text);
    drop(world.run("init --local shop --yes").code(2));
    assert_eq!(world.read("config.yaml"), text);
    let text = "trusted_authors: &all [ann]\nrepos: [{repo: acme/web, host: local, trusted_authors: *all}\n  ] \n";
    world.write("config.yaml", text);
    let run = world.run("init --local shop --yes").ok();
    assert!(run.stdout.contains("add to the configuration"), "{}", run.stdout);
    assert!(world.read("config.yaml").starts_with("trusted_authors: &all [ann]\nrepos: [{repo: acme/web, host: local, trusted_authors: *all}, {"));
}

#[test]
fn a_broken_configuration_is_told_with_its_line_and_left_alone() {
    let world = machine();
    for text in [
        "repos:\n- repo: a/b\n  hots: local\n",
        "repos: [\n",
        "merge_policy: sometimes\nrepos: []\n",
    ] {
        world.write("config.yaml", text);
        let run = world.run("init --local shop --yes").code(2);
        assert!(run.stderr.contains("config.yaml:"), "{}", run.stderr);
        assert_eq!(world.read("config.yaml"), text);
    }
}

#[test]
fn a_repository_of_the_same_name_does_not_rename_another_one() {
    let world = machine();
    world.write(
        "config.yaml",
        "repos:\n- repo: acme/shop\n  host: local\n  remote: /srv/shop.git\n",
    );
    drop(world.run("init --local shop --yes").ok());
    let key =
        |name: &str| world.run(&format!("config explain repos.{name}.task_prefix")).ok().stdout;
    assert!(
        key("acme/shop").starts_with("repos.acme/shop.task_prefix = \"shop\""),
        "{}",
        key("acme/shop")
    );
    assert!(world.read("config.yaml").contains("task_prefix: "), "{}", world.read("config.yaml"));
}

#[test]
fn a_list_of_what_is_allowed_is_not_widened() {
    let world = machine();
    let text = "allowed_repos: [acme/web]\nrepos:\n- repo: acme/web\n  host: local\n  remote: /srv/web.git\n";
    world.write("config.yaml", text);
    let run = world.run("init --local shop --yes").code(2);
    assert!(run.stderr.contains("allowed_repos"), "{}", run.stderr);
    assert_eq!(world.read("config.yaml"), text);
}
