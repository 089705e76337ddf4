//! Answers remembered on disk, so that asking whether they changed costs nothing: complete answers of status 200 only, by address, token and
//! media type. What is torn or foreign counts as not there.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::http::MEDIA_TYPE;
use crate::sys::clock::{Clock, SystemClock};
use crate::sys::files::{self, FileError};
use crate::text::hash::sha256_hex;

/// Most that is kept; the answers that were of use longest ago go first.
const MAX_BYTES: u64 = 64 << 20;
/// What is left after that.
const KEPT_BYTES: u64 = 48 << 20;
/// Larger answers are read anew every time.
const MAX_ENTRY_BYTES: u64 = 8 << 20;
/// Longest first line of an entry.
const MAX_HEAD_BYTES: usize = 16 << 10;
/// An answer of use is marked as such at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(3_600);

/// An answer as it was when it was last complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) etag: String,
    pub(super) link: Option<String>,
    pub(super) body: Vec<u8>,
}

/// The first line of an entry; the body follows.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    url: String,
    token_id: String,
    etag: String,
    link: Option<String>,
    length: usize,
}

/// The folder of remembered answers.
pub(super) struct Cache {
    dir: PathBuf,
    most: u64,
    kept: u64,
    /// Bytes in the folder, once somebody wanted to know.
    size: Cell<Option<u64>>,
}

impl Cache {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self::bounded(dir, MAX_BYTES, KEPT_BYTES)
    }

    fn bounded(dir: PathBuf, most: u64, kept: u64) -> Self {
        Self { dir, most, kept, size: Cell::new(None) }
    }

    /// Finds the answer to a request of ours, complete and whole, or nothing.
    pub(super) fn find(&self, url: &str, token_id: &str) -> Option<Remembered> {
        let bytes = files::read_bytes(&self.file(url, token_id), 2 * MAX_ENTRY_BYTES).ok()?;
        let (head, body) = bytes.split_at_checked(bytes.iter().position(|byte| *byte == b'\n')?)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let body = body.get(1..)?;
        let ours = head.url == url && head.token_id == token_id && head.length == body.len();
        // After a loss of power the length may be right and the bytes not.
        (ours && is_json(body)).then(|| Remembered {
            etag: head.etag,
            link: head.link,
            body: body.to_vec(),
        })
    }

    /// Remembers an answer, unless exactly it is remembered already. Trouble with the disk costs later requests and nothing else.
    pub(super) fn keep(&self, url: &str, token_id: &str, answer: &Remembered) {
        let size = u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
        if size > MAX_ENTRY_BYTES || !is_json(&answer.body) {
            return;
        }
        let head = Head {
            url: url.to_owned(),
            token_id: token_id.to_owned(),
            etag: answer.etag.clone(),
            link: answer.link.clone(),
            length: answer.body.len(),
        };
        let file = self.file(url, token_id);
        if head_of(&file).as_ref() == Some(&head) {
            return;
        }
        let Ok(mut bytes) = serde_json::to_vec(&head) else { return };
        if bytes.len() >= MAX_HEAD_BYTES {
            return;
        }
        bytes.push(b'\n');
        bytes.extend_from_slice(&answer.body);
        if let Err(error) = self.write(&file, &bytes) {
            tracing::debug!(%error, "cannot remember an answer of GitHub");
        }
    }

    /// Notes that an answer was of use. It writes only where something would soon be removed; else an idle run would write.
    pub(super) fn touch(&self, url: &str, token_id: &str) {
        let near = self.most - (self.most - self.kept) / 2;
        if self.size() < near {
            return;
        }
        let path = self.file(url, token_id);
        let now = SystemTime::from(SystemClock.now());
        let recently = |modified: SystemTime| {
            now.duration_since(modified).is_ok_and(|passed| passed < TOUCH_EVERY)
        };
        if fs::metadata(&path).and_then(|found| found.modified()).is_ok_and(recently) {
            return;
        }
        let touched = fs::OpenOptions::new().write(true).open(&path);
        // An entry that has just been removed is no loss.
        drop(touched.and_then(|file| file.set_modified(now)));
    }

    fn file(&self, url: &str, token_id: &str) -> PathBuf {
        self.dir.join(sha256_hex(format!("{url}\n{token_id}\n{MEDIA_TYPE}").as_bytes()))
    }

    fn write(&self, file: &std::path::Path, bytes: &[u8]) -> Result<(), FileError> {
        match files::replace_unsynced(file, bytes) {
            Err(FileError::NotFound { .. }) => {
                files::make_dir(&self.dir)?;
                files::replace_unsynced(file, bytes)?;
            }
            other => other?,
        }
        // A replaced entry counts twice until the next look at the folder: too much rather than too little.
        let size = self.size().saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.size.set(Some(size));
        if size > self.most {
            self.evict();
        }
        Ok(())
    }

    fn size(&self) -> u64 {
        let size = self.size.get().unwrap_or_else(|| self.entries().iter().map(|e| e.size).sum());
        self.size.set(Some(size));
        size
    }

    /// Removes what was of use longest ago, and drafts of dead processes.
    fn evict(&self) {
        files::remove_stale_drafts(&self.dir);
        let mut entries = self.entries();
        let mut size: u64 = entries.iter().map(|entry| entry.size).sum();
        if size > self.most {
            entries.sort_by_key(|entry| entry.modified);
            for entry in entries {
                if size <= self.kept {
                    break;
                }
                if files::remove_unsynced(&entry.path).is_ok() {
                    size = size.saturating_sub(entry.size);
                }
            }
        }
        self.size.set(Some(size));
    }

    fn entries(&self) -> Vec<Entry> {
        let Ok(folder) = fs::read_dir(&self.dir) else { return Vec::new() };
        let entry = |found: std::io::Result<fs::DirEntry>| {
            let found = found.ok()?;
            let metadata = found.metadata().ok().filter(fs::Metadata::is_file)?;
            // Only what has a name of ours: nobody else's file is counted or removed.
            let name = found.file_name().into_string().ok()?;
            let ours = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            let modified = metadata.modified().ok()?;
            ours.then(|| Entry { path: found.path(), size: metadata.len(), modified })
        };
        folder.filter_map(entry).collect()
    }
}

