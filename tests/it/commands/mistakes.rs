//! What people type that looks like something else, what is not there, and data that does not get out.

use std::fs::OpenOptions;

use super::{json, with_pull};
use crate::support::World;

#[test]
fn a_text_may_begin_with_a_hyphen() {
    let world = World::new();
    for words in [
        &["issue", "create", "- [ ] task", "--ready"][..],
        &["issue", "create", "T", "--body", "- item\n- item"],
        &["issue", "create", "--title", "- T", "--body", "---\nx\n---", "--ready"],
        &["issue", "comment", "1", "- yes"],
        &["issue", "comment", "1", "--body", "- no", "--repo", "shop"],
    ] {
        world.run_words(words).ok();
    }
    let first = world.issue(1);
    assert_eq!(
        (first["title"].as_str(), first["status"].as_str()),
        (Some("- [ ] task"), Some("Ready"))
    );
    let said = first["comments"].as_array().unwrap();
    let said: Vec<&str> =
        said.iter().map(|comment| comment["body"].as_str().unwrap().trim()).collect();
    assert_eq!(said, ["- yes", "- no"]);
    assert_eq!(world.issue(2)["body"].as_str().unwrap().trim(), "- item\n- item");
    assert_eq!(world.issue(3)["status"], "Ready");
    let run = world.run_words(&["issue", "create", "--redy"]).code(2);
    assert!(run.stderr.contains("--redy"), "{}", run.stderr);
}

#[test]
fn an_issue_needs_a_title_and_a_file_that_is_there() {
    let world = World::new();
    for words in [
        &["issue", "create", ""][..],
        &["issue", "create", "--title", "  "],
        &["issue", "create", "T", "--body-file", "/nonexist"],
        &["issue", "create", "T", "--body-file", "."],
    ] {
        let run = world.run_words(words).code(2);
        assert!(run.stderr.starts_with("error: "), "{words:?}: {}", run.stderr);
    }
    assert_eq!(json(&world, "issue list"), serde_json::json!([]));
}

#[test]
fn an_issue_that_cannot_be_read_is_an_error_of_the_list() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.write("board/shop/issues/2.md", "---\ntitle: [x\n---\n");
    for line in ["issue list", "issue list --all"] {
        let run = world.run(line).code(1);
        assert!(run.stdout.contains("Add a cart") && run.stderr.contains("2.md"), "{run:?}");
        let run = world.run(&format!("--json {line}")).code(1);
        assert_eq!(run.json()[0]["title"], "Add a cart", "{run:?}");
    }
}

#[test]
fn an_issue_that_there_is_not_is_not_adopted() {
    let world = World::new();
    let run = world.run("adopt 7").code(1);
    assert!(run.stderr.contains('7') && run.stdout.is_empty(), "{run:?}");
    world.ready_issue("Add a cart", "");
    world.run("adopt 1").ok();
}

#[test]
fn a_task_is_under_way_by_its_folder_whatever_its_file_says() {
    let world = with_pull("auto");
    world.run("pr-monitor").ok();
    assert!(world.run("status").ok().stdout.contains("No task is under way."));
    world.mv("shop-1", "done", "inbox");
    let status = world.run("status").ok().stdout;
    assert!(status.contains("shop-1") && status.contains("0 ended"), "{status}");
}

#[test]
fn data_that_does_not_get_out_is_an_error_and_a_reader_that_has_gone_is_none() {
    let world = World::new();
    for words in [
        &["status"][..],
        &["--json", "status"],
        &["--json", "dispatch"],
        &["dispatch"],
        &["completions", "bash"],
        &["--help"],
    ] {
        // Only Linux has it.
        if let Ok(full) = OpenOptions::new().write(true).open("/dev/full") {
            let output = world.command(words).stdout(full).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(75), "{words:?}: {said}");
            assert!(said.contains("standard output cannot be written"), "{words:?}: {said}");
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = world.command(words).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
    }
}
