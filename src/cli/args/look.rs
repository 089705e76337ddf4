//! The arguments of commands that only look: `status`, `report`, `tail`, and the references of the command line itself.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct StatusOptions {
    /// Go on looking, once a second, until `q` or Ctrl-C; without a terminal, a line for each change
    #[arg(long)]
    pub(in crate::cli) watch: bool,
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Tail {
    /// The task
    #[arg(value_name = "TASK")]
    pub(in crate::cli) id: String,
    /// Begin with so many lines of what is there already
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
    pub(in crate::cli) lines: usize,
    /// Do not wait for more
    #[arg(long)]
    pub(in crate::cli) no_follow: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}

/// A shell that completions can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Shell {
    /// GNU Bash
    Bash,
    /// Elvish
    Elvish,
    /// fish
    Fish,
    /// PowerShell
    #[value(name = "powershell")]
    Power,
    /// zsh
    Zsh,
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Man {
    /// Write a page for every command into this folder, made where it is missing
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ReportOptions {
    /// Write it as one page into this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// So many days before now
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub(in crate::cli) days: u32,
    /// Only this repository
    #[arg(long, value_name = "REPO")]
    pub(in crate::cli) repo: Option<String>,
}
