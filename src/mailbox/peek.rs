//! The head of a task file: its front matter without its body, which may be long. What does not end within the first bytes is read whole.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::task::{Folder, Task};
use crate::domain::task_file;
use crate::sys::files::{self, Stamp};

/// A front matter of ours is far shorter.
const HEAD_BYTES: usize = 4096;

/// A task as its front matter tells it. The body is missing, so that it must never be written back: for that the task is read anew under
/// its lease.
#[derive(Debug, Clone)]
pub struct Head(Arc<Task>);

impl Head {
    /// The head of a task that was read whole.
    pub(super) fn of(task: Task) -> Self {
        Self(Arc::new(Task { body: String::new(), ..task }))
    }

    /// What the front matter says, with an empty body.
    pub fn keys(&self) -> &Task {
        &self.0
    }
}

/// The heads that this process has read, by folder and name. Files are the truth and may be edited at any time: one is remembered with the
/// stamp of its file, asked for its stamp each time, and read anew when that is another one.
#[derive(Debug)]
pub(super) struct Remembered {
    folders: Mutex<HashMap<Folder, Known>>,
    may_keep: fn(&Stamp) -> bool,
}

/// The heads of one folder with the stamps of their files, by name.
type Known = HashMap<String, (Stamp, Head)>;

impl Default for Remembered {
    fn default() -> Self {
        Self { folders: Mutex::default(), may_keep: Stamp::is_settled }
    }
}

impl Remembered {
    /// The heads of the named files of a folder, and the names of those that only reading them whole can tell about. What is not named any
    /// more is forgotten when all of the folder was named.
    pub(super) fn heads(
        &self,
        folder: Folder,
        dir: &Path,
        stems: Vec<String>,
        is_all: bool,
    ) -> (Vec<Head>, Vec<String>) {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = folders.remove(&folder).unwrap_or_default();
        let mut known = Known::with_capacity(stems.len());
        let (mut heads, mut others) = (Vec::with_capacity(stems.len()), Vec::new());
        for stem in stems {
            let path = dir.join(format!("{stem}.md"));
            let found = before.remove(&stem).filter(|(stamp, _)| Stamp::at(&path) == Some(*stamp));
            let Some((stamp, head)) = found.or_else(|| read(&path, &stem)) else {
                others.push(stem);
                continue;
            };
            heads.push(head.clone());
            if (self.may_keep)(&stamp) {
                known.insert(stem, (stamp, head));
            }
        }
        if !is_all {
            before.extend(known);
            known = before;
        }
        folders.insert(folder, known);
        (heads, others)
    }
}

/// Reads the head of a file, or `None` when only reading it whole can tell.
pub(super) fn head(path: &Path, stem: &str) -> Option<Head> {
    read(path, stem).map(|(_, head)| head)
}

fn read(path: &Path, stem: &str) -> Option<(Stamp, Head)> {
    // Anything but a regular file is left to the reader that can say what it is.
    let (text, stamp) = files::read_stamped_head(path, HEAD_BYTES).ok()?;
    let yaml = text.strip_prefix(b"---\n").and_then(up_to_marker)?;
    let text = format!("---\n{}---\n", std::str::from_utf8(yaml).ok()?);
    let task = task_file::parse(&text, "").ok()?;
    (task.id.as_str() == stem).then(|| (stamp, Head(Arc::new(task))))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::tests::a_task;

    const STEM: &str = "web-42";

    fn folder_with(title: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), title);
        dir
    }

    fn write(dir: &Path, title: &str) {
        let task = Task { id: STEM.parse().unwrap(), title: title.to_owned(), ..a_task() };
        let text = task_file::render(&task).unwrap();
        files::replace(&dir.join(format!("{STEM}.md")), text.as_bytes()).unwrap();
    }

    fn look(remembered: &Remembered, dir: &Path) -> Head {
        let stems = vec![STEM.to_owned()];
        remembered.heads(Folder::Inbox, dir, stems, true).0.remove(0)
    }

    #[test]
    fn a_file_that_did_not_change_is_not_read_again_and_one_that_did_is() {
        let dir = folder_with("one");
        let remembered = Remembered { may_keep: |_| true, ..Remembered::default() };
        let (first, second) = (look(&remembered, dir.path()), look(&remembered, dir.path()));
        assert!(Arc::ptr_eq(&first.0, &second.0));
        write(dir.path(), "two");
        assert_eq!(look(&remembered, dir.path()).keys().title, "two");
        std::fs::remove_file(dir.path().join("web-42.md")).unwrap();
        let (heads, others) =
            remembered.heads(Folder::Inbox, dir.path(), vec![STEM.to_owned()], true);
        assert_eq!((heads.len(), others), (0, vec![STEM.to_owned()]));
    }

    #[test]
    fn a_file_that_was_changed_just_now_is_read_each_time() {
        let dir = folder_with("one");
        let remembered = Remembered::default();
        let (first, second) = (look(&remembered, dir.path()), look(&remembered, dir.path()));
        assert!(!Arc::ptr_eq(&first.0, &second.0));
    }

    #[test]
    fn a_look_at_some_files_does_not_forget_the_others() {
        let dir = folder_with("one");
        let remembered = Remembered { may_keep: |_| true, ..Remembered::default() };
        let first = look(&remembered, dir.path());
        remembered.heads(Folder::Inbox, dir.path(), Vec::new(), false);
        assert!(Arc::ptr_eq(&first.0, &look(&remembered, dir.path()).0));
        remembered.heads(Folder::Inbox, dir.path(), Vec::new(), true);
        assert!(!Arc::ptr_eq(&first.0, &look(&remembered, dir.path()).0));
    }
}
