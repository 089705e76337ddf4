//! Stops a run whose program tells its cost as it goes when that reaches the limit of the run.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::agent::{TranscriptKind, prices, transcript};
use crate::sys::files;
use crate::sys::signals::Stop;

/// Between two looks at the transcript: a model takes longer for an answer.
const PAUSE: Duration = Duration::from_millis(500);

/// Most bytes of a transcript that are read; larger logs are cut by the supervisor.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// A watch over one run.
pub(super) struct Watch {
    over: Sender<()>,
    thread: JoinHandle<Option<u64>>,
}

/// What a watch reads.
pub(super) struct Meter {
    /// The dialect of the output.
    pub(super) kind: TranscriptKind,
    /// Where the output is written.
    pub(super) stdout: PathBuf,
    /// The model, where the output does not name it.
    pub(super) model: Option<String>,
}

impl Meter {
    /// What the run has cost so far, in millionths of a dollar, as far as its output tells.
    fn read(&self) -> Option<u64> {
        let bytes = files::read_bytes(&self.stdout, MAX_BYTES).ok()?;
        cost_of(self.kind, &bytes, self.model.as_deref())
    }
}

fn cost_of(kind: TranscriptKind, stdout: &[u8], model: Option<&str>) -> Option<u64> {
    let facts = transcript::read(kind, stdout, &[], jiff::Timestamp::UNIX_EPOCH);
    let usage = facts.usage?;
    Some(prices::cost(&usage, facts.model.as_deref().or(model)))
}

impl Watch {
    /// Begins to watch; asks `stop` when the limit is reached.
    pub(super) fn begin(meter: Meter, limit: u64, stop: Stop) -> Self {
        let (over, is_over) = channel();
        let thread = std::thread::spawn(move || {
            let mut size = 0;
            while is_over.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let now = size_of(&meter.stdout);
                if now == size {
                    continue;
                }
                size = now;
                if let Some(cost) = meter.read().filter(|cost| *cost >= limit) {
                    stop.request();
                    return Some(cost);
                }
            }
            None
        });
        Self { over, thread }
    }

    /// Ends the watch; says what the run had cost when it was stopped, if it was.
    pub(super) fn end(self) -> Option<u64> {
        drop(self.over);
        self.thread.join().ok().flatten()
    }
}

fn size_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test writes as an agent does")]

    use super::*;

    #[test]
    fn what_a_run_has_cost_is_told_before_it_ends() {
        let claude = r#"{"type":"system","subtype":"init","session_id":"s","model":"claude-sonnet-4-6"}
{"type":"assistant","message":{"id":"1","usage":{"input_tokens":1000,"output_tokens":100},"content":[]}}
"#;
        let cost = cost_of(TranscriptKind::Claude, claude.as_bytes(), None);
        assert_eq!(cost, Some(3000 + 1500));
        let step = r#"{"type":"step_finish","sessionID":"s","part":{"cost":0.25,"tokens":{"input":10,"output":1}}}"#;
        let twice = format!("{step}\n{step}\n");
        assert_eq!(cost_of(TranscriptKind::Opencode, twice.as_bytes(), None), Some(500_000));
        assert_eq!(cost_of(TranscriptKind::Codex, b"{\"type\":\"turn.started\"}", None), None);
    }

    #[test]
    fn a_run_is_stopped_at_its_limit_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let stdout = dir.path().join("out");
        let step = r#"{"type":"step_finish","sessionID":"s","part":{"cost":0.25,"tokens":{}}}"#;
        let watch = |limit| {
            let meter =
                Meter { kind: TranscriptKind::Opencode, stdout: stdout.clone(), model: None };
            let wish = Stop::never();
            (Watch::begin(meter, limit, wish.clone()), wish)
        };
        std::fs::write(&stdout, format!("{step}\n{step}\n")).unwrap();
        let (low, asked) = watch(500_000);
        while !asked.requested() {
            std::thread::yield_now();
        }
        assert_eq!(low.end(), Some(500_000));
        let (high, asked) = watch(500_001);
        assert_eq!(high.end(), None);
        assert!(!asked.requested());
    }
}
