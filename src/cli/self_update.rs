//! `agentos self-update`: a release that was built and signed for it takes the place of this program.

use clap::Args;
use serde_json::{Value, json};

use super::args::Global;
use super::fault::Fault;
use super::output::Output;
use super::progress::Progress;
use super::wire::Wiring;
use crate::domain::release::{Refusal, Version};
use crate::jobs::self_update::{self, Bounds, Installed, Outcome, Request, UpdateError};
use crate::release::{Place, ReleaseError, Trust};

/// Options of `self-update`.
#[derive(Debug, Clone, Args)]
pub(super) struct SelfUpdate {
    /// This version, also if it is an older one [default: the newest release]
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Say what there is, and change nothing
    #[arg(long)]
    check: bool,
    /// A folder with the files of a release, or its https address, instead of the project's own releases
    #[arg(long, value_name = "URL|DIR")]
    from: Option<String>,
}

pub(super) async fn run(
    global: &Global,
    options: &SelfUpdate,
    output: &Output,
) -> Result<u8, Fault> {
    let asked = options.to.as_deref().map(Version::parse).transpose();
    let asked = asked.map_err(|error| Fault::usage(error.to_string()))?;
    let from = options.from.as_deref().map(Place::named).transpose().map_err(Fault::usage)?;
    let trust = Trust::compiled_in().map_err(Fault::usage)?.ok_or_else(built_from_source)?;
    let request = Request { asked, is_check: options.check, from };
    let progress = Progress::begin(global, "reading the release");
    let outcome = self_update::update(&request, &installed()?, &trust, &Bounds::default()).await;
    drop(progress);
    tell(&outcome.map_err(fault)?, output);
    Ok(0)
}

/// This program, where it really lies.
fn installed() -> Result<Installed, Fault> {
    let path = Wiring::helper()?.program;
    let path = path.canonicalize().map_err(|error| {
        Fault::failed(format!("cannot find this program's own file `{}`: {error}", path.display()))
    })?;
    let version = Version::parse(env!("CARGO_PKG_VERSION"))
        .map_err(|error| Fault::failed(error.to_string()))?;
    Ok(Installed { path, version })
}

fn built_from_source() -> Fault {
    Fault::usage("this program was built from source, and no release takes its place").hint(
        "update the source and build it again: `git pull --ff-only`, then `cargo build --release --locked`; \
         docs/release.md tells how a release is installed",
    )
}

fn tell(outcome: &Outcome, output: &Output) {
    if output.is_json() {
        output.json(&document(outcome));
        return;
    }
    match outcome {
        Outcome::Current { version } => output.line(&format!("agentos {version} is the release")),
        Outcome::Available { from, to } => {
            output.line(&format!("agentos {to} is there; this is {from}"));
            output.say(&format!("agentos self-update --to {to} puts it in place"));
        }
        Outcome::Updated { from, to, path, previous } => {
            output.line(&format!("agentos {to} is in place of {from}: {}", path.display()));
            output.say(&format!("what was there before: {}", previous.display()));
        }
    }
}

fn document(outcome: &Outcome) -> Value {
    let (action, from, to, places) = match outcome {
        Outcome::Current { version } => ("current", version, version, None),
        Outcome::Available { from, to } => ("available", from, to, None),
        Outcome::Updated { from, to, path, previous } => {
            ("updated", from, to, Some((path, previous)))
        }
    };
    json!({
        "action": action,
        "from": from.to_string(),
        "to": to.to_string(),
        "path": places.map(|(path, _)| path),
        "previous": places.map(|(_, previous)| previous),
    })
}

fn fault(error: UpdateError) -> Fault {
    let message = error.to_string();
    match error {
        UpdateError::Kept { keeper, .. } => Fault::usage(message).hint(keeper.mend()),
        UpdateError::NotOurs { .. } => Fault::failed(message).hint(
            "run it as the user whose the folder is, or install the program where you may write, such as `~/.local/bin`",
        ),
        UpdateError::Refused(Refusal::Older { offered, .. }) => {
            Fault::failed(message).hint(format!("`agentos self-update --to {offered}` goes back"))
        }
        UpdateError::Untrusted(_) => Fault::failed(message).hint(
            "nothing was changed; try again later, and tell the project if it stays so (SECURITY.md)",
        ),
        UpdateError::Busy { .. } | UpdateError::Read(ReleaseError::Unreachable(_)) => {
            Fault::temporary(message)
        }
        UpdateError::Read(ReleaseError::File(error)) | UpdateError::File(error) => error.into(),
        UpdateError::Refused(Refusal::NotTheOneAsked { .. })
        | UpdateError::Broken(_)
        | UpdateError::Read(_) => Fault::failed(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_prints_fits_its_schema_and_nothing_of_it_is_undescribed() {
        let schema = include_str!("../../docs/schemas/self-update.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let version = |text: &str| Version::parse(text).unwrap();
        let (from, to) = (version("0.1.0"), version("0.2.0-rc.1"));
        let (path, previous) = ("/opt/agentos".into(), "/opt/agentos.previous".into());
        for outcome in [
            Outcome::Current { version: from.clone() },
            Outcome::Available { from: from.clone(), to: to.clone() },
            Outcome::Updated { from, to, path, previous },
        ] {
            let document = document(&outcome);
            assert!(validator.is_valid(&document), "{document:#}");
            for key in document.as_object().unwrap().keys() {
                assert!(schema["properties"].get(key).is_some(), "{key}");
            }
        }
    }

    #[test]
    fn trouble_ends_with_the_code_that_says_who_must_act() {
        let path = std::path::PathBuf::from("/usr/bin/agentos");
        let keeper = crate::domain::release::Keeper::Debian;
        for (error, code) in [
            (UpdateError::Kept { path: path.clone(), keeper }, 2),
            (UpdateError::Busy { path }, 75),
            (UpdateError::Untrusted(String::new()), 1),
            (UpdateError::Broken(String::new()), 1),
            (UpdateError::Read(ReleaseError::Unreachable(String::new())), 75),
            (UpdateError::Read(ReleaseError::Missing(String::new())), 1),
            (UpdateError::Read(ReleaseError::Refused(String::new())), 1),
        ] {
            assert_eq!(fault(error).code, code);
        }
        assert_eq!(built_from_source().code, 2);
    }
}
