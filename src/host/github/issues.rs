//! Issues and their columns.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;

use super::client::Reads;
use super::comments::check_length;
use super::endpoints;
use super::host::GithubHost;
use super::wire;
use crate::domain::admission::{READY, is_ready};
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{BoardStatus, Comment, Issue, IssueState};
use crate::host::{Board, HostError, Issues, LabelChange, MadeReady, MissingColumns, NewIssue};
use crate::text::clean;

/// GitHub takes no longer title.
pub(super) const MAX_TITLE_CHARS: usize = 256;

impl GithubHost {
    /// Reads one issue; the number of a pull request is none.
    pub(super) async fn read_issue(&self, number: IssueNumber) -> Result<wire::Issue, HostError> {
        let call = self.call(&endpoints::ISSUE).with("issue_number", number.0);
        let answer = self.get::<wire::Issue>(call).await;
        let issue = self.of_issue(answer, number).await?;
        if issue.is_pull_request() {
            let thing = format!("issue {number} (it is a pull request)");
            return Err(HostError::NotFound { what: self.name(thing) });
        }
        if issue.number != number.0 {
            let reason = format!("the answer is about #{}", issue.number);
            return Err(wire::malformed(self.name(format_args!("issue {number}")), reason));
        }
        self.remember_issue(number);
        Ok(issue)
    }

    /// Lists open issues, oldest first, without pull requests.
    async fn list_issues(&self, label: Option<&str>) -> Result<Vec<wire::Issue>, HostError> {
        let call = self.call(&endpoints::ISSUES).query("state", "open");
        let call = call.query("sort", "created").query("direction", "asc");
        // A comma separates labels in a query, so such a label can only be looked for here.
        let asked = label.filter(|label| !label.contains(','));
        let call = asked.into_iter().fold(call, |call, label| call.query("labels", label));
        let mut issues: Vec<wire::Issue> = self.list(call).await?;
        issues.retain(|issue| !issue.is_pull_request());
        issues.sort_by_key(|issue| issue.number);
        issues.dedup_by_key(|issue| issue.number);
        for issue in &issues {
            self.remember_issue(IssueNumber(issue.number));
        }
        Ok(issues)
    }

    /// Reads the whole board, which answers all later questions about columns that may be answered from memory.
    async fn ready_on_board(&self) -> Result<Vec<IssueNumber>, HostError> {
        match self.board() {
            None => Ok(Vec::new()),
            Some(board) => board.ready_numbers(self.slug(), self.reads).await,
        }
    }

    async fn on_its_column(&self, issue: wire::Issue, reads: Reads) -> Result<Issue, HostError> {
        let number = IssueNumber(issue.number);
        let status = match self.board() {
            None => None,
            Some(board) => board.status_of(self.slug(), number, reads).await?,
        };
        issue.into_domain(status)
    }

    /// Reads the issues of these numbers that are open; one that is gone since its number was read is none.
    async fn open_ones(&self, numbers: Vec<IssueNumber>) -> Result<Vec<Issue>, HostError> {
        let mut issues = Vec::new();
        for number in numbers {
            let issue = match self.read_issue(number).await {
                Err(HostError::NotFound { .. }) => continue,
                answer => self.on_its_column(answer?, Reads::Remembered).await?,
            };
            if issue.state == IssueState::Open {
                issues.push(issue);
            }
        }
        Ok(issues)
    }
}

#[async_trait(?Send)]
impl Issues for GithubHost {
    async fn open_issues(&self) -> Result<Vec<Issue>, HostError> {
        let listed = self.list_issues(None).await?;
        if !listed.is_empty() {
            self.ready_on_board().await?;
        }
        let mut issues = Vec::with_capacity(listed.len());
        for issue in listed {
            issues.push(self.on_its_column(issue, Reads::Remembered).await?);
        }
        Ok(issues)
    }

    async fn ready_issues(&self) -> Result<Vec<Issue>, HostError> {
        let labelled = self.list_issues(Some(READY)).await?;
        let mut on_board = self.ready_on_board().await?;
        let listed: BTreeSet<u64> = labelled.iter().map(|issue| issue.number).collect();
        on_board.retain(|number| !listed.contains(&number.0));
        on_board.dedup();
        let mut issues = self.open_ones(on_board).await?;
        for issue in labelled {
            issues.push(self.on_its_column(issue, Reads::Remembered).await?);
        }
        issues.retain(is_ready);
        issues.sort_by_key(|issue| issue.number);
        Ok(issues)
    }

    async fn labelled(&self, label: &str) -> Result<Vec<Issue>, HostError> {
        let listed = self.list_issues(Some(label)).await?;
        let issues = listed.into_iter().map(|issue| issue.into_domain(None));
        let mut issues = issues.collect::<Result<Vec<Issue>, HostError>>()?;
        issues.retain(|issue| issue.has_label(label));
        Ok(issues)
    }

