//! The shape of the command line (`CONTRACT.md` section 1).

mod init;
mod look;
mod schedule;
mod text;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use init::Init;
pub(super) use look::{Completions, Man, ReportOptions, Shell, StatusOptions, Tail};
pub(super) use schedule::{Cron, Where};

/// A software organisation of coding agents: issues in, merged pull requests out.
///
/// Exit codes: 0 done or nothing to do; 1 something failed, look; 2 usage or configuration; 70 a bug, please report; 75 temporary, the next
/// run goes on.
#[derive(Debug, Parser)]
#[command(name = "agentos", version, propagate_version = true, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(super) struct Global {
    /// The configuration file [default: config.yaml in the root]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The folder with configuration, board and runtime state
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
    /// Print one JSON document to standard output
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Say more (twice: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Turn ready issues into task files
    Dispatch(DryRun),
    /// Work on tasks until there is nothing to claim
    Queue(Queue),
    /// Give every open pull request of ours its verdict and carry that out
    PrMonitor(DryRun),
    /// Keep the backlog clean and filled up, where its pace says so
    Groom(Paced),
    /// Choose the next sprint from the backlog, or say yes or no to one that waits
    Plan(super::plan::Plan),
    /// Measure execution and business, and write the findings
    Score,
    /// File what the evidence of a week asks for, as one remediation backlog
    Analyze {
        /// Say what would be filed, and change nothing anywhere
        #[arg(long)]
        dry_run: bool,
    },
    /// Run every job that is due, in order: the one-line crontab
    Tick,
    /// Play the whole loop on a small project, offline
    Demo(Demo),
    /// Configure a repository: find out what can be found out, ask the rest
    Init(Init),
    /// Prove the whole chain, and say what mends what is broken
    Doctor(Doctor),
    /// Show what is queued, running, parked, waiting and merged
    Status(StatusOptions),
    /// Report how reliable the work is: success, merges, time, money, business
    Report(ReportOptions),
    /// Say why an issue, pull request, task or job is not moving
    Why {
        /// `web-42` (task), `acme/web#42` or `42` (issue), `pr:7` or `acme/web!7` (pull request), `queue` (job)
        subject: String,
    },
    /// Show what the agent of a task writes, while it runs
    Tail(Tail),
    /// The mailbox by command instead of `mv`
    #[command(subcommand)]
    Task(Task),
    /// The issues of a repository's board
    #[command(subcommand)]
    Issue(Issue),
    /// The pull requests of a repository
    #[command(subcommand)]
    Pr(Pr),
    /// Switch everything on again
    On,
    /// Switch everything off: every job exits at once
    Off,
    /// Pause a repository, a job or a task
    Pause(Scope),
    /// Let a paused repository, job or task go on
    Resume(Scope),
    /// Allow automatic merges for a repository
    Arm(RepoArg),
    /// Forbid automatic merges for a repository, whatever the policy says
    Disarm(RepoArg),
    /// Let issues in that were Ready before the first dispatch
    Adopt(Adopt),
    /// Prove the operator's commands and switches on a small project of its own, offline
    Drill(Drill),
    /// Have the jobs started, by cron or by systemd
    #[command(subcommand)]
    Cron(Cron),
    /// Check and explain the configuration
    #[command(subcommand)]
    Config(Config),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page, or write one for each command
    Man(Man),
    /// Put a release in the place of this program, once its signature holds
    SelfUpdate(super::self_update::SelfUpdate),
    /// What starts agents; not for people
    #[command(hide = true)]
    Supervise,
}

