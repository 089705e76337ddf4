//! Behaviour of the local host: the contract of all hosts, files written by hand, comments, merges, checks.
#![expect(clippy::disallowed_methods, reason = "tests write files as people do")]

mod by_hand;
mod ci;
mod comments;
mod fake;
mod merges;
mod writes;
