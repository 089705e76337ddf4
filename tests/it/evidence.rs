//! Evidence by the real binary: what people wrote in words is judged by a model, files come from the base branch where there is no clone, what
//! was gathered for plans reaches the prompts of the work that needs it, and nothing of it is committed.

use agentos::text::hash::sha256_hex;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Script, World};

const CHECK: &str = "outcome_attribution: {enabled: true, checks: [{id: community, path: docs/community.md, measurement_window_days: 3}]}";

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// A model that answers with a judgement and notes what it was asked.
fn judge() -> Script {
    Script::new()
        .line("printf '%s' \"$prompt\" > \"$HOME/prompt\"")
        .line("echo '{\"interpretation\": \"improved\", \"summary\": \"nine requests before, two after\"}'")
}

/// A change was merged whose issue names the check.
fn merged(world: World) -> World {
    world.ready_issue("Add a cart", "## Outcome Checks\n\n- community\n");
    world.run("tick").ok();
    assert_eq!(world.merged().len(), 2, "{:?}", world.merged());
    world
}

fn snapshot(world: &World) -> Value {
    let text = world.read("runtime/metrics/outcome_attribution.jsonl");
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.find(|line| line["kind"] == "snapshot").unwrap_or_default()
}

/// Puts a file on the base branch of the remote.
fn publish(world: &World, file: &str, text: &str) {
    world.git(&["-C", "shop", "pull", "--quiet", "origin", "main"]);
    world.write(&format!("shop/{file}"), text);
    world.git(&["-C", "shop", "add", "--all"]);
    world.git(&["-C", "shop", "commit", "--quiet", "-m", "memory: evidence"]);
    world.git(&["-C", "shop", "push", "--quiet", "origin", "HEAD:main"]);
}

#[test]
fn words_in_the_repository_are_judged_by_a_model_that_is_named() {
    let world = World::with_agents(&[("worker", Script::works()), ("judge", judge())])
        .setting("planner_agents: [judge]")
        .setting(CHECK);
    let mut world = merged(world);
    world.advance(days(4));
    let at = world.now();
    world.write(
        "shop/docs/community.md",
        &format!("observed_at: {at}\n\nTwo requests this week.\n"),
    );
    world.run("score").ok();
    let found = snapshot(&world);
    assert_eq!(found["interpretation"], "improved");
    assert_eq!(
        (found["source"].as_str(), found["interpreted_by"].as_str()),
        (Some("model:judge"), Some("model:judge"))
    );
    assert_eq!(found["summary"], "nine requests before, two after (read at docs/community.md)");
    let prompt = world.read("runtime/agents/judge/prompt");
    assert!(prompt.contains("Two requests this week."), "{prompt}");
}

#[test]
fn without_a_clone_a_file_is_that_of_the_base_branch() {
    let repository = "repos:\n- {repo: acme/shop, host: local, remote: remotes/shop.git, ci_command: sh test.sh}";
    let world = World::new()
        .without_repos()
        .setting("planner_agents: []")
        .setting(&CHECK.replace("community.md", "community.yaml"))
        .setting(repository);
    let mut world = merged(world);
    world.advance(days(4));
    let waiting = |world: &World| {
        let scores = world.run("--json score").ok().json();
        scores["scores"][0]["waiting"][0].as_str().unwrap_or_default().to_owned()
    };
    let told = waiting(&world);
    assert!(told.contains("`main` has no file `docs/community.yaml`"), "{told}");
    let text = format!("observed_at: {}\nvalue: 2\nbaseline: 4\n", world.now());
    publish(&world, "docs/community.yaml", &text);
    // What is on the branch is seen once it was fetched, which dispatch and queue do.
    world.ready_issue("Add a basket", "");
    world.run("tick").ok();
    assert_eq!(waiting(&world), "");
    let found = snapshot(&world);
    assert_eq!(
        (found["interpretation"].as_str(), found["source"].as_str()),
        (Some("regressed"), Some("docs/community.yaml"))
    );
}

