//! `agentos drill`: operator drills. Each one gives the real command on a small project of its own, on the local host and offline, and proves
//! what it does to files, branches and pull requests. Only the agent is scripted.

mod ground;
mod people;
mod switches;
mod verbs;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde::Serialize;

use ground::Ground;

use crate::sys::signals::Stop;

/// So many drills at once: most of their time they wait for the disk.
const SIDE_BY_SIDE: usize = 4;

/// One drill.
#[derive(Debug, Clone, Copy)]
pub struct Drill {
    /// Its name.
    pub name: &'static str,
    /// What it proves.
    pub about: &'static str,
    play: fn(&Ground) -> Result<String, String>,
}

/// Every drill, in the order in which they are run.
pub const DRILLS: [Drill; 16] = [
    Drill {
        name: "off",
        about: "`off` stops every job at once, `on` lets them go on",
        play: switches::off,
    },
    Drill {
        name: "pause-job",
        about: "`pause --job` stops one job alone",
        play: switches::pause_job,
    },
    Drill {
        name: "pause-repo",
        about: "`pause --repo` stops one repository",
        play: switches::pause_repo,
    },
    Drill {
        name: "pause-task",
        about: "`pause --task` keeps a task from workers and from its merge",
        play: switches::pause_task,
    },
    Drill {
        name: "hold",
        about: "the label `hold` keeps a green pull request from its merge",
        play: switches::hold,
    },
    Drill {
        name: "disarm",
        about: "`disarm` forbids automatic merges, `arm` allows them",
        play: switches::disarm,
    },
    Drill {
        name: "pause",
        about: "`/agent pause` and `/agent resume` in comments",
        play: verbs::pause,
    },
    Drill {
        name: "stop",
        about: "`/agent pause` stops a running worker; no attempt is spent, its work is kept",
        play: verbs::stop,
    },
    Drill {
        name: "status",
        about: "`/agent status` is answered with what `why` says",
        play: verbs::status,
    },
    Drill {
        name: "retry",
        about: "`/agent retry` gives a task that was given up one more attempt",
        play: verbs::retry,
    },
    Drill {
        name: "cancel",
        about: "`/agent cancel` closes the pull request and keeps the branch",
        play: verbs::cancel,
    },
    Drill {
        name: "approve",
        about: "`/agent approve` lets one head pass the limits",
        play: verbs::approve,
    },
    Drill {
        name: "quotes",
        about: "quotes, code and hidden comments command nothing",
        play: verbs::quotes,
    },
    Drill {
        name: "close-issue",
        about: "closing the issue withdraws the work",
        play: people::close_issue,
    },
    Drill {
        name: "close-pull",
        about: "closing the pull request is a decision and keeps the branch",
        play: people::close_pull,
    },
    Drill {
        name: "move",
        about: "a file moved to `inbox/` by hand is one more attempt",
        play: people::move_file,
    },
];

/// What the drills are run with.
#[derive(Debug, Clone)]
pub struct Setting {
    /// A new or empty folder.
    pub dir: PathBuf,
    /// This program.
    pub program: PathBuf,
    /// `PATH` for git and for it.
    pub path: String,
    /// The wish to end: what has not begun is not begun any more.
    pub stop: Stop,
}

/// How a drill ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ending {
    /// Its name.
    pub drill: &'static str,
    /// Whether everything was as it must be.
    pub ok: bool,
    /// What was seen.
    pub seen: String,
    /// How long it took.
    pub seconds: f64,
}

/// Finds the drills that a person names; all of them where none is named.
///
/// # Errors
///
/// The name that is none.
pub fn named(names: &[String]) -> Result<Vec<Drill>, String> {
    if names.is_empty() {
        return Ok(DRILLS.to_vec());
    }
    let find = |name: &String| {
        DRILLS.iter().find(|drill| drill.name == name).copied().ok_or_else(|| name.clone())
    };
    names.iter().map(find).collect()
}

/// Runs drills side by side, each on its own ground, and tells of each in their order.
pub fn run(setting: &Setting, drills: &[Drill], watch: &mut dyn FnMut(&Ending)) -> Vec<Ending> {
    let next = AtomicUsize::new(0);
    let (ended, endings) = channel();
    let work = || {
        let ended = ended.clone();
        while let Some((at, drill)) = drills.iter().enumerate().nth(next.fetch_add(1, Relaxed)) {
            // Nobody listens any more only when this process is at its end.
            drop(ended.send((at, play(setting, drill))));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(work);
        }
        let mut early = BTreeMap::new();
        let mut told = Vec::new();
        while told.len() < drills.len()
            && let Ok((at, ending)) = endings.recv()
        {
            early.insert(at, ending);
            while let Some(ending) = early.remove(&told.len()) {
                watch(&ending);
                told.push(ending);
            }
        }
        told
    })
}

fn play(setting: &Setting, drill: &Drill) -> Ending {
    let began = Instant::now();
    let played = if setting.stop.requested() {
        Err("stopped by a signal".to_owned())
    } else {
        let ground = Ground::make(setting, setting.dir.join(drill.name));
        ground.and_then(|ground| (drill.play)(&ground))
    };
    Ending {
        drill: drill.name,
        ok: played.is_ok(),
        seen: played.unwrap_or_else(|problem| problem),
        seconds: rounded(began.elapsed()),
    }
}

fn rounded(took: Duration) -> f64 {
    (took.as_secs_f64() * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn drills_are_found_by_their_names_which_are_all_different() {
        let names: BTreeSet<&str> = DRILLS.iter().map(|drill| drill.name).collect();
        assert_eq!(names.len(), DRILLS.len());
        assert_eq!(named(&[]).unwrap().len(), DRILLS.len());
        assert_eq!(named(&["hold".to_owned()]).unwrap()[0].name, "hold");
        assert_eq!(named(&["hold".to_owned(), "tea".to_owned()]).unwrap_err(), "tea");
    }
}
