//! Reading and writing the comments of an issue.

use std::path::Path;

use super::card::{self, MAX_FILE_BYTES};
use super::comment_file::Thread;
use super::comment_header::{Header, author_name};
use super::local_host::{FileKind, LocalHost};
use super::{failure, values};
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{Comment, Trust};
use crate::host::HostError;
use crate::sys::files::{self, FileError};

impl LocalHost {
    /// Adds a comment in somebody's name, as a person does on the command line.
    ///
    /// # Errors
    ///
    /// When there is no such issue, its comments cannot be read or have become too long, or the disk refuses; nothing is written then.
    pub fn add_comment_as(
        &self,
        number: IssueNumber,
        author: &str,
        body: &str,
    ) -> Result<Comment, HostError> {
        let author = author_name(author);
        let _lock = self.lock()?;
        let (text, modified) = self.comments_text(number)?;
        let thread = Thread::parse(&text, number, modified);
        let header = Header { author, moment: self.now(), id: Some(thread.next_id()) };
        self.write_comments(number, &thread.with_added(&header, body))?;
        let ours = header.author == self.options.account;
        Ok(Comment {
            id: thread.next_id(),
            author: header.author,
            author_trust: Trust::Trusted,
            ours,
            edited: false,
            body: body.to_owned(),
            created_at: header.moment,
        })
    }

    pub(super) fn read_comments(&self, number: IssueNumber) -> Result<Vec<Comment>, HostError> {
        let (text, modified) = self.comments_text(number)?;
        Ok(Thread::parse(&text, number, modified).comments(&self.options.account))
    }

    /// Replaces the text of a comment of ours; the same text is not written again.
    pub(super) fn replace_comment(
        &self,
        number: IssueNumber,
        id: u64,
        body: &str,
    ) -> Result<(), HostError> {
        let what = format!("comment {id} on {}", self.name(FileKind::Issues, number.0));
        let comments = self.read_comments(number)?;
        let Some(comment) = comments.into_iter().find(|comment| comment.id == id) else {
            return Err(HostError::NotFound { what });
        };
        if !comment.ours {
            let reason = format!("it was written by {}", comment.author);
            return Err(failure::refused(format!("edit {what}"), reason));
        }
        if comment.body == body {
            return Ok(());
        }
        let _lock = self.lock()?;
        let (text, modified) = self.comments_text(number)?;
        let replaced = Thread::parse(&text, number, modified).with_replaced(id, body);
        self.write_comments(number, &replaced.ok_or(HostError::NotFound { what })?)
    }

    /// The file with the comments of an issue that exists, and when it was written; empty where nobody commented.
    fn comments_text(&self, number: IssueNumber) -> Result<(String, jiff::Timestamp), HostError> {
        let what = self.name(FileKind::Issues, number.0);
        let issue = self.file(FileKind::Issues, number.0);
        if !exists(&issue) {
            return Err(HostError::NotFound { what });
        }
        let what = format!("the thread of {what}");
        let path = self.comments_file(number);
        match files::read_text(&path, MAX_FILE_BYTES) {
            Ok(text) => Ok((text, card::modified(&path, &what)?)),
            Err(FileError::NotFound { .. }) => Ok((String::new(), values::seconds(self.now()))),
            Err(error) => Err(failure::of_file(&what, &error)),
        }
    }

    fn write_comments(&self, number: IssueNumber, text: &str) -> Result<(), HostError> {
        let what = format!("the thread of {}", self.name(FileKind::Issues, number.0));
        card::check_size(&what, text.len())?;
        files::replace(&self.comments_file(number), text.as_bytes())
            .map_err(|error| failure::of_write(&what, &error))
    }
}

fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}
