//! A world for each reason not to act.

use agentos::domain::standstill::Standstill;

use super::Case;
use crate::support::github::{GithubWorld, SHOP};
use crate::support::hub::faults::{Fault, Op};
use crate::support::{Script, World};

const INBOX: &str = "runtime/mailbox/inbox/shop-1.md";

/// The world of a reason. There is one for each; the compiler asks for that of a new one.
pub(super) fn of(standstill: Standstill) -> Case {
    match standstill {
        Standstill::Off
        | Standstill::JobPaused
        | Standstill::RepoPaused
        | Standstill::ByHand
        | Standstill::Dormant
        | Standstill::NotDue
        | Standstill::Locked => of_a_job(standstill),
        Standstill::Closed
        | Standstill::NotReady
        | Standstill::ExcludedLabel
        | Standstill::MissingLabel
        | Standstill::Dependency
        | Standstill::BaseBranch
        | Standstill::OpenPulls
        | Standstill::RunIsFull => of_an_issue(standstill),
        Standstill::TrustUnknown
        | Standstill::Untrusted
        | Standstill::Fenced
        | Standstill::Rival => of_an_issue_on_github(standstill),
        Standstill::TaskPaused
        | Standstill::Unconfigured
        | Standstill::Parked
        | Standstill::MoneyOfDay
        | Standstill::AgentsOut
        | Standstill::SlotsTaken
        | Standstill::Memory => of_a_waiting_task(standstill),
        Standstill::Blocked | Standstill::Escalated | Standstill::Failed | Standstill::Ended => {
            of_a_task_at_rest(standstill)
        }
        Standstill::Trouble | Standstill::Unusable => of_a_file(standstill),
        Standstill::HandsOff | Standstill::Held | Standstill::Waits => of_a_pull(standstill),
    }
}

fn ready() -> World {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world
}

pub(super) fn dispatched(world: World) -> World {
    world.ready_issue("Add a cart", "");
    after(world, "dispatch")
}

/// The same up to an open pull request that nobody has judged.
pub(super) fn published(world: World) -> World {
    after(dispatched(world), "queue")
}

/// The same after a command.
fn after(world: World, command: &str) -> World {
    world.run(command).ok();
    world
}

fn of_a_job(standstill: Standstill) -> Case {
    match standstill {
        Standstill::Off => Case::new(after(ready(), "off"), "1", "dispatch"),
        Standstill::JobPaused => {
            Case::new(after(dispatched(World::new()), "pause --job queue"), "shop-1", "queue")
        }
        Standstill::RepoPaused => {
            Case::new(after(published(World::new()), "pause --repo shop"), "pr:2", "pr-monitor")
        }
        Standstill::ByHand => {
            let by_hand = "  ci_command: sh test.sh\n  automation_mode: dispatcher_only\n";
            Case::new(World::new().with_sprints().repo_settings(by_hand), "plan", "plan")
        }
        Standstill::Dormant => {
            Case::new(World::new().setting("groomer_cadence_days: 0"), "groom", "groom")
        }
        Standstill::NotDue => {
            let world = World::new().with_sprints();
            let known = "# Shop\n\n## Known Issues\n\n- The search forgets umlauts\n";
            world.push_by_hand("main", "CODEBASE.md", known);
            Case::new(after(world, "groom"), "groom", "groom")
        }
        _ => Case::new(World::new(), "dispatch", "dispatch").locked("job-dispatch.lock"),
    }
}

fn of_an_issue(standstill: Standstill) -> Case {
    let with = |settings: &str| {
        let world = World::new();
        let world = world.repo_settings(&format!("  ci_command: sh test.sh\n{settings}"));
        world.ready_issue("Add a cart", "");
        world
    };
    match standstill {
        Standstill::Closed => Case::new(after(ready(), "issue close 1"), "1", "dispatch").silent(),
        Standstill::NotReady => {
            let world = World::new();
            world.run_words(&["issue", "create", "Add a cart"]).ok();
            Case::new(world, "1", "dispatch").silent()
        }
        Standstill::ExcludedLabel => {
            let world = with("  excluded_labels: [wip]\n");
            world.replace("board/shop/issues/1.md", "labels: []", "labels: [wip]");
            Case::new(world, "1", "dispatch")
        }
        Standstill::MissingLabel => {
            Case::new(with("  required_labels: [agreed]\n"), "1", "dispatch")
        }
        Standstill::Dependency => {
            let world = World::new();
            world.ready_issue("Add a cart", "Blocked by #99\n");
            Case::new(world, "1", "dispatch")
        }
        Standstill::BaseBranch => {
            let world = World::new();
            world.ready_issue("Add a cart", "## Base Branch\n\ndevelop\n");
            Case::new(world, "1", "dispatch")
        }
        Standstill::OpenPulls => {
            let manual = "  ci_command: sh test.sh\n  merge_policy: manual\n";
            let world = World::new().repo_settings(manual).setting("max_open_prs: 1");
            let world = published(world);
            world.ready_issue("Next", "");
            Case::new(world, "3", "dispatch")
        }
        _ => {
            let world = World::new().setting("max_dispatch_per_run: 1");
            world.ready_issue("First", "");
            world.ready_issue("Second", "");
            Case::new(world, "2", "dispatch")
        }
    }
}

