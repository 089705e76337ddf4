//! Code hosts: where issues, pull requests and checks live. Two implementations, `github` and `local`, behind the same traits;
//! no policy and no retries here.

pub mod github;
pub mod local;
mod sight;
mod traits;

pub use crate::domain::issue::MadeReady;
pub use sight::{Sight, SightOf};
pub use traits::{
    Access, BaseBranch, Board, Checks, Host, HostError, Issues, LabelChange, MergeRequest,
    MissingColumns, NewIssue, NewPullRequest, PullRequests, WorkflowRun,
};
