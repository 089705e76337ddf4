//! `agentos tail`: what the agent of a task writes, as lines for people, while it runs; attempt after attempt until the task is put down.
//! Reads only, and asks no host.

use std::path::{Path, PathBuf};

use crate::agent::TranscriptKind;
use crate::agent::transcript::Teller;
use crate::app::App;
use crate::domain::ids::{AgentName, TaskId};
use crate::domain::task::{Folder, Stage, Task};
use crate::mailbox::MailboxError;
use crate::sys::files;
use crate::text::clean;

/// The longest line that is shown.
const LONGEST: usize = 400;

/// The end of an output in which its last lines are looked for.
const WINDOW: u64 = 256 * 1024;

/// Most of an output that is taken at one look.
const MOST: u64 = 4 * 1024 * 1024;

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// An attempt has begun.
    Attempt {
        /// Its number.
        attempt: u32,
        /// Who runs.
        agent: Option<AgentName>,
    },
    /// A line of its output.
    Line(String),
    /// A stage is finished.
    Stage(Stage),
    /// Nobody works on the task any more.
    Over {
        /// Where it lies; `None` when it lies nowhere any more.
        folder: Option<Folder>,
        /// Why, in one line.
        reason: Option<String>,
    },
}

/// A look at one task, repeated.
pub struct Tail {
    id: TaskId,
    attempt: Option<(u32, Option<AgentName>)>,
    stage: Option<Stage>,
    reader: Option<Reader>,
    over: bool,
}

impl Tail {
    /// Begins at the task's last lines; `None` when there is no such task.
    ///
    /// # Errors
    ///
    /// When its file cannot be read.
    pub fn begin(
        app: &App,
        id: &TaskId,
        lines: usize,
    ) -> Result<Option<(Self, Vec<Told>)>, MailboxError> {
        let Some((folder, task)) = app.mailbox.find(id)? else { return Ok(None) };
        let mut tail =
            Self { id: id.clone(), attempt: None, stage: None, reader: None, over: false };
        let mut told = Vec::new();
        tail.attempt_of(&task, &mut told);
        tail.stage = task.stage;
        if let Some(mut reader) = Reader::of(app, &task) {
            let all = reader.last(app);
            let skipped = all.len().saturating_sub(lines);
            told.extend(all.into_iter().skip(skipped).map(Told::Line));
            tail.reader = Some(reader);
        }
        tail.end_unless_worked_on(Some(folder), task.reason, &mut told);
        Ok(Some((tail, told)))
    }

    /// Whether nothing more will come.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// What has come since the last look.
    ///
    /// # Errors
    ///
    /// When the task's file cannot be read.
    pub fn look(&mut self, app: &App) -> Result<Vec<Told>, MailboxError> {
        let mut told = Vec::new();
        let Some((folder, task)) = app.mailbox.find(&self.id)? else {
            self.close(app, &mut told);
            self.end_unless_worked_on(None, None, &mut told);
            return Ok(told);
        };
        let is_next = self.attempt.as_ref() != Some(&(task.attempt, who(&task)));
        if folder == Folder::Processing && is_next {
            self.close(app, &mut told);
            self.attempt_of(&task, &mut told);
        }
        if folder == Folder::Processing {
            let dir = app.runs(&self.id).join(task.run_label());
            let reader =
                self.reader.get_or_insert_with(|| Reader::at_start(&dir, kind(app, &task)));
            told.extend(reader.more(app).into_iter().map(Told::Line));
        } else {
            self.close(app, &mut told);
        }
        if self.stage != task.stage && folder == Folder::Processing {
            told.extend(task.stage.map(Told::Stage));
            self.stage = task.stage;
        }
        self.end_unless_worked_on(Some(folder), task.reason, &mut told);
        Ok(told)
    }

    fn attempt_of(&mut self, task: &Task, told: &mut Vec<Told>) {
        let agent = who(task);
        self.attempt = Some((task.attempt, agent.clone()));
        self.stage = None;
        told.push(Told::Attempt { attempt: task.attempt, agent });
    }

