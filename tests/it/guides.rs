//! Somebody follows README and guides from top to bottom: every command of the documents is taken from their text and typed into a shell with
//! the real program, git, a real repository, and where the document is about GitHub a fake one on this machine. What a document shows of an
//! output is compared. What cannot be run here is listed with its reason in `guides/listed.rs`.

mod ancestor;
mod blocks;
mod listed;
mod person;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use blocks::{commands_of, is_shown, yaml_of};
use listed::{NO_CONFIGURATION, NOT_RUN};
use person::{Person, asks, has_terminal};

/// What happens before the block in which a line begins like this.
type Event = (&'static str, fn(&mut Person));

/// Follows a document.
#[track_caller]
fn follow(document: &str, person: &mut Person, events: &[Event]) {
    let text = text_of(document);
    let mut happened = BTreeSet::new();
    for block in commands_of(&text) {
        let kept: Vec<&str> =
            block.commands.lines().filter(|line| !is_listed(document, line)).collect();
        for (begin, event) in events {
            if block.commands.lines().any(|line| line.starts_with(begin)) {
                event(person);
                assert!(happened.insert(*begin), "{document}: `{begin}` stands there twice");
            }
        }
        if kept.iter().all(|line| line.trim().is_empty() || line.starts_with('#')) {
            continue;
        }
        let commands = kept.join("\n") + "\n";
        if asks(&commands) && !has_terminal() {
            return;
        }
        let run = person.types(&commands);
        let place = format!("{document}:{}", block.line);
        assert_eq!(run.code, Some(0), "{place}\n{commands}\n{}", run.stdout);
        if let Some(shown) = &block.shown {
            assert!(
                is_shown(shown, &run.stdout),
                "{place} shows\n{shown}\nand what is printed is\n{}",
                run.stdout
            );
        }
    }
    let left = events.iter().find(|(begin, _)| !happened.contains(begin));
    assert_eq!(left.map(|(begin, _)| *begin), None, "{document} has no such line");
}

fn is_listed(document: &str, line: &str) -> bool {
    NOT_RUN.iter().any(|(in_document, begin, _)| {
        *in_document == document && line.trim_start().starts_with(begin)
    })
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text_of(document: &str) -> String {
    fs::read_to_string(project().join(document))
        .unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// README and everything in `docs/`.
fn documents() -> Vec<String> {
    let mut all = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/guides"] {
        for entry in fs::read_dir(project().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|kind| kind == "md") {
                all.push(format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap()));
            }
        }
    }
    all.sort();
    all
}

/// One test for each document, and the list of them.
macro_rules! followed {
    ($($test:ident: $document:literal, $prepare:expr, [$($event:expr),* $(,)?];)*) => {
        const FOLLOWED: &[&str] = &[$($document,)*];
        $(
            #[test]
            fn $test() {
                let mut person = Person::new();
                let prepare: fn(&mut Person) = $prepare;
                prepare(&mut person);
                let events: &[Event] = &[$($event),*];
                follow($document, &mut person, events);
            }
        )*
    };
}

followed! {
    readme_leads_from_nothing_to_merged_work: "README.md", newcomer, [
        ("mkdir -p ~/shop-agents", |person| {
            person.has_github("shop-agents");
            ready_issue(person);
        }),
    ];
    the_guide_to_local_mode: "docs/guides/local.md", newcomer, [];
    the_guide_to_github: "docs/guides/github.md", |person| {
        person.has_codex();
        person.has_github("shop-agents");
    }, [
        ("agentos status", ready_issue),
        ("agentos why 1", |person| assert_eq!(person.hub().run_actions(), 1)),
    ];
    the_guide_to_agents: "docs/guides/agents.md", configured, [];
    the_guide_to_objectives: "docs/guides/objectives.md", newcomer, [
        ("conversion 0.036", |person| {
            let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30);
            person.export("AGENTOS_NOW", &later.to_string());
        }),
    ];
    the_guide_to_a_server: "docs/guides/vps.md", |person| {
        person.has_codex();
        person.has_github("agents");
    }, [];
    the_guide_to_troubleshooting: "docs/guides/troubleshooting.md", |person| {
        configured(person);
        person.types_well("agentos issue create 'Say hello' --ready && agentos tick");
    }, [];
    the_guide_to_migration: "docs/guides/migration.md", |person| {
        newcomer(person);
        ancestor::is_installed(person);
    }, [];
    the_guide_to_safety: "docs/guides/safety.md", |person| {
        configured(person);
        person.types_well("agentos issue create 'Say hello' --ready && agentos tick");
    }, [];
    the_document_of_cron: "docs/cron.md", configured, [];
    the_document_of_doctor: "docs/doctor.md", configured, [];
    the_document_of_grooming: "docs/groom.md", on_the_web, [];
    the_document_of_sprints: "docs/plan.md", on_the_web, [];
    the_document_of_init: "docs/init.md", |person| {
        newcomer(person);
        person.has_github("agentos");
        person.hub().with(|state| state.add_repo("acme/web"));
        person.types_well("cd ~/src/hello");
    }, [];
    the_document_of_the_report: "docs/report.md", |person| {
        person.has_clone("src/web");
        let repo = "{repo: acme/web, host: local, path: ~/src/web, ci_command: sh test.sh}";
        person.write("agents/config.yaml", &format!("repos: [{repo}]\n"));
        person.types_well("cd agents");
    }, [];
    the_document_of_notifications: "docs/notifications.md", |_| {}, [];
    the_document_of_the_operator: "docs/operator.md", |_| {}, [];
}

