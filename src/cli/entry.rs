//! The process: hardened first, then the command, then its exit code.

use std::process::ExitCode;

use clap::Parser;

use super::args::{Cli, Command};
use super::fault::Fault;
use super::output::{self, Output};
use super::wire::Wiring;
use super::{
    board, config, cron, demo, doctor, drill, init, jobs, plan, reference, report, self_update,
    tail, tasks, watch,
};
use crate::jobs::tick::worst;
use crate::sys::{process, supervise};

/// Runs the command line and says how the process ends.
pub fn main() -> ExitCode {
    if let Err(error) = process::harden_this_process() {
        Output::new(false, false)
            .say(&format!("warning: this process could not be hardened: {error}"));
    }
    report_bugs_with_70();
    if std::env::args_os().nth(1).is_some_and(|first| first == "supervise") {
        return ExitCode::from(u8::try_from(supervise::helper_main()).unwrap_or(1));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help and version to standard output, errors to standard error.
            let printed = error.print();
            let code = if error.use_stderr() { 2 } else { 0 };
            let lost = printed.err().and_then(|error| output::unwritten(&error));
            return end(code, lost.filter(|_| code == 0), &Output::new(false, false));
        }
    };
    let output = Output::new(cli.global.json, cli.global.quiet);
    let code = run(&cli, &output).unwrap_or_else(|fault| {
        output.fault(&fault);
        fault.code
    });
    end(code, output.trouble(), &output)
}

/// The exit code of a command, and of its data that did not get out.
fn end(code: u8, lost: Option<Fault>, output: &Output) -> ExitCode {
    let Some(lost) = lost else { return ExitCode::from(code) };
    output.fault(&lost);
    ExitCode::from(worst([code, lost.code]))
}

fn run(cli: &Cli, output: &Output) -> Result<u8, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::failed(format!("cannot start: {error}")))?;
    let wiring = Wiring::read()?;
    runtime.block_on(dispatch(cli, &wiring, output))
}

async fn dispatch(cli: &Cli, wiring: &Wiring, output: &Output) -> Result<u8, Fault> {
    let global = &cli.global;
    match &cli.command {
        Command::Dispatch(options) => jobs::dispatch(wiring, global, options, output).await,
        Command::Queue(options) => jobs::queue(wiring, global, options, output).await,
        Command::Analyze { dry_run } => jobs::analyze(wiring, global, *dry_run, output).await,
        Command::Score => jobs::score(wiring, global, output).await,
        Command::Groom(options) => jobs::groom(wiring, global, options, output).await,
        Command::PrMonitor(options) => jobs::pr_monitor(wiring, global, options, output).await,
        Command::Plan(options) => plan::run(wiring, global, options, output).await,
        Command::Tick => jobs::tick(wiring, global, output).await,
        Command::Demo(options) => demo::run(wiring, global, options, output).await,
        Command::Init(options) => init::run(wiring, global, options, output).await,
        Command::Doctor(options) => doctor::run(wiring, global, options, output).await,
        Command::Status(options) if options.watch => watch::run(wiring, global, output),
        Command::Status(_) => tasks::status(wiring, global, output),
        Command::Report(options) => report::run(wiring, global, options, output).await,
        Command::Tail(options) => tail::run(wiring, global, options, output),
        Command::Why { subject } => tasks::why(wiring, global, subject, output).await,
        Command::Task(command) => tasks::run(wiring, global, command, output).await,
        Command::Issue(command) => board::issue(wiring, global, command, output).await,
        Command::Pr(command) => board::pr(wiring, global, command, output).await,
        Command::On => tasks::switch(wiring, global, true, output),
        Command::Off => tasks::switch(wiring, global, false, output),
        Command::Pause(scope) => tasks::pause(wiring, global, scope, true, output),
        Command::Resume(scope) => tasks::pause(wiring, global, scope, false, output),
        Command::Arm(repo) => tasks::arm(wiring, global, repo, true, output),
        Command::Disarm(repo) => tasks::arm(wiring, global, repo, false, output),
        Command::Adopt(adopt) => tasks::adopt(wiring, global, adopt, output).await,
        Command::Drill(options) => drill::run(wiring, options, output),
        Command::Cron(command) => cron::run(wiring, global, command, output),
        Command::Config(command) => config::run(wiring, global, command, output),
        Command::Completions(options) => reference::completions(*options, output),
        Command::Man(options) => reference::man(options, output),
        Command::SelfUpdate(options) => self_update::run(global, options, output).await,
        Command::Supervise => Ok(2),
    }
}

/// Orphans of a run whose helper was killed fall to this process, which ends them. Where the kernel cannot do that the helper alone has to
/// suffice.
pub(super) fn adopt_orphans() {
    if let Err(error) = process::become_subreaper() {
        tracing::warn!(%error, "orphans of a killed helper cannot be adopted");
    }
}

/// A panic is a bug of ours: it says so, and the process ends with 70.
#[expect(clippy::print_stderr, clippy::exit, reason = "the last words of a process that has a bug")]
fn report_bugs_with_70() {
    std::panic::set_hook(Box::new(|panic| {
        let place =
            panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        let payload = panic.payload();
        let words = payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        eprintln!("error: a bug in agentos {}, at {place}: {words}", env!("CARGO_PKG_VERSION"));
        eprintln!("hint: please report this line; no work is lost, the next run goes on");
        #[expect(clippy::disallowed_methods, reason = "nothing of ours runs behind a bug")]
        std::process::exit(70);
    }));
}
