//! One folder per subcommand, each a story of about twenty lines: gather, decide, carry out. Jobs return a [`report::Report`] and never
//! print.

pub mod alarms;
pub mod analyze;
mod artefacts;
pub mod attempts;
mod closing;
pub mod commands;
pub mod control;
pub mod cron;
pub mod demo;
pub mod dispatch;
pub mod doctor;
pub mod drill;
pub mod groom;
pub mod init;
mod memory;
pub mod merge_by_hand;
mod notices;
mod outcomes;
pub mod plan;
pub mod pr_monitor;
pub mod queue;
pub mod reconcile;
pub mod reliability;
pub mod report;
mod rival;
pub mod score;
pub mod self_update;
mod side_by_side;
pub mod status;
pub mod tail;
mod textfile;
mod thread;
pub mod tick;
pub mod turn;
mod upkeep;
pub mod why;
