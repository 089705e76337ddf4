//! What is happening, for people: to standard error, and the same lines to `runtime/logs/<job>.log`, rotated.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use super::args::Global;
use crate::app::App;
use crate::text::clean;
use crate::text::redact::Redactor;

/// A log is rotated when it is larger.
const MAX_LOG_BYTES: u64 = 5 * 1024 * 1024;

/// So many rotated logs are kept.
const KEPT: u32 = 3;

/// The log of one job.
pub(super) struct JobLog {
    path: PathBuf,
}

impl JobLog {
    /// The log of a job, rotated when it has grown too large. Logging never stops a job.
    pub(super) fn open(app: &App, job: &str) -> Self {
        let dir = &app.settings.logs_dir;
        drop(crate::sys::files::make_dir(dir));
        let path = dir.join(format!("{job}.log"));
        // What cron's runs say is written by the shell, which opens the file anew for each.
        for grown in [&path, &dir.join("cron.log")] {
            if fs::metadata(grown).is_ok_and(|metadata| metadata.len() > MAX_LOG_BYTES) {
                rotate(grown);
            }
        }
        Self { path }
    }

    /// Appends one line with its time.
    pub(super) fn line(&self, now: Timestamp, text: &str) {
        if let Ok(mut file) = append(&self.path) {
            drop(file.write_all(format!("{now} {}\n", clean::one_line(text, 4000)).as_bytes()));
        }
    }

    /// From now on events go to standard error (as far as wanted) and to this log.
    pub(super) fn listen(&self, app: &App, global: &Global) {
        let level = match (global.quiet, global.verbose) {
            (true, _) => Level::ERROR,
            (false, 0) => Level::WARN,
            (false, 1) => Level::INFO,
            (false, _) => Level::DEBUG,
        };
        let level = app
            .environment
            .get("AGENTOS_LOG")
            .and_then(|wanted| wanted.parse().ok())
            .unwrap_or(level);
        let writer = Both {
            file: append(&self.path).ok().map(|file| Arc::new(Mutex::new(file))),
            redactor: app.redactor.clone(),
        };
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_target(false)
            .with_ansi(false)
            .with_writer(writer)
            .finish();
        // A second job of the same process (`tick`) keeps the first one's listener.
        drop(tracing::subscriber::set_global_default(subscriber));
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a log may lose its last lines in a crash; nothing depends on it"
)]
fn rotate(path: &Path) {
    let numbered = |n: u32| PathBuf::from(format!("{}.{n}", path.display()));
    for n in (1..KEPT).rev() {
        drop(fs::rename(numbered(n), numbered(n + 1)));
    }
    drop(fs::rename(path, numbered(1)));
}

#[derive(Clone)]
struct Both {
    file: Option<Arc<Mutex<File>>>,
    redactor: Redactor,
}

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = self.redactor.redact(&clean::terminal(&String::from_utf8_lossy(bytes)));
        super::progress::clear();
        drop(io::stderr().lock().write_all(text.as_bytes()));
        if let Some(file) = &self.file
            && let Ok(mut file) = file.lock()
        {
            drop(file.write_all(text.as_bytes()));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Both {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        self.clone()
    }
}
