//! `docs/files.md` names every file that is written: worlds are played, and each file that they leave must be in a row. A row that none of them
//! leaves must say why here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jiff::SignedDuration;

use crate::support::github::GithubWorld;
use crate::support::{Script, World};

/// Rows whose files no world here leaves, and why.
const NOT_LEFT: &[(&str, &str)] = &[
    ("config.yaml.bak-<time>", "`init::existing`"),
    ("prompts/<template>.md", "only an operator makes it"),
    ("secrets.json", "only an operator makes it"),
    ("runtime/mailbox/processing/<task>.md", "nothing runs at the end; `concurrency::deaths`"),
    ("runtime/metrics/questions.jsonl", "no model is asked here; `llm`"),
    ("runtime/analysis/remediation_backlog.json", "nothing asks for it here; `analyze`"),
    ("runtime/logs/<job>.log.<n>", "no log is long enough here"),
    ("runtime/archive/<month>/…", "nothing is old enough here; `housekeeping`"),
    ("runtime/journal/open/<intent>", "nothing is open at the end; `crash`"),
    ("runtime/agents/<name>/…", "no program with a login is run here; `real_agents`"),
    ("runtime/state/agents.json", "nobody turns a run away here; `agents`"),
    ("runtime/state/foreign.json", "nobody else opens pull requests here; `housekeeping`"),
    ("runtime/state/held.json", "no pull request waits for a person at the end; `stories`"),
    ("runtime/state/github.json", "GitHub asks for no rest here; `github::trouble`"),
    ("runtime/state/gone/<task>", "no issue goes for good here"),
    ("runtime/notify/sending.json", "nothing is on its way at the end; `notify::deaths`"),
];

/// What the operator or the tests put there.
const NOT_OURS: [&str; 8] = [
    "home",
    "programs",
    "program.txt",
    "hub",
    "shop",
    "agents",
    "crontab.txt",
    "crontab.txt.writes",
];

/// The places in the first column of the table.
fn rows() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/files.md");
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.map(str::to_owned).collect()
}

/// Whether a row is about a file. `<name>` stands for a name or a part of one, `…` for anything below.
fn is_about(row: &str, file: &str) -> bool {
    let (mut row, mut file) = (row.split('/'), file.split('/'));
    loop {
        match (row.next(), file.next()) {
            (None, None) | (Some("…"), Some(_)) => return true,
            (Some(wanted), Some(name)) if name_fits(wanted, name) => {}
            _ => return false,
        }
    }
}

fn name_fits(wanted: &str, name: &str) -> bool {
    let Some((before, rest)) = wanted.split_once('<') else { return wanted == name };
    let Some(name) = name.strip_prefix(before) else { return false };
    let after = rest.split_once('>').map_or("", |(_, after)| after);
    if after.is_empty() {
        return !name.is_empty();
    }
    (1..name.len()).any(|at| name.is_char_boundary(at) && name_fits(after, &name[at..]))
}

/// Every file below a root, as the document names it.
fn left_by(world: &World) -> BTreeSet<String> {
    let root = world.root();
    let files = world.everything().into_keys();
    let names =
        files.map(|file| file.strip_prefix(root).unwrap_or(&file).to_str().unwrap().to_owned());
    names.filter(|name| !NOT_OURS.contains(&name.split('/').next().unwrap_or_default())).collect()
}

/// An installation with everything switched on, in which every folder of the mailbox is used.
fn everything_on() -> World {
    let mut world = crate::cron::with_crontab_of(World::with_agents(&[(
        "worker",
        Script::new()
            .line("case \"$prompt\" in *Ask*) printf 'STATUS: blocked\\nBLOCKER_CODE: missing_context\\nSUMMARY: Which?\\nBLOCKERS:\\n- which?\\n' > .agent_result.md; exit 0;; *Fail*) exit 1;; esac")
            .lines_of(Script::works()),
    )]))
    .with_sprints()
    .setting("plan_approval: required\nmetrics_textfile: runtime/metrics/agentos.prom\ndefault_max_attempts: 1")
    .setting("production_feedback: {enabled: true}\nplanning_research: {enabled: true, sources: [{path: README.md}]}")
    .setting("outcome_attribution: {enabled: true}\nevidence_dir: evidence")
    .setting("telegram_chat_id: \"7\"\ntelegram_api_url: http://127.0.0.1:1")
    .env("TELEGRAM_BOT_TOKEN", "123456:nobody-listens-there");
    world.write("crontab.txt", "MAILTO=ann@example.com\n");
    world.write(
        "objectives/shop.yaml",
        "metrics:\n- id: traffic\n  outcome_check: {path: traffic.yaml}\n",
    );
    for (title, ready) in [("Add a cart", true), ("Ask me", true), ("Fail", true), ("Later", false)]
    {
        let mut words = vec!["issue", "create", title];
        words.extend(ready.then_some("--ready"));
        drop(world.run_words(&words).ok());
    }
    for _ in 0..3 {
        drop(world.run("tick"));
        world.advance(SignedDuration::from_hours(1));
    }
    world.write("runtime/mailbox/inbox/odd.md", "no task");
    world.advance(SignedDuration::from_hours(24 * 8));
    for line in [
        "tick",
        "analyze",
        "issue create Waits --ready",
        "dispatch",
        "cron install",
        "arm --repo shop",
        "pause --repo shop",
        "pause --job score",
        "pause --task shop-2",
        "off",
    ] {
        drop(world.run(line));
    }
    world
}

#[test]
fn every_file_that_is_left_has_its_row_and_every_row_its_file() {
    let mut files = left_by(&everything_on());
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", "");
    town.play(&[issue]);
    files.extend(left_by(&town.world));
    let rows = rows();
    let unknown: Vec<&String> =
        files.iter().filter(|file| !rows.iter().any(|row| is_about(row, file))).collect();
    assert!(unknown.is_empty(), "docs/files.md has no row for\n{unknown:#?}");
    let stale: Vec<&String> = rows
        .iter()
        .filter(|row| !files.iter().any(|file| is_about(row, file)))
        .filter(|row| !NOT_LEFT.iter().any(|(known, _)| known == row))
        .collect();
    assert!(stale.is_empty(), "nothing leaves what docs/files.md names\n{stale:#?}");
    let wrong: Vec<_> = NOT_LEFT
        .iter()
        .filter(|(row, _)| {
            !rows.iter().any(|known| known == row) || files.iter().any(|file| is_about(row, file))
        })
        .collect();
    assert!(wrong.is_empty(), "in no row, or left after all\n{wrong:#?}");
}

#[test]
fn a_row_is_about_the_files_that_it_names() {
    for (row, file, fits) in [
        ("runtime/logs/<job>.log", "runtime/logs/queue.log", true),
        ("runtime/logs/<job>.log", "runtime/logs/queue.log.1", false),
        ("runtime/logs/<job>.log.<n>", "runtime/logs/queue.log.1", true),
        ("runtime/cache/…", "runtime/cache/a/b", true),
        ("config.yaml", "config.yaml", true),
        ("config.yaml", "config.yml", false),
        ("board/<repo>/pulls/<n>.md", "board/shop/pulls/2.md", true),
        ("board/<repo>/pulls/<n>.md", "board/shop/issues/2.md", false),
    ] {
        assert_eq!(is_about(row, file), fits, "{row} {file}");
    }
}
