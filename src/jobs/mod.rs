//! One folder per subcommand, each a story of about twenty lines: gather, decide, carry out. Jobs return a [`report::Report`] and never
//! print.

pub mod alarms;
pub mod analyze;
mod closing;
pub mod commands;
pub mod control;
pub mod demo;
pub mod dispatch;
pub mod doctor;
pub mod drill;
mod memory;
pub mod merge_by_hand;
mod notices;
mod outcomes;
pub mod pr_monitor;
pub mod queue;
pub mod reconcile;
pub mod report;
pub mod score;
mod side_by_side;
pub mod status;
mod textfile;
pub mod tick;
pub mod turn;
pub mod why;
