//! A hostile agent, a shell script, under every confinement that this machine has, through the real binary: each thing that it tries and
//! must not get is a test of its own. Where a kernel has no Landlock and no `bwrap` is installed a test says so and passes.
#![expect(clippy::print_stdout, reason = "what is skipped is said")]

mod builds;
mod git;
mod leftovers;
mod reads;
mod writes;

use std::fs;

use agentos::sys::sandbox;

use crate::support::{Script, World};

/// What is planted where no agent may look.
const SECRET: &str = "planted-secret-7b1f93";

/// The confinements that can be enforced here; prints what is left out and why.
fn modes() -> Vec<&'static str> {
    let path = std::env::var("PATH").unwrap();
    let wanted = [("landlock", sandbox::Mode::Landlock), ("bwrap", sandbox::Mode::Bwrap)];
    let can = |(name, mode): (&'static str, sandbox::Mode)| match sandbox::enforceable(mode, &path)
    {
        Ok(()) => Some(name),
        Err(reason) => {
            println!("skipped under {name}: {reason}");
            None
        }
    };
    wanted.into_iter().filter_map(can).collect()
}

/// A world in which the agent has run `line` under this confinement, said what came of it on standard output, and done its work.
/// `$ROOT` is the root of the installation, `$OPERATOR` the operator's home. Secrets are planted first.
fn after(mode: &str, line: &str) -> World {
    let agent = Script::new()
        .line("ROOT=$(dirname \"$OPERATOR\")")
        .line(&format!(
            "if ( {line} ) 2>&1; then echo ATTEMPT-WORKED; else echo ATTEMPT-FAILED; fi"
        ))
        .line("echo work > work.txt")
        .reports("complete", "none", "Did it.");
    let world = World::with_agents(&[("worker", agent)])
        .setting(&format!("sandbox: {mode}"))
        .setting("telegram_bot_token: 123456:planted-secret-7b1f93-of-the-config")
        .env("GITHUB_TOKEN", "ghp_planted-secret-7b1f93-of-the-env")
        .env("SSH_AUTH_SOCK", "/nowhere/planted-secret-7b1f93");
    for file in [
        "home/.ssh/id_ed25519",
        "home/.config/gh/hosts.yml",
        "home/.bashrc",
        "home/notes.txt",
        "token",
        "secrets.json",
        "runtime/worktrees/shop/shop-9/theirs.txt",
        "runtime/agents/other/.codex/auth.json",
    ] {
        let text = match file {
            "secrets.json" => format!("{{\"openRouterApiKey\": \"{SECRET}\"}}\n"),
            _ => format!("{SECRET}\n"),
        };
        world.write(file, &text);
    }
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done", "{mode}: {}", said(&world));
    world
}

/// What the agent wrote to both streams.
fn said(world: &World) -> String {
    let read = |name: &str| {
        let path = world.path(&format!("runtime/runs/shop-1/1/agent.{name}.log"));
        fs::read_to_string(path).unwrap_or_default()
    };
    format!("{}{}", read("stdout"), read("stderr"))
}

/// The tier of a control in the receipt of the run.
fn tier(world: &World, control: &str) -> String {
    let receipt = world.receipt("shop-1", "1");
    let controls = receipt["confinement"].as_array().unwrap().clone();
    let row = controls.iter().find(|row| row["control"] == control).unwrap().clone();
    row["tier"].as_str().unwrap().to_owned()
}

#[test]
fn the_receipt_says_how_far_each_control_reached() {
    for mode in modes() {
        let world = after(mode, "true");
        assert_eq!(tier(&world, "files"), "enforced", "{mode}");
        assert_eq!(tier(&world, "environment"), "enforced", "{mode}");
        assert_eq!(tier(&world, "private git"), "enforced", "{mode}");
        assert_ne!(tier(&world, "processes"), "unsupported", "{mode}");
        assert_eq!(tier(&world, "network"), "unsupported", "{mode}: nobody asked for it");
    }
}

#[test]
fn off_is_said_to_be_off() {
    let world = after("off", "cat \"$ROOT/token\"");
    assert!(
        said(&world).contains(SECRET),
        "the attempt that is denied elsewhere works: {}",
        said(&world)
    );
    assert_eq!(tier(&world, "files"), "unsupported");
}

#[test]
fn what_the_operator_lists_can_be_used_and_the_rest_beside_it_cannot() {
    for mode in modes() {
        let agent = Script::new()
            .line("ROOT=$(dirname \"$OPERATOR\"); cat \"$ROOT/data/in.txt\" && echo y > \"$ROOT/out/y.txt\"; cat \"$ROOT/token\"")
            .line("echo x > x.txt")
            .reports("complete", "none", "Did it.");
        let world = World::with_agents(&[("worker", agent)])
            .setting(&format!("sandbox: {mode}\nsandbox_read: [data]\nsandbox_write: [out]"));
        world.write("data/in.txt", "given\n");
        world.write("out/.keep", "");
        world.write("token", SECRET);
        world.ready_issue("Add a cart", "");
        world.run("dispatch").ok();
        world.run("queue").ok();
        assert!(said(&world).contains("given"), "{mode}: {}", said(&world));
        assert_eq!(world.read("out/y.txt"), "y\n", "{mode}");
        assert!(!said(&world).contains(SECRET), "{mode}");
    }
}

#[test]
fn a_confinement_that_cannot_be_had_is_refused_with_2() {
    let world = World::new().setting("sandbox: bwrap").env("PATH", "/nowhere");
    let run = world.run("status").code(2);
    assert!(run.stderr.contains("`sandbox: bwrap` cannot be enforced here"), "{}", run.stderr);
    assert!(run.stderr.contains("sandbox: auto"), "{}", run.stderr);
}

#[test]
fn the_home_of_an_agent_is_its_own_with_the_login_alone() {
    for mode in modes() {
        let world = after(
            mode,
            "echo \"home is $HOME, files go to $TMPDIR\"; touch ~/kept \"$TMPDIR/gone\"",
        );
        let said = said(&world);
        let home = world.path("runtime/agents/worker");
        assert!(said.contains(&format!("home is {}", home.display())), "{mode}: {said}");
        assert!(home.join("kept").exists() && said.contains("ATTEMPT-WORKED"), "{mode}: {said}");
        assert!(!world.path("runtime/runs/shop-1/1/tmp").exists(), "{mode}");
    }
}
