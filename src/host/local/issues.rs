//! Issues and their columns, by the traits and for the command line.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;

use super::issue_file::{self, merged_labels, words};
use super::local_host::{FileKind, LocalHost};
use super::values::one_line;
use super::yaml_lines::Change;
use crate::domain::admission::is_ready;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{BoardStatus, Comment, Issue, IssueState};
use crate::host::{Access, Board, HostError, Issues, LabelChange, MadeReady, NewIssue};

impl LocalHost {
    /// Lists the issues, the closed ones only if `all`; files that cannot be read are [`LocalHost::problems`].
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn list_issues(&self, all: bool) -> Result<Vec<Issue>, HostError> {
        let issues = self.read_all(FileKind::Issues, |card, number| {
            // A closed one is left out before anything is made of its text.
            if !all && issue_file::state(card)? == IssueState::Closed {
                return Ok(None);
            }
            issue_file::read(card, IssueNumber(number)).map(Some)
        })?;
        Ok(issues.into_iter().flatten().collect())
    }

    /// Names the issues that are closed.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn closed_issue_numbers(&self) -> Result<BTreeSet<IssueNumber>, HostError> {
        let states = self.read_all(FileKind::Issues, |card, number| {
            Ok((IssueNumber(number), issue_file::state(card)?))
        })?;
        let closed = |(number, state)| (state == IssueState::Closed).then_some(number);
        Ok(states.into_iter().filter_map(closed).collect())
    }

    /// Opens a closed issue again; an open one is left as it is.
    ///
    /// # Errors
    ///
    /// As those of [`Issues::close_issue`].
    pub fn reopen(&self, number: IssueNumber) -> Result<(), HostError> {
        self.change(FileKind::Issues, number.0, |card| match issue_file::state(card)? {
            IssueState::Open => Ok(Vec::new()),
            IssueState::Closed => {
                Ok(vec![Change::text("state", "open"), Change::Remove("closed_at")])
            }
        })
    }
}

#[async_trait(?Send)]
impl Issues for LocalHost {
    async fn open_issues(&self) -> Result<Vec<Issue>, HostError> {
        self.list_issues(false)
    }

    async fn ready_issues(&self) -> Result<Vec<Issue>, HostError> {
        let mut issues = self.list_issues(false)?;
        issues.retain(is_ready);
        Ok(issues)
    }

    async fn labelled(&self, label: &str) -> Result<Vec<Issue>, HostError> {
        let mut issues = self.list_issues(false)?;
        issues.retain(|issue| issue.has_label(label));
        Ok(issues)
    }

    async fn closed_since(&self, since: Timestamp) -> Result<Vec<Issue>, HostError> {
        let mut issues = self.list_issues(true)?;
        issues.retain(|issue| issue.state == IssueState::Closed && issue.updated_at >= since);
        Ok(issues)
    }

    /// The board folder is trusted: nobody has to be named.
    async fn made_ready(&self, _number: IssueNumber) -> Result<Option<MadeReady>, HostError> {
        Ok(None)
    }

    async fn issue(&self, number: IssueNumber) -> Result<Issue, HostError> {
        issue_file::read(&self.read(FileKind::Issues, number.0)?, number)
    }

    async fn comments(&self, number: IssueNumber) -> Result<Vec<Comment>, HostError> {
        self.read_comments(number)
    }

    async fn create_issue(&self, issue: &NewIssue) -> Result<Issue, HostError> {
        let author = one_line(&issue.author);
        let author = if author.is_empty() { &self.options.account } else { &author };
        let keys = issue_file::fresh(issue, author, &self.stamp())?;
        let number = {
            let lock = self.lock()?;
            self.create(&lock, FileKind::Issues, &keys, &issue.body)?
        };
        self.issue(IssueNumber(number)).await
    }

    async fn add_comment(&self, number: IssueNumber, body: &str) -> Result<Comment, HostError> {
        self.add_comment_as(number, &self.options.account, body)
    }

    async fn edit_comment(
        &self,
        number: IssueNumber,
        id: u64,
        body: &str,
    ) -> Result<Option<Comment>, HostError> {
        self.replace_comment(number, id, body).map(|()| None)
    }

    async fn change_labels(
        &self,
        number: IssueNumber,
        change: &LabelChange,
    ) -> Result<Option<Vec<String>>, HostError> {
        self.change(FileKind::Issues, number.0, |card| {
            let present = card.list("labels");
            let wanted = merged_labels(&present, &change.add, &change.remove);
            if wanted == present {
                return Ok(Vec::new());
            }
            Ok(vec![Change::Set("labels", words(&wanted))])
        })
        .map(|()| None)
    }

    async fn close_issue(&self, number: IssueNumber) -> Result<Option<Issue>, HostError> {
        self.change(FileKind::Issues, number.0, |card| match issue_file::state(card)? {
            IssueState::Closed => Ok(Vec::new()),
            IssueState::Open => {
                Ok(vec![Change::text("state", "closed"), Change::text("closed_at", self.stamp())])
            }
        })
        .map(|()| None)
    }
}

#[async_trait(?Send)]
impl Board for LocalHost {
    async fn column(&self, number: IssueNumber) -> Result<Option<BoardStatus>, HostError> {
        Ok(self.issue(number).await?.status)
    }

    async fn set_status(
        &self,
        number: IssueNumber,
        status: BoardStatus,
    ) -> Result<Option<BoardStatus>, HostError> {
        self.change(FileKind::Issues, number.0, |card| {
            let present = card.text("status").as_deref().and_then(BoardStatus::parse_lenient);
            if present == Some(status) {
                return Ok(Vec::new());
            }
            Ok(vec![Change::text("status", status.as_str())])
        })
        .map(|()| None)
    }
}

#[async_trait(?Send)]
impl Access for LocalHost {
    /// Whoever may run this program may use its board.
    async fn preflight(&self) -> Result<(), HostError> {
        Ok(())
    }
}
