//! The integration tests: one binary, so that there is one link step and full parallelism.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests stop at the first surprise, and start programs of their own"
)]

mod agents;
mod analyze;
mod appends;
mod bad_input;
mod by_hand;
mod commands;
mod commands_in_comments;
mod concurrency;
mod conformance;
mod contract;
#[cfg(feature = "failpoints")]
mod crash;
mod cron;
mod denial;
mod doctor;
mod drills;
mod evidence;
#[cfg(feature = "failpoints")]
mod evidence_crash;
mod field;
mod files;
mod fuzz;
mod github;
mod groom;
mod guides;
mod housekeeping;
mod hub;
mod idempotence;
mod init;
mod injection;
mod leaks;
mod llm;
mod memory;
mod money;
mod notify;
mod plan;
mod proof;
mod quarter;
mod real_agents;
mod reference;
mod release;
mod report;
mod sandbox;
#[cfg(feature = "failpoints")]
mod schedules;
mod schemas;
mod score;
mod self_update;
mod soak;
mod stories;
mod supervise;
mod support;
mod tail;
mod tree;
mod why;
