//! From facts and answers to what there is to do and what is typed next. Pure.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::entry::{Naming, entry, likely_base, new_file};
use super::facts::{Existing, Facts, Target, real};
use super::next::next;
use super::step::Step;
use super::test_command::Candidate;
use super::{InitError, Wishes, objective};
use crate::config::{self, HostKind, LoadRequest, Loaded, Repo};
use crate::git::Shape;
use crate::text::clean;

/// What the operator answered, or what is taken without a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The command that tests the repository; `None` when there is none to be set.
    pub test_command: Option<String>,
}

/// What there is to do, in this order, and words about it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The repository, as people name it.
    pub name: String,
    /// Its key in ids, folders and files.
    pub key: String,
    /// Whether the configuration names it already.
    pub is_known: bool,
    /// The steps; some may be done already.
    pub steps: Vec<Step>,
    /// The lines that come into the configuration.
    pub added: String,
    /// What deserves a word.
    pub notes: Vec<String>,
    /// What is typed next, each with what it is for.
    pub next: Vec<(String, String)>,
}

/// A configuration with the repository in it.
struct Written {
    after: String,
    added: String,
    loaded: Loaded,
}

/// Decides what is to be done.
///
/// # Errors
///
/// When the repository cannot come into the configuration that is there.
pub fn decide(
    facts: &Facts,
    wishes: &Wishes,
    answers: &Answers,
    now: Timestamp,
) -> Result<Plan, InitError> {
    let known = facts.existing.as_ref().and_then(|existing| known(facts, existing)).cloned();
    let mut steps = vec![Step::Folder { path: facts.root.join("runtime").join("locks") }];
    let mut notes = facts.notes.clone();
    let there = (known.clone(), loaded(facts));
    let (repo, added, settings) = if let (Some(repo), Some(loaded)) = there {
        (repo, String::new(), loaded.settings.clone())
    } else {
        let written = written(facts, wishes, answers)?;
        let repo = added_repo(&written, facts)?;
        steps.push(config_step(facts, &written, now));
        (repo, written.added, written.loaded.settings)
    };
    let key = repo.key.to_string();
    let bare = bare_step(facts, &repo)?;
    let before_config = usize::from(known.is_none());
    let at = steps.len() - before_config;
    let mut needed = Vec::from_iter(bare.clone());
    if repo.host == HostKind::Local {
        needed.push(Step::Folder { path: facts.root.join("board").join(&key) });
    }
    if wishes.objective {
        needed.push(objective_step(
            &settings.objectives_dir,
            &settings.evidence_dir,
            &key,
            &facts.load,
        ));
    }
    // The configuration comes last: a run that dies before it is as good as none.
    steps.splice(at..at, needed);
    let labels = facts.hub.as_ref().and_then(|hub| hub.missing_labels.clone());
    if let Some(names) = labels.filter(|names| !names.is_empty()) {
        steps.push(Step::Labels { names });
    }
    if let Some(columns) = facts.hub.as_ref().and_then(|hub| hub.missing_columns.as_ref())
        && columns.can_be_made
        && !columns.names.is_empty()
    {
        steps.push(Step::Columns { names: columns.names.clone() });
    }
    notes.extend(notes_of(facts, &repo, wishes, known.is_some()));
    let several = settings.repos.len() > 1;
    let next = next(facts, &repo, several, bare.as_ref());
    Ok(Plan {
        name: repo.slug.to_string(),
        key,
        is_known: known.is_some(),
        steps,
        added,
        notes,
        next,
    })
}

/// Whether the configuration names the repository already.
pub fn is_known(facts: &Facts) -> bool {
    facts.existing.as_ref().is_some_and(|existing| known(facts, existing).is_some())
}

fn loaded(facts: &Facts) -> Option<&Loaded> {
    facts.existing.as_ref()?.loaded.as_ref().ok().map(AsRef::as_ref)
}

/// The repository where the configuration names it already.
fn known<'a>(facts: &Facts, existing: &'a Existing) -> Option<&'a Repo> {
    let repos = &existing.loaded.as_ref().ok()?.settings.repos;
    repos.iter().find(|repo| match (&facts.target, &facts.survey) {
        (Target::Github { slug, .. }, _) => {
            repo.host == HostKind::Github && repo.slug.as_str().eq_ignore_ascii_case(slug.as_str())
        }
        (Target::Local, Some(survey)) => {
            let is_it = |path: &Path| real(path) == survey.folder;
            repo.host == HostKind::Local
                && (repo.path.as_deref().is_some_and(is_it)
                    || repo.remote.as_deref().is_some_and(|remote| is_it(Path::new(remote))))
        }
        (Target::Local, None) => false,
    })
}

/// The configuration with the repository in it: the first naming by which no other repository changes.
fn written(facts: &Facts, wishes: &Wishes, answers: &Answers) -> Result<Written, InitError> {
    let mut refused = None;
    for naming in [Naming::Plain, Naming::Prefixed, Naming::Renamed] {
        let entry = entry(facts, wishes, answers, naming);
        let after = match &facts.existing {
            Some(existing) => config::with_repository(&existing.text, &entry).map_err(|error| {
                // One that cannot be read is told with its line.
                match &existing.loaded {
                    Err(broken) if broken.line.is_some() => InitError::Config(broken.clone()),
                    _ => InitError::ByHand { why: error.to_string(), lines: entry.clone() },
                }
            })?,
            None => new_file(facts, &entry),
        };
        match config::load_text(&facts.load, &after) {
            Ok(loaded) if keeps_others(facts, &loaded) => {
                return Ok(Written { after, added: entry, loaded });
            }
            Ok(_) => {}
            Err(error) => {
                refused.get_or_insert(error);
            }
        }
    }
    Err(match refused {
        Some(error) => error.into(),
        None => InitError::ByHand {
            why: "the new entry would give another repository another prefix".to_owned(),
            lines: entry(facts, wishes, answers, Naming::Prefixed),
        },
    })
}

