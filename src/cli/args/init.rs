//! The options of `agentos init`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Init {
    /// The repository on GitHub [default: the origin of the current folder]
    #[arg(long, value_name = "OWNER/NAME")]
    pub(in crate::cli) repo: Option<String>,
    /// A repository on this machine: issues and pull requests become files
    #[arg(long, value_name = "PATH", conflicts_with_all = ["repo", "github_url", "project"])]
    pub(in crate::cli) local: Option<PathBuf>,
    /// Ask nothing: take what is found
    #[arg(long, short = 'y')]
    pub(in crate::cli) yes: bool,
    /// Show what would be written and made, and change nothing anywhere
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Write an objective with four metrics, to be changed
    #[arg(long)]
    pub(in crate::cli) objective: bool,
    /// The command that tests the repository [default: told by its files]
    #[arg(long, value_name = "COMMAND")]
    pub(in crate::cli) test_command: Option<String>,
    /// The number of the GitHub project that is the board
    #[arg(long, value_name = "N")]
    pub(in crate::cli) project: Option<u64>,
    /// The address of the GitHub's interface, where it is not github.com's
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) github_url: Option<String>,
}
