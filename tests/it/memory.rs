//! Institutional memory: one commit where the base branch takes it, one pull request where it does not; nothing lost, nothing twice.

mod by_hand;
#[cfg(feature = "failpoints")]
mod crash;
mod github;
mod local;
