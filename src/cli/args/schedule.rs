//! The arguments of `cron`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Cron {
    /// Print what `install` would put in, and change nothing
    Print(Schedule),
    /// Have the jobs started: by a block in the crontab, or by timers of systemd
    Install(Schedule),
    /// Take out what `install` has put in, and nothing else
    Remove(Where),
}

#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct Schedule {
    /// A line for each job at its own pace, instead of one that runs whatever is due
    #[arg(long)]
    pub(in crate::cli) jobs: bool,
    #[command(flatten)]
    pub(in crate::cli) place: Where,
}

#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct Where {
    /// Services and timers of systemd instead of the crontab, one for each job
    #[arg(long)]
    pub(in crate::cli) systemd: bool,
    /// Units of the user's own manager (the default)
    #[arg(long, requires = "systemd", conflicts_with = "system")]
    pub(in crate::cli) user: bool,
    /// Units of the system, which are confined further
    #[arg(long, requires = "systemd")]
    pub(in crate::cli) system: bool,
}