fn of_an_issue_on_github(standstill: Standstill) -> Case {
    let town = GithubWorld::new();
    let by = |who: &str| {
        town.hub.with(|state| {
            let number = state.open_issue(SHOP, "eve", "Run my code", "");
            state.label(SHOP, number, who, "ready");
        });
    };
    match standstill {
        Standstill::TrustUnknown => {
            by("ben");
            let refused = Fault::Forbidden("Resource not accessible".to_owned());
            town.hub.faults(Op::ReadPermission, refused, 0, 1000);
        }
        Standstill::Untrusted => by("eve"),
        Standstill::Fenced => {
            for title in ["One", "Two", "Three", "Four"] {
                town.ready_issue(title, "");
            }
            // The first look puts the fence up.
            town.world.run("dispatch").ok();
        }
        _ => {
            town.ready_issue("One", "");
            town.world.run("dispatch").ok();
            town.ready_issue("Two", "");
            let mut young = World::new().on_github(town.hub.url(), town.hub.token());
            young.advance(jiff::SignedDuration::from_hours(1));
            // The first look at a repository gives this installation its age.
            young.run("dispatch").code(1);
            return Case::new(young, "2", "dispatch").of_two(town);
        }
    }
    Case::new(town.world, "1", "dispatch").beside(town.hub)
}

fn of_a_waiting_task(standstill: Standstill) -> Case {
    match standstill {
        Standstill::TaskPaused => {
            let world = after(dispatched(World::new()), "pause --task shop-1");
            Case::new(world, "shop-1", "queue")
        }
        Standstill::Unconfigured => {
            let world = dispatched(World::new());
            world.replace("config.yaml", "acme/shop", "acme/other");
            Case::new(world, "shop-1", "queue")
        }
        Standstill::Parked => {
            let world = dispatched(World::new());
            world.replace(INBOX, "base_branch:", "not_before: 2026-01-09T00:00:00Z\nbase_branch:");
            Case::new(world, "shop-1", "queue")
        }
        Standstill::MoneyOfDay => {
            let world = published(World::new().setting("budgets: {per_day_usd: 5}"));
            world.ready_issue("Next", "");
            Case::new(after(world, "dispatch"), "shop-3", "queue")
        }
        Standstill::AgentsOut => {
            let world = dispatched(World::new());
            let script = world.path("agents/worker.sh").display().to_string();
            world.replace("config.yaml", &format!("[sh, {script}]"), "[no-such-program-of-ours]");
            Case::new(world, "shop-1", "queue")
        }
        Standstill::SlotsTaken => {
            let world = dispatched(World::new().setting("max_parallel_workers: 1"));
            Case::new(world, "shop-1", "queue").locked("slot-1.lock")
        }
        _ => {
            // One is worked on; for another there is no room.
            let world = World::new().setting("worker_memory_mb: 1048576");
            world.ready_issue("At work", "");
            let world = dispatched(world);
            world.mv("shop-1", "inbox", "processing");
            Case::new(world, "shop-2", "queue").locked("task-shop-1.lock")
        }
    }
}

fn of_a_task_at_rest(standstill: Standstill) -> Case {
    match standstill {
        Standstill::Blocked => {
            let asks = Script::new().reports("blocked", "missing_context", "Which colour?");
            Case::new(dispatched(World::with_agents(&[("worker", asks)])), "shop-1", "queue")
        }
        Standstill::Escalated => {
            let world = World::with_agents(&[("worker", Script::new().line("exit 1"))]);
            Case::new(dispatched(world.setting("default_max_attempts: 1")), "shop-1", "queue")
        }
        Standstill::Failed => {
            let world = dispatched(World::new());
            world.write("shop/.gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ../x.git\n");
            let head = world.git(&["-C", "shop", "rev-parse", "HEAD"]);
            let entry = format!("160000,{head},x");
            world.git(&["-C", "shop", "add", ".gitmodules"]);
            world.git(&["-C", "shop", "update-index", "--add", "--cacheinfo", &entry]);
            world.git(&["-C", "shop", "commit", "--quiet", "-m", "Submodule"]);
            world.git(&["-C", "shop", "push", "--quiet", "origin", "main"]);
            Case::new(world, "shop-1", "queue")
        }
        _ => {
            let world = after(published(World::new()), "pr-monitor");
            Case::new(world, "shop-1", "pr-monitor").silent()
        }
    }
}

fn of_a_file(standstill: Standstill) -> Case {
    let world = dispatched(World::new());
    if standstill == Standstill::Trouble {
        world.replace(INBOX, "task_id: shop-1", "task_id: shop-1\ntrouble: no remote");
        world.mv("shop-1", "inbox", "processing");
    } else {
        world.mv("shop-1", "inbox", "done");
    }
    Case::new(world, "shop-1", "queue").silent()
}

fn of_a_pull(standstill: Standstill) -> Case {
    match standstill {
        Standstill::HandsOff => {
            let world = published(World::new());
            world.push_by_hand("agent/shop-1", "theirs.txt", "theirs\n");
            Case::new(world, "pr:2", "pr-monitor")
        }
        Standstill::Held => {
            let world = published(World::new());
            let (from, to) = ("  - in-progress", "  - in-progress\n  - hold");
            world.replace("board/shop/issues/1.md", from, to);
            Case::new(world, "pr:2", "pr-monitor")
        }
        _ => {
            let town = GithubWorld::new();
            town.ready_issue("Add a cart", "");
            for job in ["dispatch", "queue"] {
                town.world.run(job).ok();
            }
            // GitHub answers the first look that it does not know yet whether it merges.
            town.world.run("pr-monitor").ok();
            Case::new(town.world, "pr:2", "pr-monitor").beside(town.hub)
        }
    }
}
