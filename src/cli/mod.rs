//! The command line: arguments and environment in, an [`App`](crate::app::App) built, a job run, its report rendered, an exit code out.

mod approve;
mod args;
mod board;
mod config;
mod cron;
mod demo;
mod doctor;
mod drill;
mod entry;
mod fault;
mod init;
mod jobs;
mod logging;
mod output;
mod plan;
mod progress;
mod reference;
mod report;
mod self_update;
mod show;
mod tail;
mod tasks;
mod watch;
mod wire;

pub use entry::main;
