//! `agentos report` by the real binary: as a table, as JSON, as a page that loads nothing and believes nobody.

mod records;

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::schemas::assert_fits;
use crate::support::World;
use records::{HOSTILE, quarter};

fn report(world: &World, options: &str) -> Value {
    world.run(&format!("--json report {options}")).ok().json()
}

#[test]
fn a_played_loop_is_told_in_numbers_and_words() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    drop(world.run("tick").ok());
    let report = report(&world, "");
    assert_fits("reliability-report", &report);
    let totals = &report["totals"];
    assert_eq!(
        (&totals["runs"], &totals["complete"], &totals["merged"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(totals["cost"]["usd"], Value::Null, "nobody said what it cost: {totals}");
    assert_eq!(report["lead_time"]["merges"], 1);
    assert_eq!(report["backlog"]["live"], 0);
    let missing = report["missing"].to_string();
    assert!(missing.contains("it has no objective file"), "{missing}");
    assert!(missing.contains("cost: of 1 of 1 runs"), "{missing}");
    let text = world.run("report").ok().stdout;
    assert!(text.contains("100 % (21–100 %): 1 of 1 run complete"), "{text}");
    assert!(text.contains("1 pull request; 1 opened, 0 still open"), "{text}");
}

#[test]
fn where_nothing_has_happened_the_report_says_so() {
    let world = World::new();
    let report = report(&world, "");
    assert_fits("reliability-report", &report);
    assert_eq!(report["totals"]["success"], Value::Null);
    assert!(report["missing"].to_string().contains("nothing is recorded yet"));
    let text = world.run("report").ok().stdout;
    assert!(!text.contains("0 %"), "{text}");
    world.run("report --html page.html").ok();
    assert!(world.read("page.html").contains("Nothing is recorded yet."));
}

#[test]
fn a_quarter_of_records_fits_the_schema_and_adds_up() {
    let world = quarter();
    let report = report(&world, "");
    assert_fits("reliability-report", &report);
    let sum = |key: &str| -> u64 {
        report["weeks"].as_array().unwrap().iter().map(|week| week[key].as_u64().unwrap()).sum()
    };
    for key in ["runs", "samples", "complete", "opened", "merged", "still_open"] {
        assert_eq!(report["totals"][key], sum(key), "{key}");
    }
    let by = |list: &str| -> u64 {
        report[list].as_array().unwrap().iter().map(|row| row["runs"].as_u64().unwrap()).sum()
    };
    for list in ["agents", "task_types", "agents_by_task_type"] {
        assert_eq!(report["totals"]["runs"], by(list), "{list}");
    }
    let lead = &report["lead_time"];
    let mean: f64 = lead["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["mean_seconds"].as_f64().unwrap())
        .sum();
    let whole = lead["whole"]["mean_seconds"].as_f64().unwrap();
    assert!((mean - whole).abs() < 1.0, "{mean} is not {whole}");
    assert_eq!(lead["merges"], report["totals"]["merged"]);
    let states: Vec<&str> = report["escalations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["escalated", "blocked"]);
    assert_eq!(
        report["objectives"][0]["trend"].as_array().unwrap().len(),
        report["weeks"].as_array().unwrap().len()
    );
}

#[test]
fn fewer_days_and_one_repository_can_be_asked_for() {
    let world = quarter();
    let week = report(&world, "--days 7 --repo shop");
    let all = report(&world, "");
    assert!(week["totals"]["runs"].as_u64() < all["totals"]["runs"].as_u64());
    assert!(week["weeks"].as_array().unwrap().len() <= 2);
    let unknown = world.run("report --repo acme/nothing").code(2);
    assert!(unknown.stderr.contains("there is no repository `acme/nothing`"), "{}", unknown.stderr);
    for days in ["0", "3661", "many"] {
        world.run(&format!("report --days {days}")).code(2);
    }
}

#[test]
fn the_page_holds_what_others_wrote_as_text_alone() {
    let world = quarter();
    let said = world.run("report --html out/report.html").code(1);
    assert!(said.stderr.contains("out"), "a folder that is not there is named: {}", said.stderr);
    assert_eq!(world.run("report --html report.html").ok().stdout, "report.html\n");
    let page = world.read("report.html");
    assert!(
        page.contains("Pay &quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;img src=x")
    );
    assert!(!page.contains(HOSTILE));
    for forbidden in [
        "<script",
        "<img",
        "<link",
        "<iframe",
        "http://",
        "https://",
        "url(",
        " style=",
        "@import",
        "javascript:",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
    assert_eq!(page.matches("<svg role=\"img\"").count(), page.matches("</desc>").count());
    assert!(page.matches("<svg role=\"img\"").count() >= 9, "a chart is missing");
    // No placeholder of a colour is left, and ids are told apart.
    assert!(!page.contains("=\"#"), "a colour has no variable");
    let mut ids: Vec<&str> =
        page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

/// What `bin/check report` opens in a browser.
#[test]
fn pages_are_left_for_the_browser_where_it_asks_for_them() {
    let Some(folder) = std::env::var_os("AGENTOS_REPORT_PAGES") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, world) in [("quarter.html", quarter()), ("empty.html", World::new())] {
        world.run("report --html page.html").ok();
        std::fs::write(folder.join(name), world.read("page.html")).unwrap();
    }
}

#[test]
fn the_same_world_gives_the_same_page_and_changes_nothing_else() {
    let world = quarter();
    world.run("report --html a.html").ok();
    let before = world.everything();
    world.run("report --html b.html").ok();
    assert_eq!(world.read("a.html"), world.read("b.html"));
    let after = world.everything();
    let new: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
}

#[test]
fn a_file_that_is_no_page_is_not_replaced_and_a_new_one_is_private() {
    let world = World::new();
    let config = world.read("config.yaml");
    let refused = world.run("report --html config.yaml").code(2);
    assert!(refused.stderr.contains("is no HTML page"), "{}", refused.stderr);
    assert_eq!(world.read("config.yaml"), config);
    world.run("report --html page.html").ok();
    let mode = || world.path("page.html").metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    // Whoever publishes it has said so by its mode once.
    std::fs::set_permissions(world.path("page.html"), std::fs::Permissions::from_mode(0o644))
        .unwrap();
    world.run("report --html page.html").ok();
    assert_eq!(mode(), 0o644);
    world.run("report --html shop").code(1);
}

#[test]
fn what_cannot_be_read_is_told_as_missing_and_the_rest_is_there() {
    let world = quarter();
    std::fs::remove_dir_all(world.path("board/shop/issues")).unwrap();
    world.write("board/shop/issues", "in the way");
    world.write("objectives/shop.yaml", "metrics: 5\n");
    let torn = world.read("runtime/metrics/agent_stats.jsonl") + "{\"timestamp\":\n";
    world.write("runtime/metrics/agent_stats.jsonl", &torn);
    let report = world.run("--json report").code(1).json();
    assert_fits("reliability-report", &report);
    assert_eq!((&report["backlog"], &report["weeks"][3]["backlog"]), (&Value::Null, &Value::Null));
    let missing = report["missing"].to_string();
    for word in ["issues of acme/shop", "objective of acme/shop", "1 line of records"] {
        assert!(missing.contains(word), "{word} in {missing}");
    }
    assert!(report["totals"]["merged"].as_u64().unwrap() > 10);
}

#[test]
fn secrets_in_what_others_wrote_do_not_get_into_the_report() {
    let token = concat!("ghp_", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
    let world = quarter();
    let text = world.read("runtime/mailbox/blocked/shop-902.md").replace("dollars", token);
    world.write("runtime/mailbox/blocked/shop-902.md", &text);
    world.run("report --html page.html").ok();
    for said in [
        world.run("report").ok().stdout,
        world.run("--json report").ok().stdout,
        world.read("page.html"),
    ] {
        assert!(!said.contains(token));
    }
}
