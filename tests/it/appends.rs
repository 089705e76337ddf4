//! Many processes write their metrics into one file at once, as the workers of several `queue` runs do.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use agentos::journal::Journal;
use agentos::sys::files::FileError;
use serde_json::{Value, json};

/// The test whose process is started as a writer.
const TEST: &str = "appends::eight_processes_that_append_at_once_lose_no_line";

/// The folder and the name of a writer; only writers have them.
const PLACE: &str = "APPENDS_PLACE";
const WRITER: &str = "APPENDS_WRITER";

const FILE: &str = "agent_stats.jsonl";
const WRITERS: usize = 8;
const LINES: usize = 250;

/// What the writer that is killed would write: more than it comes to, and not so much that a slow machine's memory is full of it.
const MANY: usize = 20 * LINES;

/// Waits until the others are there too, and writes.
fn write(place: &Path, writer: &str, lines: usize) {
    let journal = Journal::new(place.join("journal"), place.to_owned());
    // The end of this input is the start for all of them.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    for n in 0..lines {
        let line = json!({"task_id": writer, "n": n, "filling": "x".repeat(n * 37 % 9000)});
        journal.measure(FILE, &line).unwrap();
    }
}

fn start(place: &Path, writer: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", TEST]).env(PLACE, place).env(WRITER, writer);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
}

/// The numbers of each writer's lines, in the order of the file; every line is whole.
fn read(place: &Path) -> BTreeMap<String, Vec<u64>> {
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let journal = Journal::new(place.join("journal"), place.to_owned());
    let read = journal.each_metric(FILE, &mut |line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let writer = line["task_id"].as_str().unwrap().to_owned();
        found.entry(writer).or_default().push(line["n"].as_u64().unwrap());
    });
    // The writers may not have begun.
    assert!(matches!(read, Ok(()) | Err(FileError::NotFound { .. })), "{read:?}");
    found
}

#[test]
fn eight_processes_that_append_at_once_lose_no_line() {
    if let (Some(place), Ok(writer)) = (std::env::var_os(PLACE), std::env::var(WRITER)) {
        let lines = if writer == "killed" { MANY } else { LINES };
        return write(Path::new(&place), &writer, lines);
    }
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let dir = tempfile::tempdir_in(place).unwrap();
    let mut writers: Vec<Child> = (0..WRITERS).map(|n| start(dir.path(), &n.to_string())).collect();
    // One more is killed while it writes: whatever it leaves takes no line from the others.
    let mut killed = start(dir.path(), "killed");
    drop(killed.stdin.take());
    for writer in &mut writers {
        drop(writer.stdin.take());
    }
    // What is read meanwhile has whole lines only.
    drop(read(dir.path()));
    killed.kill().unwrap();
    killed.wait().unwrap();
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    let mut found = read(dir.path());
    found.remove("killed");
    let all: Vec<u64> = (0..LINES as u64).collect();
    let expected: BTreeMap<String, Vec<u64>> =
        (0..WRITERS).map(|n| (n.to_string(), all.clone())).collect();
    assert_eq!(found, expected);
}
