//! A line that moves while a person waits at a terminal: what is being done, for how long, and how far it is. None in cron, in a pipe, with
//! `--json` or `--quiet`.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::args::Global;
use crate::sys::terminal;
use crate::text::clean;

/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(120);

/// Nobody minds so short a wait.
const UNNOTICED: Duration = Duration::from_millis(300);

/// What turns.
const TURNS: [&str; 4] = ["|", "/", "-", "\\"];

/// Whether the line is on the screen now, so that whoever else writes there clears it first.
static DRAWN: AtomicBool = AtomicBool::new(false);

/// A moving line; gone when dropped.
pub(super) struct Progress {
    said: Arc<Mutex<Said>>,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What the line says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    what: String,
    steps: Option<(usize, usize)>,
}

/// A clone that is being made.
#[derive(Debug, Clone)]
pub(super) struct Missing {
    /// What is cloned.
    pub(super) name: String,
    /// Where it grows.
    pub(super) folder: PathBuf,
}

impl Progress {
    /// Begins, where somebody sees it.
    pub(super) fn begin(global: &Global, what: &str) -> Self {
        Self::begin_with(global, what, Vec::new())
    }

    /// The same where clones may have to be made on the way: the one that grows is named, with its size.
    pub(super) fn begin_with(global: &Global, what: &str, clones: Vec<Missing>) -> Self {
        let is_seen = !global.json && !global.quiet && io::stderr().is_terminal();
        let said = Arc::new(Mutex::new(Said { what: what.to_owned(), ..Said::default() }));
        let running = is_seen.then(|| {
            let (over, is_over) = channel::<()>();
            let shared = Arc::clone(&said);
            let thread = std::thread::spawn(move || {
                let began = Instant::now();
                let mut turn = 0;
                let mut clones = Clones::of(clones);
                while is_over.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                    if began.elapsed() < UNNOTICED {
                        continue;
                    }
                    turn += 1;
                    let said = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    if turn % 8 == 1 {
                        clones.measure();
                    }
                    draw(&line(&said, clones.growing.as_deref(), turn, began.elapsed()));
                }
                clear();
            });
            (over, thread)
        });
        Self { said, running }
    }

    /// Says that another step has begun, of so many.
    pub(super) fn step(&self, what: &str, done: usize, of: usize) {
        self.say(Said { what: what.to_owned(), steps: Some((done, of)) });
    }

    /// Says that something else is done now.
    pub(super) fn now(&self, what: &str) {
        self.say(Said { what: what.to_owned(), steps: None });
    }

    fn say(&self, said: Said) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((over, thread)) = self.running.take() {
            drop(over);
            drop(thread.join());
        }
    }
}

fn line(said: &Said, growing: Option<&str>, turn: usize, waited: Duration) -> String {
    let sign = TURNS.get(turn % TURNS.len()).copied().unwrap_or("|");
    let how_far = said.steps.map(|(done, of)| format!(" {}", bar(done, of))).unwrap_or_default();
    let growing = growing.map(|growing| format!(", {growing}")).unwrap_or_default();
    format!("{sign}{how_far} {}{growing}, {} s", said.what, waited.as_secs())
}

/// `[####......] 4/10`.
fn bar(done: usize, of: usize) -> String {
    const WIDTH: usize = 20;
    let full = (done.min(of) * WIDTH).checked_div(of).unwrap_or(0);
    format!("[{}{}] {done}/{of}", "#".repeat(full), ".".repeat(WIDTH - full))
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

/// Clones that were missing when the wait began.
struct Clones {
    sizes: Vec<(Missing, u64)>,
    growing: Option<String>,
}

impl Clones {
    fn of(clones: Vec<Missing>) -> Self {
        Self { sizes: clones.into_iter().map(|clone| (clone, 0)).collect(), growing: None }
    }

    /// Looks which of them has grown since the last look.
    fn measure(&mut self) {
        self.growing = None;
        for (clone, before) in &mut self.sizes {
            let now = size(&clone.folder, DEEPEST);
            if now > *before {
                self.growing = Some(format!("cloning {} ({})", clone.name, megabytes(now)));
                *before = now;
            }
        }
    }
}

/// Folders of git are not nested deeper.
const DEEPEST: u8 = 5;

/// The size of the files in a folder and those below; a clone has few, and large ones.
fn size(folder: &Path, depth: u8) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() && depth > 0 => size(&entry.path(), depth - 1),
        Ok(data) if data.is_file() => data.len(),
        _ => 0,
    });
    sizes.sum()
}

fn draw(text: &str) {
    let columns = terminal::width_of_stderr().unwrap_or(80);
    let text: String = clean::one_line(text, columns.saturating_sub(1));
    let mut stderr = io::stderr().lock();
    drop(write!(stderr, "\r\u{1b}[K{text}").and_then(|()| stderr.flush()));
    DRAWN.store(true, Ordering::Relaxed);
}

/// Takes the line away where it is drawn, before something else is written to the terminal.
pub(super) fn clear() {
    if DRAWN.swap(false, Ordering::Relaxed) {
        drop(write!(io::stderr().lock(), "\r\u{1b}[K"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_how_far_and_how_long() {
        let said = |steps| Said { what: "asking the remotes".to_owned(), steps };
        let of = |said: &Said| line(said, None, 0, Duration::from_secs(7));
        assert_eq!(of(&said(None)), "| asking the remotes, 7 s");
        assert_eq!(
            of(&said(Some((3, 12)))),
            "| [#####...............] 3/12 asking the remotes, 7 s"
        );
        assert_eq!(bar(5, 0), "[....................] 5/0");
        assert_eq!(bar(9, 3), "[####################] 9/3");
    }

    #[test]
    fn a_clone_is_named_while_it_grows() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("web.git");
        let mut clones =
            Clones::of(vec![Missing { name: "acme/web".to_owned(), folder: folder.clone() }]);
        clones.measure();
        assert_eq!(clones.growing, None);
        std::fs::create_dir_all(folder.join("objects")).unwrap();
        crate::sys::files::replace(&folder.join("objects/pack"), &vec![0; 1_250_000]).unwrap();
        clones.measure();
        assert_eq!(clones.growing.as_deref(), Some("cloning acme/web (1.2 MB)"));
        clones.measure();
        assert_eq!(clones.growing, None, "it is complete");
    }
}
