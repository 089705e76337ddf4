//! `groom` by the real binary: what is filed and closed, what is only named, what a model may change of it, and that doing it twice is doing
//! it once.

mod crash;
mod github;
mod models;
mod quiet;

use jiff::SignedDuration;
use serde_json::Value;

use crate::support::strings;
use crate::support::{Script, World};

/// A known issue of a person's without a ticket.
const UMLAUTS: &str = "The search forgets umlauts after a reload";

/// `CODEBASE.md` on the base branch lists these as known to be broken.
fn with_known_issues(world: World, lines: &[&str]) -> World {
    let world = world.with_sprints();
    let items: Vec<String> = lines.iter().map(|line| format!("- {line}\n")).collect();
    let text = format!("# Shop\n\n## Known Issues / Gotchas\n\n{}", items.concat());
    world.push_by_hand("main", "CODEBASE.md", &text);
    world
}

fn world() -> World {
    with_known_issues(World::new(), &[UMLAUTS])
}

/// Action and reason of every item.
fn told(report: &Value) -> Vec<String> {
    let items = report["items"].as_array().unwrap();
    let line = |item: &Value| {
        let issue = item["issue"].as_u64().map(|n| format!(" #{n}")).unwrap_or_default();
        format!("{}{issue}: {}", item["action"].as_str().unwrap(), item["reason"].as_str().unwrap())
    };
    items.iter().map(line).collect()
}

#[track_caller]
fn groomed(world: &World) -> Vec<String> {
    told(&world.run("--json groom --force").ok().json())
}