    /// Takes what is left of the present output.
    fn close(&mut self, app: &App, told: &mut Vec<Told>) {
        if let Some(mut reader) = self.reader.take() {
            told.extend(reader.more(app).into_iter().map(Told::Line));
            told.extend(reader.end(app).into_iter().map(Told::Line));
        }
    }

    fn end_unless_worked_on(
        &mut self,
        folder: Option<Folder>,
        reason: Option<String>,
        told: &mut Vec<Told>,
    ) {
        if folder != Some(Folder::Processing) && !self.over {
            self.over = true;
            told.push(Told::Over { folder, reason });
        }
    }
}

fn who(task: &Task) -> Option<AgentName> {
    task.assigned.clone().or_else(|| task.tried.last().cloned())
}

fn kind(app: &App, task: &Task) -> TranscriptKind {
    let table = who(task).and_then(|name| app.agents.get(&name));
    table.map_or(TranscriptKind::Plain, |table| table.transcript)
}

/// The last line of what the agent of a task has written so far.
pub(super) fn last_line(app: &App, task: &Task) -> Option<String> {
    Reader::at_start(&app.runs(&task.id).join(task.run_label()), kind(app, task)).last(app).pop()
}

/// Reads one output as it grows.
struct Reader {
    path: PathBuf,
    kind: TranscriptKind,
    teller: Teller,
    position: u64,
    /// Which file it was; a run that is begun again writes another one.
    identity: Option<u64>,
}

impl Reader {
    fn at_start(dir: &Path, kind: TranscriptKind) -> Self {
        let path = dir.join("agent.stdout.log");
        Self { path, kind, teller: Teller::new(kind), position: 0, identity: None }
    }

    /// The output of the present run, else the newest that there is.
    fn of(app: &App, task: &Task) -> Option<Self> {
        let runs = app.runs(&task.id);
        let present = runs.join(task.run_label());
        if present.join("agent.stdout.log").is_file() {
            return Some(Self::at_start(&present, kind(app, task)));
        }
        let written = |dir: &Path| dir.join("agent.stdout.log").metadata().ok()?.modified().ok();
        let entries = std::fs::read_dir(runs).ok()?.flatten().map(|entry| entry.path());
        let newest = entries.filter_map(|dir| Some((written(&dir)?, dir))).max()?.1;
        Some(Self::at_start(&newest, kind(app, task)))
    }

    /// The lines at its end, from where the next look goes on.
    fn last(&mut self, app: &App) -> Vec<String> {
        let Ok(piece) = files::read_from(&self.path, u64::MAX, 0) else { return Vec::new() };
        self.position = piece.length.saturating_sub(WINDOW);
        let is_cut = self.position > 0;
        self.identity = Some(piece.identity);
        let mut lines = self.more(app);
        if is_cut && !lines.is_empty() {
            // Only a part of it.
            lines.remove(0);
        }
        lines
    }

    /// The lines that have come.
    fn more(&mut self, app: &App) -> Vec<String> {
        let Ok(mut piece) = files::read_from(&self.path, self.position, MOST) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        let is_other = self.identity.is_some_and(|known| known != piece.identity);
        if is_other {
            (self.position, self.teller) = (0, Teller::new(self.kind));
        } else if piece.length < self.position {
            // Its middle was cut out, to keep it small.
            lines.push("… (some of the output is not kept)".to_owned());
            self.teller = Teller::new(self.kind);
            self.position = piece.length;
        }
        if is_other {
            match files::read_from(&self.path, 0, MOST) {
                Ok(again) => piece = again,
                Err(_) => return lines,
            }
        }
        self.identity = Some(piece.identity);
        self.position += u64::try_from(piece.bytes.len()).unwrap_or_default();
        lines.extend(self.teller.take(&piece.bytes).iter().map(|line| shown(app, line)));
        lines
    }

    fn end(&mut self, app: &App) -> Vec<String> {
        self.teller.end().iter().map(|line| shown(app, line)).collect()
    }
}

/// Secrets are looked for in the whole line.
fn shown(app: &App, line: &str) -> String {
    clean::one_line(&app.redactor.redact(line), LONGEST)
}
