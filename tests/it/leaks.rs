//! A change with a secret in it: nothing of it leaves this machine, a person decides, and the work is kept.

use crate::support::{Script, World};

/// Put together here so that no scanner takes this file for a leak.
fn token() -> String {
    format!("gh{}_{}", 'p', "aB3xK9mQ7wZ1pL5vN8tR2yC4dF6gH0jSaB3x")
}

/// Writes a secret at its first run, and takes it out again at the next.
fn careless(secret: &str) -> Script {
    Script::new()
        .line(&format!(
            "if test -e src/deploy.sh; then echo 'curl $URL' > src/deploy.sh; else mkdir -p src; \
             printf '%s\\n' '#!/bin/sh' 'curl -H \"X: {secret}\" $URL' > src/deploy.sh; fi"
        ))
        .reports("complete", "none", "Deploys.")
}

fn branches(world: &World) -> String {
    world.git(&["-C", "remotes/shop.git", "for-each-ref", "--format=%(refname)"])
}

fn nowhere(world: &World, secret: &str) {
    for folder in [
        "board",
        "remotes",
        "runtime/mailbox",
        "runtime/journal",
        "runtime/metrics",
        "runtime/logs",
    ] {
        for (path, bytes) in world.snapshot(folder) {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(secret), "{} holds the secret", path.display());
        }
    }
}

#[test]
fn a_change_with_a_token_is_not_pushed_but_escalated_with_file_and_line() {
    let world = World::with_agents(&[("worker", careless(&token()))]);
    let number = world.ready_issue("Deploy it", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(branches(&world), "refs/heads/main", "nothing was pushed");
    assert_eq!(world.run("--json pr list --all").ok().json(), serde_json::json!([]));
    let reason = world.task_key("shop-1", "reason").unwrap();
    assert!(reason.contains("`src/deploy.sh` line 2 (GitHub token)"), "{reason}");
    assert_eq!(
        world.comments_with(number, "`src/deploy.sh` line 2 (GitHub token)"),
        2,
        "note and status"
    );
    nowhere(&world, &token());
    let line = &world.stats()[0];
    assert_eq!(
        (&line["status"], &line["blocker_code"], &line["spent"]),
        (&"partial".into(), &"invalid_result_contract".into(), &true.into())
    );
    // The work is kept where only this machine sees it.
    let kept = world.read("runtime/worktrees/shop/shop-1/src/deploy.sh");
    assert!(kept.contains(&token()));
    let saved =
        world.git(&["-C", "runtime/repos/shop.git", "show", "refs/agentos/shop-1:src/deploy.sh"]);
    assert!(saved.contains(&token()));
}

#[test]
fn a_person_gives_it_one_more_attempt_and_the_secret_is_in_no_commit_of_the_branch() {
    let world = World::with_agents(&[("worker", careless(&token()))]);
    world.ready_issue("Deploy it", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    world.run("task retry shop-1").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    assert!(world.prompt("shop-1", "2").contains("`src/deploy.sh` line 2"));
    assert_eq!(world.stats()[1]["status"], "complete");
    let pushed = world.git(&["-C", "remotes/shop.git", "log", "-p", "--all"]);
    assert!(pushed.contains("src/deploy.sh") && !pushed.contains(&token()), "{pushed}");
    nowhere(&world, &token());
}

#[test]
fn a_known_value_is_held_back_in_base64_too() {
    let world = World::with_agents(&[("worker", careless("c2VjcmV0LW9mLXRoZS1ob3VzZS0x"))])
        .env("HOUSE_TOKEN", "secret-of-the-house-1");
    world.ready_issue("Deploy it", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    let reason = world.task_key("shop-1", "reason").unwrap();
    assert!(reason.contains("line 2 (known secret)"), "{reason}");
    assert_eq!(branches(&world), "refs/heads/main");
}

#[test]
fn a_secret_that_was_on_the_base_branch_before_holds_nobody_up() {
    let world = World::new();
    world.write("shop/old.txt", &token());
    world.git(&["-C", "shop", "add", "--all"]);
    world.git(&["-C", "shop", "commit", "--quiet", "-m", "Old"]);
    world.git(&["-C", "shop", "push", "--quiet", "origin", "main"]);
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn a_broken_prompt_template_is_an_error_with_file_and_line_and_a_good_one_is_used() {
    let world = World::new();
    world.write("prompts/first_attempt.md", "Do it.\n{{ no_such_thing }}\n");
    for command in ["config check", "dispatch", "queue"] {
        let run = world.run(command).code(2);
        assert!(run.stderr.contains("prompts/first_attempt.md:2: undefined"), "{}", run.stderr);
    }
    world.write("prompts/first_attempt.md", "House rules for {{ task_id }}.\n{{ brief }}\n");
    world.run("config check").ok();
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert!(world.prompt("shop-1", "1").starts_with("House rules for shop-1.\n"));
    let manifest: serde_json::Value =
        serde_json::from_str(&world.read("runtime/runs/shop-1/1/prompt.manifest.json")).unwrap();
    assert_eq!(manifest["template"], "first_attempt.md");
    assert_eq!(manifest["overridden"][0], "first_attempt.md");
    assert_eq!(manifest["parts"][3]["name"], "README.md");
    assert_eq!(manifest["parts"][3]["cut"], false);
}
