//! The example `fake-github`: the fake of the tests, served until it is interrupted, to be looked at with any client.
//!
//! `cargo run --example fake-github -- [--port N] [--dir D] [--socket PATH] [--idle N]`; `--idle` adds so many repositories with open issues on
//! two boards, for measuring what idleness costs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    dead_code,
    unused_imports,
    reason = "a tool for people that is made of test code"
)]

#[path = "../it/support/hub/mod.rs"]
mod hub;

use std::path::PathBuf;

use hub::Hub;
use hub::actions::Actions;
use hub::state::{AccountKind, State};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut port, mut folder, mut socket) = (0, None::<PathBuf>, None::<PathBuf>);
    let mut idle = 0;
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--port" => port = value.parse().unwrap(),
            "--dir" => folder = Some(value.into()),
            "--socket" => socket = Some(value.into()),
            "--idle" => idle = value.parse().unwrap(),
            _ => panic!("usage: fake-github [--port N] [--dir D] [--socket PATH] [--idle N]"),
        }
    }
    let temporary = tempfile::tempdir().unwrap();
    let folder = folder.unwrap_or_else(|| temporary.path().to_owned());
    let hub = Hub::start_at(&folder, port, socket);
    hub.with(|state| {
        let script = "if [ -e tests/run.sh ]; then sh tests/run.sh; else sh test.sh; fi";
        state.actions = Some(Actions { script: script.to_owned() });
        state.add_board("acme", "Sprint");
        add_demo(state);
        add_idle(state, idle);
    });
    hub.actions_by_themselves(true);
    let (url, token) = (hub.url(), hub.token());
    println!("url: {url}");
    println!("git: {}", hub.git_url("acme/shop"));
    println!("token: {token}");
    println!("try: GITHUB_TOKEN={token} agentos demo --github-url {url} --repo demo/shop");
    loop {
        std::thread::park();
    }
}

/// A repository with the project of `agentos demo`, whose base branch requires the check `ci`.
fn add_demo(state: &mut State) {
    const FILES: [(&str, &str); 4] = [
        ("README.md", include_str!("../../src/jobs/demo/project/README.md")),
        ("lib/till.sh", include_str!("../../src/jobs/demo/project/lib/till.sh")),
        ("tests/run.sh", include_str!("../../src/jobs/demo/project/tests/run.sh")),
        ("tests/till.test.sh", include_str!("../../src/jobs/demo/project/tests/till.test.sh")),
    ];
    state.add_account("demo", AccountKind::Organisation, &["ann", "agentos-bot"]);
    state.add_repo("demo/shop");
    state.commit("demo/shop", "main", &FILES, "A till in a few lines of shell");
    state.protect("demo/shop", "main", &["ci"]);
}

/// Repositories `acme/repo-0` … with twenty open issues each, in turn on the boards 2 and 3 of `acme`.
fn add_idle(state: &mut State, repositories: u64) {
    if repositories == 0 {
        return;
    }
    for title in ["Even", "Odd"] {
        state.add_board("acme", title);
    }
    for at in 0..repositories {
        let name = format!("acme/repo-{at}");
        state.add_repo(&name);
        for n in 0..20 {
            let number = state.open_issue(&name, "ann", &format!("Idea {n}"), "Some day.");
            state.put_on_board("acme", 2 + at % 2, &name, number, "Backlog");
        }
    }
}
