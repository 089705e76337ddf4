//! One contract for every code host: the local one, GitHub as the fake one plays it, and the real one where the environment gives a
//! repository for it.

mod sandbox;
mod suite;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use agentos::app::{App, Options};
use agentos::config::LoadRequest;
use agentos::domain::ids::CommitSha;
use agentos::sys::clock::{Clock, ManualClock};
use agentos::sys::signals::Stop;
use agentos::sys::supervise::Helper;

use crate::support::World;
use crate::support::github::{GithubWorld, SHOP};
use crate::support::hub::git::set_branch;
use crate::support::hub::state::State;
use suite::{Remote, contract};

/// A repository that is pushed to from the clone of its operator.
struct Clone<'a> {
    world: &'a World,
    /// How often it was pushed to: every push brings something new.
    pushes: Cell<usize>,
}

impl Remote for Clone<'_> {
    fn push(&self, branch: &str) -> CommitSha {
        self.pushes.set(self.pushes.get() + 1);
        let text = format!("push {}\n", self.pushes.get());
        self.world.push_by_hand(branch, "work.txt", &text);
        let tip = self.world.git(&["-C", "shop", "rev-parse", &format!("hand/{branch}")]);
        tip.parse().unwrap()
    }

    fn delete(&self, branch: &str) {
        self.world.git(&["-C", "shop", "push", "--quiet", "origin", "--delete", branch]);
    }

    /// Its checks are run by the host itself.
    fn pass(&self, _commit: &CommitSha) {}
}

/// The program as one process of it sees a root.
fn app(world: &World, environment: BTreeMap<String, String>) -> App {
    let now = "2026-01-05T09:00:00Z".parse().unwrap();
    let clock: Rc<dyn Clock> = Rc::new(ManualClock::new(now));
    App::build(Options {
        load: LoadRequest {
            config: None,
            root: Some(world.root().to_owned()),
            home: None,
            cwd: world.root().to_owned(),
            variables: environment.clone(),
        },
        environment,
        clock,
        stop: Stop::never(),
        helper: Helper {
            program: PathBuf::from(env!("CARGO_BIN_EXE_agentos")),
            args: vec!["supervise".to_owned()],
        },
        pages: None,
        runner: None,
    })
    .unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

#[test]
fn the_local_host_keeps_the_contract_of_all_hosts() {
    let world = World::new();
    let app = app(&world, world.environment());
    wait(contract(
        app.repositories[0].host.as_ref(),
        &Clone { world: &world, pushes: Cell::new(0) },
    ));
}

/// A branch of the hub's repository, changed as a person with access does.
impl Remote for GithubWorld {
    fn push(&self, branch: &str) -> CommitSha {
        let text = format!("{}\n", self.hub.with(State::id));
        let files = [("work.txt", text.as_str())];
        self.hub.with(|state| state.commit(SHOP, branch, &files, "By hand")).parse().unwrap()
    }

    fn delete(&self, branch: &str) {
        let path = self.hub.with(|state| state.path(SHOP));
        assert!(set_branch(&path, branch, None));
        self.hub.with(State::look_at_branches);
    }

    fn pass(&self, commit: &CommitSha) {
        self.hub.with(|state| state.check(SHOP, commit.as_str(), "ci", "success"));
    }
}

#[test]
fn github_keeps_the_contract_of_all_hosts() {
    let town = GithubWorld::new();
    let board = town.hub.with(|state| state.add_board("acme", "Sprint"));
    assert_eq!(board, 1);
    let town = town.map(|world| world.on_board(board));
    let app = app(&town.world, town.world.environment());
    wait(contract(app.repositories[0].host.as_ref(), &town));
}

/// The same with reads that may be remembered: what they answer is never old.
#[test]
fn what_github_remembers_is_never_old() {
    let town = GithubWorld::new();
    let board = town.hub.with(|state| state.add_board("acme", "Sprint"));
    let town = town.map(|world| world.on_board(board));
    let app = app(&town.world, town.world.environment());
    let (host, glance) = (&app.repositories[0].host, &app.repositories[0].glance);
    wait(async {
        let issue = agentos::host::NewIssue { title: "One".to_owned(), ..Default::default() };
        let number = host.create_issue(&issue).await.unwrap().number;
        for text in ["first", "second", "third"] {
            assert!(!glance.comments(number).await.unwrap().iter().any(|c| c.body.contains(text)));
            host.add_comment(number, text).await.unwrap();
            assert!(glance.comments(number).await.unwrap().iter().any(|c| c.body.contains(text)));
        }
        host.close_issue(number).await.unwrap();
        let seen = glance.issue(number).await.unwrap();
        assert_eq!(seen.state, agentos::domain::issue::IssueState::Closed);
    });
}

/// The real one takes its time: what was written may not be seen at once.
#[test]
fn the_real_github_keeps_the_contract_of_all_hosts() {
    let Some(sandbox) = sandbox::Sandbox::of_environment() else {
        println!(
            "skipped: AGENTOS_SANDBOX_REPO, AGENTOS_SANDBOX_TOKEN and AGENTOS_SANDBOX_BOARD name no sandbox"
        );
        return;
    };
    let app = app(&sandbox.world, sandbox.world.environment());
    wait(contract(app.repositories[0].host.as_ref(), &sandbox));
}
