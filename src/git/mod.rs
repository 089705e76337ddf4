//! git: our bare mirrors, the worktrees that agents work in, commits, merges in memory, and pushes with a lease.
//!
//! Reading and merging happens in this process through git2; what talks to a remote or writes many files is a git program
//! with everything that matters made explicit. Nothing that an agent leaves in the `.git` of its folder is read or run.

mod added;
mod borrow;
mod changed;
mod checkouts;
mod command;
mod conflict;
mod contents;
mod create;
mod error;
mod export;
mod history;
mod look;
mod merge;
mod mirror;
mod objects;
mod plain_files;
mod private;
mod push;
mod remote;
mod restore;
mod staging;
mod survey;
mod worktree;
mod writers;

#[cfg(test)]
mod tests;

pub use command::{Credential, Git, GitOptions, GitVersion, MINIMUM_VERSION};
pub use contents::Features;
pub use error::{GitError, presentable};
pub use history::{ChangeKind, ChangedFile, CommitInfo, DiffStat};
pub use look::{Heads, lacks_of_mirror, make_empty_repository};
pub use merge::MergeState;
pub use mirror::Mirror;
pub use private::{GitState, TakenBack};
pub use push::Push;
pub use survey::{HeadState, Shape, Survey, Wanted, survey};
pub use worktree::Worktree;