/// Numbers and titles of the open issues.
fn open(world: &World) -> Vec<String> {
    let issues = world.run("--json issue list").ok().json();
    let line = |issue: &Value| format!("{} {}", issue["number"], issue["title"].as_str().unwrap());
    issues.as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_known_issue_without_a_ticket_is_filed_once_with_its_evidence() {
    let world = world();
    let report = world.run("--json groom").ok().json();
    insta::assert_snapshot!(told(&report).join("\n"), @r"
    filed #1: The search forgets umlauts after a reload (`CODEBASE.md`, Known Issues)
    groomed: backlog 0 of 10
    ");
    let issue = world.issue(1);
    assert_eq!(strings(&issue["labels"]), ["bot-generated", "prio:low", "task:debugging"]);
    assert_eq!(issue["status"], "Backlog");
    insta::assert_snapshot!(format!("{}\n\n{}", issue["title"].as_str().unwrap(), issue["body"].as_str().unwrap()), @r"
    The search forgets umlauts after a reload

    <!-- agentos:signature groom:acme/shop:c1af8cc511fb -->
    <!-- agentos:origin groom/1 -->
    ## Goal

    What `CODEBASE.md` lists as broken, named below under Evidence, works; or it is written down there why it has to stay.

    ## Success Criteria

    - The cause is named in the pull request, and a test fails without the change and passes with it, where a test can show it.
    - The line is gone from Known Issues, or says why it has to stay.

    ## Constraints

    - Keep the change as small as the evidence asks for.
    - Do not weaken, skip or delete tests.

    ## Evidence

    - `CODEBASE.md`, Known Issues: `The search forgets umlauts after a reload`

    ## Reasoning

    It is known to be broken, and no issue says so.
    ");

    let before = world.snapshot("");
    assert_eq!(groomed(&world), ["groomed: backlog 1 of 10, nothing to say"]);
    assert_eq!(world.snapshot(""), before, "a second run writes nothing");
    assert!(world.run("why 1").ok().stdout.contains("made by `groom`, generation 1"));
}

#[test]
fn what_a_person_closed_stays_closed() {
    let world = world();
    world.run("groom").ok();
    world.run("issue close 1").ok();
    assert_eq!(groomed(&world), ["groomed: backlog 0 of 10, nothing to say"]);
}

#[test]
fn an_issue_of_a_person_that_says_the_same_is_enough() {
    let world = world();
    world.run_words(&["issue", "create", "Search forgets umlauts after reload"]).ok();
    let said = groomed(&world);
    assert!(said[0].starts_with("duplicate #1: The search forgets umlauts"), "{said:?}");
    assert_eq!(open(&world).len(), 1);
}

#[test]
fn each_repository_is_groomed_at_its_own_pace() {
    let mut world = world();
    world.run("groom").ok();
    insta::assert_snapshot!(told(&world.run("--json groom").ok().json()).join("\n"), @r"
    waiting: not before 2026-01-08T21:00:00Z (`groomer_cadence_days` is 3.5); `--force` grooms now
    ");
    let jobs = |world: &World| -> Vec<String> {
        let reports = world.run("--json tick").ok().json();
        let names = reports.as_array().unwrap().iter().map(|r| r["job"].as_str().unwrap());
        // Whether there is something to plan is another story.
        names.filter(|job| *job != "plan").map(ToOwned::to_owned).collect()
    };
    assert_eq!(jobs(&world), ["dispatch", "queue", "pr-monitor"]);
    world.advance(SignedDuration::from_hours(84));
    assert_eq!(jobs(&world), ["dispatch", "queue", "pr-monitor", "groom"]);
    assert_eq!(jobs(&world), ["dispatch", "queue", "pr-monitor"]);
    let mut world = world.repo_settings("  groomer_cadence_days: 0.01\n");
    world.advance(SignedDuration::from_mins(15));
    assert_eq!(jobs(&world), ["dispatch", "queue", "pr-monitor", "groom"]);
}

#[test]
fn a_dry_run_says_everything_and_changes_nothing() {
    let world = world();
    let fresh = world.snapshot("");
    world.run("groom --force --dry-run").ok();
    assert_eq!(world.snapshot(""), fresh, "no mirror is made");
    // The mirror as it is: a dry run fetches nothing.
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world.run("queue").ok();
    let before = world.snapshot("");
    let said = told(&world.run("--json groom --force --dry-run").ok().json());
    insta::assert_snapshot!(said.join("\n"), @r"
    would_file: The search forgets umlauts after a reload (`CODEBASE.md`, Known Issues)
    groomed: backlog 0 of 10
    ");
    assert_eq!(world.snapshot(""), before);
    assert!(!world.path("runtime/state/cadence.json").exists());
}

#[test]
fn without_evidence_nothing_is_said_and_nothing_but_the_time_is_written() {
    let world = World::new().with_sprints();
    world.run("dispatch").ok();
    let before = world.snapshot("board");
    assert_eq!(
        told(&world.run("--json groom").ok().json()),
        ["groomed: backlog 0 of 10, nothing to say"]
    );
    assert_eq!(world.snapshot("board"), before);
    assert!(world.read("runtime/state/cadence.json").contains("groom"));
    assert!(!world.path("runtime/metrics/questions.jsonl").exists());
}

#[test]
fn a_cadence_that_cannot_be_read_makes_nothing_due() {
    let world = world();
    world.write("runtime/state/cadence.json", "{ nonsense");
    let run = world.run("groom").code(1);
    assert!(run.stderr.contains("cadence.json"), "{}", run.stderr);
    assert!(open(&world).is_empty());
}

/// An agent that works and names a risk.
fn careful() -> Script {
    Script::new().line("echo \"$AGENTOS_TASK_ID\" > \"work-$AGENTOS_TASK_ID.txt\"").line(
        "cat > .agent_result.md <<'RESULT'\nSTATUS: complete\nBLOCKER_CODE: none\nSUMMARY: Did it.\nDONE:\n- it\nNEXT_STEP: none\nTESTS_RUN:\n- sh test.sh\nRISKS:\n- Large carts may time out at checkout\n- none known\nRESULT",
    )
}

/// Everything until the work on an issue is merged.
fn merged(body: &str) -> World {
    let world = World::with_agents(&[("worker", careful())]).with_sprints();
    world.run_words(&["issue", "create", "Add a cart", "--body", body, "--ready"]).ok();
    for job in ["dispatch", "queue", "pr-monitor"] {
        world.run(job).ok();
    }
    assert_eq!(world.merged().len(), 2);
    world
}

#[test]
fn a_risk_that_merged_work_named_is_followed_up() {
    let mut world = merged("");
    insta::assert_snapshot!(groomed(&world).join("\n"), @r"
    filed #3: Large carts may time out at checkout (task shop-1: `runtime/runs/shop-1/1/result.md`, RISKS)
    groomed: backlog 0 of 10
    ");
    let place = "runtime/runs/shop-1/1/result.md";
    let body = world.issue(3)["body"].as_str().unwrap().to_owned();
    assert!(body.contains(place) && world.path(place).exists(), "{body}");
    assert_eq!(groomed(&world), ["groomed: backlog 1 of 10, nothing to say"]);
    world.run("issue close 3").ok();
    world.advance(SignedDuration::from_hours(29 * 24));
    assert_eq!(groomed(&world), ["groomed: backlog 0 of 10, nothing to say"]);
}

#[test]
fn nothing_follows_from_work_of_our_own_without_a_person() {
    let world = merged("<!-- agentos:signature x --><!-- agentos:origin groom/1 -->");
    let said = groomed(&world);
    assert!(
        said[0].starts_with(
            "left: Large carts may time out at checkout: it comes from work of our own"
        ),
        "{said:?}"
    );
    assert!(open(&world).is_empty());
}

#[test]
fn the_backlog_is_filled_up_to_twice_the_size_of_a_sprint() {
    let lines = [
        "Login fails on Safari",
        "Cart loses coupons silently",
        "Emails arrive without subject",
        "Export drops the last row",
    ];
    let world = with_known_issues(World::new(), &lines).setting("plan_size: 1");
    world.run_words(&["issue", "create", "Rotate the images"]).ok();
    assert_eq!(groomed(&world)[0], "filed #2: Login fails on Safari (`CODEBASE.md`, Known Issues)");
    assert_eq!(
        groomed(&world),
        ["groomed: 3 found, none filed: the backlog is deep enough: 2 of 2"]
    );
    world.run("issue ready 1").ok();
    assert_eq!(
        groomed(&world)[0],
        "filed #3: Cart loses coupons silently (`CODEBASE.md`, Known Issues)"
    );
}

#[test]
fn where_people_drive_by_hand_or_the_pace_is_zero_nothing_is_done() {
    for (settings, reason) in [
        ("  groomer_cadence_days: 0\n", "dormant: `groomer_cadence_days` is 0"),
        ("  sprint_cadence_days: 0\n", "dormant: `groomer_cadence_days` is 0"),
        ("  automation_mode: dispatcher_only\n", "`automation_mode` is `dispatcher_only`"),
    ] {
        let world = world().repo_settings(settings);
        assert_eq!(groomed(&world), [format!("skipped: {reason}")]);
        assert!(!world.path("runtime/repos/shop.git").exists() && open(&world).is_empty());
    }
}