/// Somebody with Codex and a repository on this machine.
fn newcomer(person: &mut Person) {
    person.has_codex();
    person.has_clone("src/hello");
}

/// The same, who has made a root for it and is there.
fn configured(person: &mut Person) {
    newcomer(person);
    person.types_well(
        "mkdir agents && cd agents && agentos init --local ~/src/hello --yes && agentos tick",
    );
}

/// Somebody whose repository is called `web`.
fn on_the_web(person: &mut Person) {
    person.has_codex();
    person.has_clone("src/web");
    person.types_well("mkdir agents && cd agents && agentos init --local ~/src/web --yes");
}

/// The maintainer opens an issue on GitHub and labels it.
fn ready_issue(person: &mut Person) {
    person.hub().with(|state| {
        let number = state.open_issue("acme/shop", "ann", "Say hello", "One file is enough.");
        state.label("acme/shop", number, "ann", "ready");
    });
}

#[test]
fn every_document_with_commands_is_followed() {
    let forgotten: Vec<String> = documents()
        .into_iter()
        .filter(|document| !FOLLOWED.contains(&document.as_str()))
        .filter(|document| {
            let text = text_of(document);
            let mut lines = commands_of(&text)
                .into_iter()
                .flat_map(|block| block.commands.lines().map(str::to_owned).collect::<Vec<_>>());
            lines.any(|line| !line.trim().is_empty() && !is_listed(document, &line))
        })
        .collect();
    assert_eq!(forgotten, Vec::<String>::new(), "their commands are run by no test");
}

#[test]
fn every_line_that_is_listed_stands_in_its_document() {
    for (document, begin, why) in NOT_RUN {
        let text = text_of(document);
        let blocks = commands_of(&text);
        let mut lines = blocks.iter().flat_map(|block| block.commands.lines());
        assert!(
            lines.any(|line| line.trim_start().starts_with(begin)),
            "{document} has no line `{begin}` ({why})"
        );
    }
}

#[test]
fn configuration_that_is_shown_loads() {
    let person = Person::new();
    let mut unused: BTreeSet<_> =
        NO_CONFIGURATION.iter().map(|(d, begin, _)| (*d, *begin)).collect();
    for document in documents() {
        for (line, mut text) in yaml_of(&text_of(&document)) {
            let listed = NO_CONFIGURATION.iter().find(|(in_document, begin, _)| {
                *in_document == document && text.starts_with(begin)
            });
            if let Some((in_document, begin, _)) = listed {
                unused.remove(&(*in_document, *begin));
                continue;
            }
            if !text.contains("repos:") {
                text.push_str("\nrepos: [{repo: acme/web, host: local}]\n");
            }
            person.write("shown/config.yaml", &text);
            let run = person.types("cd ~/shown; agentos config check");
            assert_eq!(run.code, Some(0), "{document}:{line}\n{text}\n{}", run.stdout);
        }
    }
    assert!(unused.is_empty(), "stands in no document: {unused:?}");
}

#[test]
fn every_document_stands_in_the_index() {
    let index = text_of("docs/README.md");
    let missing: Vec<String> = documents()
        .into_iter()
        .filter_map(|document| document.strip_prefix("docs/").map(str::to_owned))
        .filter(|name| name != "README.md" && !index.contains(&format!("({name})")))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// Every Rust source of the program as one text.
fn source(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source(&path, text);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn messages_that_are_quoted_as_symptoms_are_said_by_the_program() {
    let mut said = String::new();
    source(&project().join("src"), &mut said);
    let text = text_of("docs/guides/troubleshooting.md");
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let symptoms = rows.filter_map(|row| row.split('|').nth(1));
    let quoted = symptoms.flat_map(|cell| cell.split('`').skip(1).step_by(2).collect::<Vec<_>>());
    let parts: Vec<&str> = quoted
        .flat_map(|quote| quote.split('…'))
        .map(str::trim)
        .filter(|p| p.contains(' '))
        .collect();
    assert!(parts.len() > 5, "{parts:?}");
    let unsaid: Vec<&&str> = parts.iter().filter(|part| !said.contains(**part)).collect();
    assert!(
        unsaid.is_empty(),
        "docs/guides/troubleshooting.md quotes what nothing says: {unsaid:?}"
    );
}
