//! The head of a task file: its front matter without its body, which may be long. What does not end within the first bytes is read whole.

use std::path::Path;

use crate::domain::task::Task;
use crate::domain::task_file;
use crate::sys::files;

/// A front matter of ours is far shorter.
const HEAD_BYTES: usize = 4096;

/// A task as its front matter tells it. The body is missing, so that it must never be written back: for that the task is read anew under
/// its lease.
#[derive(Debug)]
pub struct Head(Task);

impl Head {
    /// The head of a task that was read whole.
    pub(super) fn of(task: Task) -> Self {
        Self(Task { body: String::new(), ..task })
    }

    /// What the front matter says, with an empty body.
    pub fn keys(&self) -> &Task {
        &self.0
    }
}

/// Reads the head of a file, or `None` when only reading it whole can tell.
pub(super) fn head(path: &Path, stem: &str) -> Option<Head> {
    // Anything but a regular file is left to the reader that can say what it is.
    let text = files::read_head(path, HEAD_BYTES).ok()?;
    let yaml = text.strip_prefix(b"---\n").and_then(up_to_marker)?;
    let text = format!("---\n{}---\n", std::str::from_utf8(yaml).ok()?);
    let task = task_file::parse(&text, "").ok()?;
    (task.id.as_str() == stem).then_some(Head(task))
}

/// The text up to the line that ends the front matter.
fn up_to_marker(text: &[u8]) -> Option<&[u8]> {
    let mut end = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line == b"---\n" {
            return text.get(..end);
        }
        end += line.len();
    }
    None
}