    async fn closed_since(&self, since: Timestamp) -> Result<Vec<Issue>, HostError> {
        let call = self.call(&endpoints::ISSUES).query("state", "closed");
        let call = call.query("sort", "updated").query("direction", "desc").query("since", since);
        let mut issues: Vec<wire::Issue> = self.list(call).await?;
        issues.retain(|issue| !issue.is_pull_request());
        issues.sort_by_key(|issue| issue.number);
        issues.dedup_by_key(|issue| issue.number);
        let issues = issues.into_iter().map(|issue| issue.into_domain(None));
        issues.collect::<Result<Vec<Issue>, HostError>>()
    }

    async fn made_ready(&self, number: IssueNumber) -> Result<Option<MadeReady>, HostError> {
        self.who_made_ready(number).await
    }

    async fn issue(&self, number: IssueNumber) -> Result<Issue, HostError> {
        let issue = self.read_issue(number).await?;
        self.on_its_column(issue, self.reads).await
    }

    async fn assignees(&self, number: IssueNumber) -> Result<Vec<String>, HostError> {
        Ok(self.read_issue(number).await?.assignees())
    }

    async fn comments(&self, number: IssueNumber) -> Result<Vec<Comment>, HostError> {
        self.read_comments(number).await
    }

    async fn create_issue(&self, issue: &NewIssue) -> Result<Issue, HostError> {
        let what = format!("make an issue of {}", self.slug());
        let title = clean::one_line(&issue.title, MAX_TITLE_CHARS);
        if title.is_empty() {
            return Err(HostError::Refused { what, reason: "it needs a title".to_owned() });
        }
        check_length(&what, &issue.body)?;
        let labels = self.ensure_labels(&issue.labels).await?;
        let call = self.call(&endpoints::CREATE_ISSUE);
        let new = json!({"title": title, "body": issue.body, "labels": labels});
        let made: wire::Issue = self.client().change(call, &new).await?;
        let number = IssueNumber(made.number);
        self.remember_issue(number);
        let Some(board) = self.board() else { return made.into_domain(None) };
        let status = issue.status.unwrap_or(BoardStatus::Backlog);
        board.set_status(self.slug(), number, status).await?;
        self.fresh().issue(number).await
    }

    async fn add_comment(&self, number: IssueNumber, body: &str) -> Result<Comment, HostError> {
        self.write_comment(number, body).await
    }

    async fn edit_comment(
        &self,
        number: IssueNumber,
        id: u64,
        body: &str,
    ) -> Result<Option<Comment>, HostError> {
        self.replace_comment(number, id, body).await
    }

    async fn change_labels(
        &self,
        number: IssueNumber,
        change: &LabelChange,
    ) -> Result<Option<Vec<String>>, HostError> {
        self.put_labels(number, change).await
    }

    async fn close_issue(&self, number: IssueNumber) -> Result<Option<Issue>, HostError> {
        let issue = self.fresh().read_issue(number).await?.into_domain(None)?;
        if issue.state == IssueState::Closed {
            return Ok(Some(issue));
        }
        let call = self.call(&endpoints::UPDATE_ISSUE).with("issue_number", number.0);
        let change = json!({"state": "closed", "state_reason": "completed"});
        let answer = self.client().change::<wire::Issue>(call, &change).await;
        match self.of_issue(answer, number).await {
            Ok(closed) => closed.into_domain(None).map(Some),
            // It may have been closed all the same: whoever wants it so reads it back.
            Err(HostError::Malformed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[async_trait(?Send)]
impl Board for GithubHost {
    fn adds_cards(&self) -> bool {
        self.board().is_some()
    }

    async fn missing_columns(&self) -> Result<Option<MissingColumns>, HostError> {
        match self.board() {
            Some(board) => board.missing_columns().await.map(Some),
            None => Ok(None),
        }
    }

    async fn make_columns(&self) -> Result<(), HostError> {
        match self.board() {
            Some(board) => board.make_columns().await,
            None => Ok(()),
        }
    }

    async fn column(&self, number: IssueNumber) -> Result<Option<BoardStatus>, HostError> {
        match self.board() {
            None => Ok(None),
            Some(board) => board.status_of(self.slug(), number, self.reads).await,
        }
    }

    async fn set_status(
        &self,
        number: IssueNumber,
        status: BoardStatus,
    ) -> Result<Option<BoardStatus>, HostError> {
        let Some(board) = self.board() else { return Ok(None) };
        self.ensure_issue(number).await?;
        board.set_status(self.slug(), number, status).await
    }
}