fn keeps_others(facts: &Facts, after: &Loaded) -> bool {
    let before = loaded(facts).map(|loaded| loaded.settings.repos.as_slice()).unwrap_or_default();
    before.iter().all(|repo| after.settings.repos.contains(repo))
}

/// The repository as the configuration now has it.
fn added_repo(written: &Written, facts: &Facts) -> Result<Repo, InitError> {
    let as_existing =
        Existing { text: String::new(), loaded: Ok(Box::new(written.loaded.clone())) };
    let repo = known(facts, &as_existing).cloned().ok_or_else(|| InitError::ByHand {
        why: "`allowed_repos` of the configuration leaves the repository out; add it there first"
            .to_owned(),
        lines: written.added.clone(),
    })?;
    match &facts.target {
        Target::Github { api_url, .. } if written.loaded.settings.github_api_url != *api_url => {
            Err(InitError::usage(
                format!(
                    "the repository is on the GitHub of {api_url}, the configuration's is {}",
                    written.loaded.settings.github_api_url
                ),
                format!(
                    "set `github_api_url: {api_url}` there first, or use a root of its own (`--root DIR`)"
                ),
            ))
        }
        _ => Ok(repo),
    }
}

fn config_step(facts: &Facts, written: &Written, now: Timestamp) -> Step {
    let before = facts.existing.as_ref().map(|existing| existing.text.clone());
    // Two within a second, as a script has them, are two backups.
    let stamp = now.strftime("%Y%m%dT%H%M%S%.3fZ");
    let backup = before.as_ref().map(|_| {
        let mut name = facts.config_file.as_os_str().to_owned();
        name.push(format!(".bak-{stamp}"));
        PathBuf::from(name)
    });
    Step::Config { path: facts.config_file.clone(), before, after: written.after.clone(), backup }
}

/// A bare copy of a local repository that has no origin of its own.
fn bare_step(facts: &Facts, repo: &Repo) -> Result<Option<Step>, InitError> {
    let Some(survey) = facts.survey.as_ref().filter(|survey| {
        facts.target == Target::Local
            && survey.shape != Shape::Bare
            && survey.origin.is_none()
            && repo.remote.is_none()
    }) else {
        return Ok(None);
    };
    let Some(branch) = likely_base(survey, &survey.branches) else {
        return Err(InitError::usage(
            format!(
                "it is not clear into which branch of `{}` work is to be merged",
                survey.folder.display()
            ),
            "be on that branch: `git switch NAME`, or `git switch -c main` for a new one",
        ));
    };
    let path = facts.root.join("remotes").join(format!("{}.git", repo.key));
    Ok(Some(Step::Bare { from: survey.folder.clone(), path, branch }))
}

fn objective_step(objectives: &Path, evidence: &Path, key: &str, load: &LoadRequest) -> Step {
    let usual = ".local/share/agent-os/evidence";
    let is_usual = load.home.as_ref().is_some_and(|home| home.join(usual) == evidence);
    let folder = if is_usual {
        format!("~/{usual}/{key}")
    } else {
        format!("{}/{key}", evidence.display()).replace('$', "$$")
    };
    Step::File {
        path: objectives.join(format!("{key}.yaml")),
        text: objective::template(key, &folder),
        what: "the objective (four metrics, to be changed by you)".to_owned(),
    }
}

/// What deserves a word before anything is begun.
fn notes_of(facts: &Facts, repo: &Repo, wishes: &Wishes, is_known: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(hub) = &facts.hub {
        if let Some(trouble) = &hub.trouble {
            let mend = hub.mend.as_ref().map(|mend| format!("; mend: {mend}"));
            notes.push(format!("GitHub: {trouble}{}", mend.unwrap_or_default()));
        }
        if hub.required_checks.as_ref().is_some_and(Vec::is_empty) {
            let branch = hub.default_branch.as_deref().unwrap_or("the base branch");
            notes.push(format!("`{branch}` requires no check: protect it and require one (Settings, Branches), so that nothing is merged unchecked"));
        }
        if facts.survey.is_some() && facts.workflows.is_empty() {
            notes.push("no workflow in .github/workflows runs for a pull request, so there will be no checks and no automatic merge".to_owned());
        }
    }
    if let Some(Err(error)) = &facts.remote {
        notes.push(format!("its origin does not answer: {}", clean::one_line(error, 300)));
    }
    if repo.host == HostKind::Local && repo.ci_command.is_none() {
        notes.push("there is no `ci_command`, so nothing is merged automatically; `--test-command CMD` or the configuration says which".to_owned());
    }
    if !facts.agents.iter().any(super::AgentFact::is_usable) && facts.existing.is_none() {
        let mends = facts.agents.iter().filter_map(|agent| agent.mend.as_deref());
        let first = mends.take(1).collect::<String>();
        notes.push(format!(
            "no built-in agent can be used yet, so no task is begun; for example: {first}"
        ));
    }
    let is_other = wishes.project.is_some_and(|number| repo.project_number != Some(number));
    if is_known && (is_other || wishes.test_command.is_some()) {
        notes.push(
            "its entry in the configuration is not changed: set `project_number` or the command there by hand"
                .to_owned(),
        );
    }
    notes
}

/// The command that is taken when nobody is asked: the first whose program is here.
pub fn likely_test(tests: &[(Candidate, Option<String>)]) -> Option<&str> {
    tests.iter().find(|(_, lacks)| lacks.is_none()).map(|(found, _)| found.command.as_str())
}