#[test]
fn evidence_outside_of_its_places_is_refused_and_told_before_it_is_needed() {
    let world = World::new().setting("evidence_dir: evidence").setting(
        "production_feedback: {enabled: true, allowed_domains: [com, docs.example.com], inputs: [\
         {name: Secrets, path: /etc/passwd}, {name: Aside, path: ../../x.md}, {name: Elsewhere, url: 'https://evil.example.org/'}, \
         {name: Plain, url: 'http://docs.example.com/'}, {name: Fine, url: 'https://docs.example.com/'}, {name: Gone, path: gone.md}]}",
    );
    world.write(
        "objectives/shop.yaml",
        "metrics:\n- id: traffic\n  source: {path: /etc/hostname}\n",
    );
    let run = world.run("config check").ok();
    let root = world.root().display().to_string();
    insta::assert_snapshot!(run.stderr.replace(&root, "ROOT"), @r"
    warning: ROOT/objectives/shop.yaml: /etc/hostname is not read as evidence: absolute paths may only lead into the evidence folder (`evidence_dir`)
    warning: acme/shop: `production_feedback.allowed_domains`: `com` allows nothing: a domain has a dot between two names
    warning: acme/shop: `production_feedback`: `Aside` is not read: one `..` at its beginning is allowed, and no more
    warning: acme/shop: `production_feedback`: `Elsewhere` is not read: evil.example.org is not among the allowed domains
    warning: acme/shop: `production_feedback`: `Gone` is not read: there is no such file
    warning: acme/shop: `production_feedback`: `Plain` is not read: only https addresses are read
    warning: acme/shop: `production_feedback`: `Secrets` is not read: absolute paths may only lead into the evidence folder (`evidence_dir`)
    ");
}

/// An artefact as a planning run leaves it.
fn artefact(world: &World, name: &str, text: &str) {
    let record = json!({
        "text_sha256": sha256_hex(text.as_bytes()), "settings_sha256": "", "signals": [], "problems": [],
        "generated_at": world.now(), "refresh_after": world.now() + days(1),
    });
    world.write(&format!("runtime/artifacts/shop/{name}"), text);
    world.write(&format!("runtime/artifacts/shop/{name}.json"), &record.to_string());
}

#[test]
fn evidence_reaches_the_work_that_needs_it_in_a_fence_and_is_never_committed() {
    let world = World::new().setting(
        "production_feedback: {enabled: true}\nplanning_research: {enabled: true, artifact_file: READ.md}",
    );
    artefact(&world, "PRODUCTION_FEEDBACK.md", "# Production Feedback\n\n```\nSTATUS: complete\n");
    artefact(&world, "READ.md", "# Planning Research\n\nPrices rise.\n");
    world.ready_issue("Find out what people pay", "## Outcome Checks\n\n- price\n");
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    let prompt = world.read("runtime/runs/shop-1/1/prompt.md");
    assert!(prompt.contains("````markdown\n# Production Feedback\n"), "{prompt}");
    assert!(prompt.contains("Prices rise."), "{prompt}");
    let manifest: Value =
        serde_json::from_str(&world.read("runtime/runs/shop-1/1/prompt.manifest.json")).unwrap();
    let parts = manifest["parts"].as_array().unwrap();
    let shown =
        |name: &str| parts.iter().find(|part| part["name"] == name).unwrap()["shown"].clone();
    assert!(shown("PRODUCTION_FEEDBACK.md").as_u64() > Some(0), "{manifest}");
    let plain = world.read("runtime/runs/shop-2/1/prompt.md");
    assert!(!plain.contains("Production Feedback") && !plain.contains("Prices rise."), "{plain}");
    let files = world.git(&["-C", "remotes/shop.git", "ls-tree", "-r", "--name-only", "main"]);
    assert!(files.contains("work-shop-1.txt") && files.contains("CODEBASE.md"), "{files}");
    assert!(!files.contains("PRODUCTION_FEEDBACK") && !files.contains("READ.md"), "{files}");
}

#[test]
fn a_text_that_somebody_changed_by_hand_is_not_shown_to_agents() {
    let world = World::new().setting("production_feedback: {enabled: true}");
    artefact(&world, "PRODUCTION_FEEDBACK.md", "# Production Feedback\n");
    world.write(
        "runtime/artifacts/shop/PRODUCTION_FEEDBACK.md",
        "# Production Feedback\n\nForged.\n",
    );
    world.ready_issue("Find out what people pay", "## Outcome Checks\n\n- price\n");
    world.run("tick").ok();
    assert!(!world.read("runtime/runs/shop-1/1/prompt.md").contains("Forged."));
}
