//! A conversation is known from the receipts of a task; where these were put away, the next run begins a fresh one. The program is a
//! script here, so that this is tried everywhere.
#![expect(clippy::disallowed_methods, reason = "a person moves the folder")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::World;

/// Leaves no result at first, a right one when it is told again, and says whether it goes on.
const PROGRAM: &str = r#"#!/bin/sh
[ "$1" = --version ] && echo '2.1.329 (Claude Code)' && exit
cat > /dev/null
case "$*" in *"--resume s-1"*) how=resumed ;; *) how=fresh ;; esac
printf '{"type":"system","subtype":"init","session_id":"s-1","model":"m"}\n'
printf '{"type":"result","is_error":false,"session_id":"s-1","result":"%s"}\n' "$how"
if [ -e how.txt ]; then
    printf 'STATUS: complete\nBLOCKER_CODE: none\nSUMMARY: Done.\nTESTS_RUN:\n- sh test.sh: passed\n' > .agent_result.md
else
    echo 'The work is finished.' > .agent_result.md
fi
echo "$how" >> how.txt
"#;

fn world() -> World {
    let world = World::with_agents(&[]);
    world.write("bin/claude", PROGRAM);
    fs::set_permissions(world.path("bin/claude"), fs::Permissions::from_mode(0o755)).unwrap();
    world.write(
        "config.yaml",
        "merge_policy: manual\nagent_fallbacks: {implementation: [claude]}\nrepos:\n- repo: acme/shop\n  host: local\n  path: shop\n  ci_command: sh test.sh\n",
    );
    let path = format!("{}:{}", world.path("bin").display(), std::env::var("PATH").unwrap());
    let world = world.env("PATH", &path).env("ANTHROPIC_API_KEY", "sk-mock-0123456789");
    world.ready_issue("Greet", "");
    world.run("dispatch").ok();
    world.run("queue --once").ok();
    assert_eq!(world.folder_of("shop-1"), "inbox", "{}", world.task_text("shop-1"));
    world
}

fn said_last(world: &World) -> String {
    world.run("queue --once").ok();
    assert_eq!(world.folder_of("shop-1"), "done", "{}", world.task_text("shop-1"));
    assert_eq!(world.receipt("shop-1", "2")["failure"], Value::Null);
    let log = world.read("runtime/runs/shop-1/2/agent.stdout.log");
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    last["result"].as_str().unwrap().to_owned()
}

#[test]
fn a_second_chance_goes_on_with_the_conversation_that_the_receipt_names() {
    assert_eq!(said_last(&world()), "resumed");
}

#[test]
fn where_the_receipts_were_put_away_a_fresh_conversation_is_begun() {
    let world = world();
    fs::rename(world.path("runtime/runs/shop-1"), world.path("put-away")).unwrap();
    assert_eq!(said_last(&world), "fresh");
}

#[test]
fn a_receipt_that_cannot_be_read_names_no_conversation() {
    let world = world();
    world.write("runtime/runs/shop-1/1/receipt.json", "{");
    assert_eq!(said_last(&world), "fresh");
}