/// A file of the folder.
struct Entry {
    path: PathBuf,
    size: u64,
    modified: SystemTime,
}

fn head_of(file: &std::path::Path) -> Option<Head> {
    let bytes = files::read_head(file, MAX_HEAD_BYTES).ok()?;
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    serde_json::from_slice(bytes.get(..end)?).ok()
}

fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://api.github.com/user";

    fn answer(body: &str) -> Remembered {
        Remembered {
            etag: format!("W/\"{}\"", sha256_hex(body.as_bytes())),
            link: Some("<https://x>; rel=\"next\"".to_owned()),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn an_answer_comes_back_as_it_was_for_its_address_and_token_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().join("cache"));
        assert_eq!(cache.find(URL, "one"), None);
        cache.keep(URL, "one", &answer("[1]"));
        assert_eq!(cache.find(URL, "one"), Some(answer("[1]")));
        assert_eq!(cache.find(URL, "two"), None);
        assert_eq!(cache.find("https://api.github.com/user?page=2", "one"), None);
        cache.keep(URL, "one", &answer("[2]"));
        assert_eq!(cache.find(URL, "one"), Some(answer("[2]")));
    }

    #[test]
    fn torn_and_foreign_files_are_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().to_path_buf());
        cache.keep(URL, "one", &answer("[1,2,3]"));
        let file = cache.file(URL, "one");
        let whole = fs::read(&file).unwrap();
        for length in 0..whole.len() {
            files::replace(&file, &whole[..length]).unwrap();
            assert_eq!(cache.find(URL, "one"), None, "{length}");
        }
        let mut zeroed = whole.clone();
        let from = whole.len() - 3;
        zeroed[from..].fill(0);
        for foreign in [zeroed, b"\n".to_vec(), b"{}\n[1]".to_vec()] {
            files::replace(&file, &foreign).unwrap();
            assert_eq!(cache.find(URL, "one"), None);
        }
        // An entry of another address under this name, as a copied folder may have it.
        fs::copy(&file, cache.file("https://other", "one")).unwrap();
        assert_eq!(cache.find("https://other", "one"), None);
        cache.keep(URL, "one", &answer("[4]"));
        assert_eq!(cache.find(URL, "one"), Some(answer("[4]")));
    }

    #[test]
    fn what_is_no_json_is_not_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().to_path_buf());
        cache.keep(URL, "one", &answer("[1,"));
        cache.keep(URL, "two", &answer("<html>"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_same_answer_is_not_written_again_and_use_is_not_noted_while_there_is_room() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().to_path_buf());
        cache.keep(URL, "one", &answer("[1]"));
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let file = cache.file(URL, "one");
        fs::OpenOptions::new().write(true).open(&file).unwrap().set_modified(old).unwrap();
        cache.keep(URL, "one", &answer("[1]"));
        cache.touch(URL, "one");
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), old);
    }

    #[test]
    fn what_was_of_use_longest_ago_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::bounded(dir.path().to_path_buf(), 3_500, 2_400);
        let body = format!("\"{}\"", "x".repeat(600));
        let url = |n: u64| format!("{URL}/{n}");
        for n in 0..4 {
            cache.keep(&url(n), "one", &answer(&body));
            let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + n);
            let file = fs::OpenOptions::new().write(true).open(cache.file(&url(n), "one"));
            file.unwrap().set_modified(old).unwrap();
        }
        files::replace(&dir.path().join("somebody's"), &[0; 5_000]).unwrap();
        cache.touch(&url(0), "one");
        cache.keep(&url(4), "one", &answer(&body));
        let left: Vec<u64> = (0..5).filter(|n| cache.find(&url(*n), "one").is_some()).collect();
        assert!(left.contains(&0) && left.contains(&4) && !left.contains(&1), "{left:?}");
        assert!(dir.path().join("somebody's").exists());
    }
}