#[derive(Debug, Clone, Args)]
pub(super) struct DryRun {
    /// Only this repository
    #[arg(long, value_name = "REPO")]
    pub(super) repo: Option<String>,
    /// Say what would be done and change nothing anywhere
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Options of a job with a pace of its own.
#[derive(Debug, Clone, Args)]
pub(super) struct Paced {
    /// Only this repository
    #[arg(long, value_name = "REPO")]
    pub(super) repo: Option<String>,
    /// Now, whenever it is due
    #[arg(long)]
    pub(super) force: bool,
    /// Say what would be done and change nothing anywhere
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Queue {
    /// Work on one task, then leave
    #[arg(long)]
    pub(super) once: bool,
    /// Only this task
    #[arg(long, value_name = "ID")]
    pub(super) task: Option<String>,
    /// Workers of this process [default: `max_parallel_workers`]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) workers: Option<u16>,
    /// Only this repository
    #[arg(long, value_name = "REPO")]
    pub(super) repo: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Demo {
    /// Play in this (new or empty) folder [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// Use a real agent of your configuration instead of the scripted stand-ins
    #[arg(long, value_name = "NAME")]
    pub(super) agent: Option<String>,
    /// Keep the temporary folder
    #[arg(long)]
    pub(super) keep: bool,
    /// Play on this GitHub (the address of its interface) instead of the local host
    #[arg(long, value_name = "URL", requires = "repo")]
    pub(super) github_url: Option<String>,
    /// The repository there; it must hold the demo's project
    #[arg(long, value_name = "OWNER/NAME", requires = "github_url")]
    pub(super) repo: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Doctor {
    /// Make the same checks in the environment that cron gives, too
    #[arg(long)]
    pub(super) as_cron: bool,
    /// Ask GitHub and Telegram anew, and let every usable agent play an issue to its merge (which may cost money)
    #[arg(long)]
    pub(super) live: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Drill {
    /// Only these drills
    #[arg(value_name = "NAME")]
    pub(super) names: Vec<String>,
    /// List the drills with what they prove
    #[arg(long)]
    pub(super) list: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Scope {
    /// This repository
    #[arg(long, value_name = "REPO")]
    pub(super) repo: Option<String>,
    /// This job
    #[arg(long, value_name = "JOB")]
    pub(super) job: Option<String>,
    /// This task
    #[arg(long, value_name = "ID")]
    pub(super) task: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Adopt {
    /// The issue, `42` or `acme/web#42`
    #[arg(value_name = "ISSUE", required_unless_present = "all")]
    pub(super) issue: Option<String>,
    /// Every issue that waits
    #[arg(long, conflicts_with = "issue")]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) repo: RepoArg,
}

#[derive(Debug, Clone, Args)]
pub(super) struct RepoArg {
    /// The repository; may be left out when there is only one
    #[arg(long, value_name = "REPO")]
    pub(super) repo: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// List tasks
    List,
    /// Show a task with all its attempts
    Show {
        /// The task
        id: String,
    },
    /// Put a task back into the inbox for one more attempt
    Retry {
        /// The task
        id: String,
    },
    /// End a task without a pull request
    Cancel {
        /// The task
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Issue {
    /// Make an issue
    Create(NewIssue),
    /// List issues
    List {
        #[command(flatten)]
        repo: RepoArg,
        /// Closed ones too
        #[arg(long)]
        all: bool,
    },
    /// Show an issue with its comments
    Show(Numbered),
    /// Mark an issue Ready
    Ready(Numbered),
    /// Comment on an issue
    Comment {
        #[command(flatten)]
        on: Numbered,
        /// The text; `-` reads standard input
        #[arg(
            value_name = "TEXT",
            required_unless_present = "body",
            allow_hyphen_values = true,
            value_parser = text::free
        )]
        text: Option<String>,
        /// The text
        #[arg(long, value_name = "TEXT", conflicts_with = "text", allow_hyphen_values = true)]
        body: Option<String>,
        /// Who says it [default: you]
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
    },
    /// Close an issue
    Close(Numbered),
}

#[derive(Debug, Clone, Args)]
pub(super) struct NewIssue {
    /// The title
    #[arg(
        value_name = "TITLE",
        required_unless_present = "title_option",
        allow_hyphen_values = true,
        value_parser = text::free
    )]
    pub(super) title: Option<String>,
    /// The title
    #[arg(
        long = "title",
        value_name = "TITLE",
        conflicts_with = "title",
        allow_hyphen_values = true
    )]
    pub(super) title_option: Option<String>,
    /// The text; `-` reads standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(super) body: Option<String>,
    /// A file with the text; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "body")]
    pub(super) body_file: Option<PathBuf>,
    /// A label (repeat for more, or separate by commas)
    #[arg(long = "label", value_name = "LABEL", value_delimiter = ',')]
    pub(super) labels: Vec<String>,
    /// Mark it Ready at once
    #[arg(long)]
    pub(super) ready: bool,
    /// Who makes it [default: you]
    #[arg(long, value_name = "NAME")]
    pub(super) author: Option<String>,
    #[command(flatten)]
    pub(super) repo: RepoArg,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Numbered {
    /// The number, `#` allowed
    #[arg(value_name = "NUMBER")]
    pub(super) number: String,
    #[command(flatten)]
    pub(super) repo: RepoArg,
}

#[derive(Debug, Subcommand)]
pub(super) enum Pr {
    /// List pull requests
    List {
        #[command(flatten)]
        repo: RepoArg,
        /// Merged and closed ones too
        #[arg(long)]
        all: bool,
    },
    /// Show a pull request
    Show(Numbered),
    /// Merge a green pull request as the person that `supervised_first` waits for
    Merge {
        #[command(flatten)]
        on: Numbered,
        /// Merge even though its checks are red, pending or missing
        #[arg(long)]
        force: bool,
    },
    /// Let the present head of a pull request pass the limits of size, paths and tests
    Approve {
        #[command(flatten)]
        on: Numbered,
        /// Only if its head begins with this commit id
        #[arg(long, value_name = "SHA")]
        head: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Check the configuration
    Check,
    /// Say what a key's value is and which layer set it
    Explain {
        /// For example `merge_policy` or `repos.web.merge_policy`
        key: String,
    },
    /// Print the JSON schema of the configuration
    Schema,
}
