//! A sprint that waits for a yes: by a comment, by command, by its file; and every way in which there is none.

use super::{days, idea, ideas, planned, ready, settings, settled};
use crate::support::World;
use crate::support::telegram::Telegram;

const FILE: &str = "runtime/state/approvals/shop-2026-01-05.yaml";

/// A sprint of two issues waits; issue 4 asks about it.
fn waiting() -> World {
    let world =
        World::new().repo_settings(&settings("  plan_size: 2\n  plan_approval: required\n"));
    ideas(&world, 3);
    planned(&world, "plan");
    assert_eq!(ready(&world), Vec::<u64>::new());
    world
}

fn answers(world: &World) -> Vec<String> {
    let comments = world.comments(4).into_iter();
    comments.filter_map(|text| Some(text.split_once(" -->\n")?.1.trim().to_owned())).collect()
}

#[test]
fn a_sprint_is_asked_about_once_and_waits() {
    let world = waiting();
    let issue = world.issue(4);
    insta::assert_snapshot!(format!("{}\n\n{}", issue["title"].as_str().unwrap(), issue["body"].as_str().unwrap()), @r"
    Sprint 2026-01-05

    <!-- agentos:signature sprint:shop-2026-01-05 -->
    <!-- agentos:origin plan/1 -->

    These issues of the backlog are to become Ready, in this order. Nothing happens before somebody with write access says so.

    1. #1 `Idea 1`
       3.00 points; +3.00 no priority label
    2. #2 `Idea 2`
       3.00 points; +3.00 no priority label

    Chosen by the ranking alone.

    ## Your answer

    One of these:

    - a comment `/agent approve` or `/agent cancel` here
    - `agentos plan approve shop-2026-01-05` or `agentos plan reject shop-2026-01-05`
    - `status` in `runtime/state/approvals/shop-2026-01-05.yaml`, where lines of `tasks` may be taken out as well

    Without an answer until 2026-01-08T09:00:00Z nothing of it is done.
    ");
    for line in ["plan", "plan --force", "plan --dry-run"] {
        let said = settled(&world, line);
        assert!(said.starts_with("waiting #4: sprint shop-2026-01-05 waits for a yes until 2026-01-08T09:00:00Z: `agentos plan approve"), "{said}");
    }
    let status = world.run("status").ok().stdout;
    let line = "sprint shop-2026-01-05 of acme/shop (2 issues) waits for your yes until 2026-01-08T09:00:00Z: `agentos plan approve shop-2026-01-05`";
    assert!(status.contains(line), "{status}");
    assert_eq!(
        world.run("--json status").ok().json()["sprints"][0]["tasks"],
        serde_json::json!([1, 2])
    );
    for issue in ["1", "4"] {
        assert!(
            world.reason(issue).contains("`agentos plan approve shop-2026-01-05`"),
            "{}",
            world.reason(issue)
        );
    }
    assert!(world.reason("3").ends_with("the next sprint may take it"));
}

#[test]
fn a_comment_lets_it_begin() {
    let world = waiting();
    world.run_words(&["issue", "comment", "4", "Fine.\n\n/agent approve"]).ok();
    insta::assert_snapshot!(planned(&world, "plan"), @r"
    promoted #1: 3.00 points; +3.00 no priority label
    promoted #2: 3.00 points; +3.00 no priority label
    ");
    assert_eq!(ready(&world), [1, 2]);
    assert_eq!(world.shown(4), "bot-generated; Backlog; closed");
    insta::assert_snapshot!(answers(&world).join("\n"), @r"
    **agentos** · `shop-2026-01-05`, to `/agent approve` of ann: this sprint is approved
    **agentos** · `shop-2026-01-05`: approved by ann; Ready now: #1, #2.
    ");
    assert!(settled(&world, "plan").contains("due at"));
}

#[test]
fn a_command_lets_it_begin_at_once() {
    let world = waiting();
    let run = world.run("plan approve shop-2026-01-05").ok();
    assert!(run.stdout.starts_with("plan: 2 promoted"), "{}", run.stdout);
    assert_eq!(ready(&world), [1, 2]);
    assert!(
        answers(&world)[0].contains("approved by ann; Ready now: #1, #2"),
        "{:?}",
        answers(&world)
    );
    world.run("plan approve shop-2026-01-05").ok();
    let run = world.run("plan reject shop-2026-01-05").code(2);
    assert!(run.stderr.contains("is approved already"), "{}", run.stderr);
}

#[test]
fn its_file_lets_it_begin_and_may_be_shortened() {
    let world = waiting();
    world.edit(FILE, |text| {
        let (head, tail) = text.split_once("  - issue: 2").unwrap();
        let tail =
            &tail[tail.find("\nscore").or(tail.find("\nissue")).map_or(tail.len(), |at| at + 1)..];
        format!("{head}{tail}").replace("status: waiting", "status: approved")
    });
    planned(&world, "plan");
    assert_eq!(ready(&world), [1]);
    assert!(
        answers(&world)[0].contains("approved by a person, in its file"),
        "{:?}",
        answers(&world)
    );
}

#[test]
fn a_no_is_a_no_for_a_whole_pace_and_weighs_for_a_while() {
    for how in ["comment", "command", "file", "issue"] {
        let mut world = waiting();
        match how {
            "comment" => drop(world.run_words(&["issue", "comment", "4", "/agent cancel"]).ok()),
            "command" => drop(world.run("plan reject shop-2026-01-05").ok()),
            "file" => world.replace(FILE, "status: waiting", "status: rejected"),
            _ => drop(world.run("issue close 4").ok()),
        }
        world.run("plan").ok();
        assert_eq!(world.shown(4), "bot-generated; Backlog; closed", "{how}");
        assert!(answers(&world).join("\n").contains("rejected by"), "{how}: {:?}", answers(&world));
        assert!(settled(&world, "plan").contains("due at"), "{how}");
        assert_eq!(ready(&world), Vec::<u64>::new(), "{how}");
        world.advance(days(7));
        world.run("plan").ok();
        let next = world.read("runtime/state/approvals/shop-2026-01-12.yaml");
        let first = next.find("issue: 3").unwrap();
        assert!(first < next.find("issue: 1").unwrap(), "{how}: {next}");
        assert!(next.contains("not wanted lately"), "{how}: {next}");
    }
}

#[test]
fn without_an_answer_nothing_is_done() {
    let mut world = waiting();
    world.advance(days(3));
    let run = world.run("plan approve shop-2026-01-05").code(2);
    assert!(run.stderr.contains("is left now"), "{}", run.stderr);
    insta::assert_snapshot!(planned(&world, "plan"), @"expired #4: nobody answered until 2026-01-08T09:00:00Z");
    // Too late.
    world.run_words(&["issue", "comment", "4", "/agent approve"]).ok();
    assert!(settled(&world, "plan").contains("due at"));
    assert_eq!(ready(&world), Vec::<u64>::new());
    assert_eq!(world.shown(4), "bot-generated; Backlog; closed");
}

#[test]
fn a_file_that_is_nonsense_stops_this_repository_and_says_where() {
    let world = waiting();
    for text in ["status: aproved", "status: [yes]", "nonsense"] {
        world.edit(FILE, |old| {
            let mut lines: Vec<&str> = old.lines().collect();
            let at = lines
                .iter()
                .position(|line| line.starts_with("status") || *line == "nonsense")
                .unwrap();
            lines[at] = text;
            lines.join("\n") + "\n"
        });
        let before = world.snapshot("board");
        let run = world.run("plan --force").code(1);
        assert!(
            run.stderr.contains(FILE) && run.stderr.contains("hint: mend the file"),
            "{}",
            run.stderr
        );
        assert_eq!(world.snapshot("board"), before, "{text}");
        assert!(world.read(FILE).contains(text));
    }
    std::fs::remove_file(world.path(FILE)).unwrap();
    assert!(planned(&world, "plan").contains("due at"));
}

#[test]
fn what_changed_while_it_waited_is_looked_at_anew() {
    let world = waiting();
    world.run("issue close 1").ok();
    world.run("plan approve shop-2026-01-05").ok();
    assert_eq!(ready(&world), [2]);
    assert!(
        answers(&world)[0].contains("left out: #1: it is not open any more"),
        "{:?}",
        answers(&world)
    );

    let world = waiting();
    world.replace("board/shop/issues/2.md", "labels: []", "labels: [hold]");
    world.run("issue close 1").ok();
    world.run("plan approve shop-2026-01-05").ok();
    assert_eq!(ready(&world), Vec::<u64>::new());
    assert!(
        answers(&world)[0].contains("none of its issues may be chosen any more"),
        "{:?}",
        answers(&world)
    );
}

#[test]
fn other_words_are_answered_once_and_decide_nothing() {
    let world = waiting();
    for text in ["/agent status", "/agent retry", "> /agent approve", "I approve."] {
        world.run_words(&["issue", "comment", "4", text]).ok();
    }
    planned(&world, "plan");
    assert!(settled(&world, "plan").starts_with("waiting"));
    insta::assert_snapshot!(answers(&world).join("\n"), @r"
    **agentos** · `shop-2026-01-05`, to `/agent status` of ann: sprint shop-2026-01-05 waits for a yes until 2026-01-08T09:00:00Z: `agentos plan approve shop-2026-01-05`
    **agentos** · `shop-2026-01-05`, to `/agent retry` of ann: to a sprint one says `/agent approve` or `/agent cancel`
    ");
}

#[test]
fn a_repository_that_becomes_dormant_ends_what_waits() {
    let world = waiting();
    let world = world.repo_settings(
        "  ci_command: sh test.sh\n  sprint_cadence_days: 0\n  plan_approval: required\n",
    );
    world.run("plan").ok();
    assert!(world.read(FILE).contains("status: expired"));
    assert_eq!(world.shown(4), "bot-generated; Backlog; closed");
}

#[test]
fn the_operators_chat_is_told_once() {
    let telegram = Telegram::start();
    let world = World::new()
        .repo_settings(&settings("  plan_size: 2\n  plan_approval: required\n"))
        .telling(&telegram);
    idea(&world, "Idea 1", "", "");
    for _ in 0..2 {
        world.run("plan").ok();
    }
    insta::assert_snapshot!(telegram.take().join("\n---\n"), @r"
    <b>sprint shop-2026-01-05 of 1 issue waits for your yes until 2026-01-08T09:00:00Z</b>: <code>acme/shop#2</code>
    <code>agentos plan approve shop-2026-01-05</code> or <code>agentos plan reject shop-2026-01-05</code>.
    ");
}
