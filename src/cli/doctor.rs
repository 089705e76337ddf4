//! `agentos doctor`: the checks as a table for people, or as JSON.

use std::io::IsTerminal;

use super::args::{Color, Doctor, Global};
use super::fault::Fault;
use super::output::{Output, table};
use super::progress::Progress;
use super::wire::Wiring;
use crate::app::{App, BuildError};
use crate::jobs::doctor::{self, Check, Options, Place, Status, Step};

pub(super) async fn run(
    wiring: &Wiring,
    global: &Global,
    options: &Doctor,
    output: &Output,
) -> Result<u8, Fault> {
    let built = App::build_to_look(wiring.options(wiring.load_request(global)?)?);
    let place = Place {
        program: Wiring::helper()?.program,
        environment: wiring.variables(),
        found_by: found_by(wiring, global).to_owned(),
    };
    if options.live {
        output.say("each usable agent is asked a small question and plays an issue to its merge, which may cost up to a dollar each and take some minutes");
        super::entry::adopt_orphans();
    }
    let options = Options { as_cron: options.as_cron, live: options.live };
    let progress = Progress::begin(global, "looking");
    let mut watch = |step: Step| progress.step(&step.what, step.done, step.of);
    let checks = doctor::run_watched(&place, built.as_ref(), options, &mut watch).await;
    drop(progress);
    if output.is_json() {
        output.json(&checks);
    } else {
        show(&checks, has_colour(wiring, global), output);
    }
    Ok(exit_code(&checks, built.as_ref().err()))
}

/// 2 when nothing can be done before the configuration is mended, 1 when anything else has to be.
fn exit_code(checks: &[Check], error: Option<&BuildError>) -> u8 {
    let has_failed = checks.iter().any(|check| check.status == Status::Fail);
    match error {
        Some(BuildError::Config(_) | BuildError::Prompt(_) | BuildError::Unsupported { .. }) => 2,
        _ => u8::from(has_failed),
    }
}

fn found_by(wiring: &Wiring, global: &Global) -> &'static str {
    let is_set = |name: &str| wiring.environment.get(name).is_some_and(|value| !value.is_empty());
    match (&global.config, &global.root) {
        (Some(_), _) => "`--config`",
        _ if is_set("AGENTOS_CONFIG") => "`AGENTOS_CONFIG`",
        _ if is_set("AGENT_OS_CONFIG") => "`AGENT_OS_CONFIG`",
        (None, Some(_)) => "`--root`",
        _ if is_set("AGENTOS_ROOT") => "`AGENTOS_ROOT`",
        _ if is_set("ORCH_ROOT") => "`ORCH_ROOT`",
        (None, None) => "the current folder",
    }
}

fn has_colour(wiring: &Wiring, global: &Global) -> bool {
    match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let is_unwanted =
                wiring.environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
            !is_unwanted && std::io::stdout().is_terminal()
        }
    }
}

fn show(checks: &[Check], has_colour: bool, output: &Output) {
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|check| {
            vec![
                format!("  {:<4}", check.status.as_str()),
                check.check.clone(),
                check.detail.clone(),
            ]
        })
        .collect();
    let mut group = "";
    for (check, line) in checks.iter().zip(table(&rows)) {
        if check.group != group {
            group = check.group;
            output.line(group);
        }
        output.coloured(&line, has_colour.then_some(colour(check.status)));
        if let Some(mend) = &check.mend {
            output.line(&format!("        mend: {mend}"));
        }
    }
    output.line("");
    output.line(&doctor::summary(checks));
}

fn colour(status: Status) -> u8 {
    match status {
        Status::Ok => 32,
        Status::Warn => 33,
        Status::Fail => 31,
    }
}
