//! One folder per subcommand, each a story of about twenty lines: gather, decide, carry out. Jobs return a [`report::Report`] and never
//! print.

mod attribution;
pub mod control;
pub mod demo;
pub mod dispatch;
pub mod merge_by_hand;
pub mod pr_monitor;
pub mod queue;
pub mod reconcile;
pub mod report;
mod side_by_side;
pub mod status;
pub mod tick;
pub mod turn;
pub mod why;
