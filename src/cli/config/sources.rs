//! What `config check` finds about sources of evidence: domains that allow nothing, addresses and files that would not be read.

use std::collections::BTreeSet;

use crate::config::{Repo, Settings, SourceLocation};
use crate::domain::objective::Place;
use crate::evidence::fetch::Domains;
use crate::evidence::{self, Places};

/// One line for each fault of a block that is switched on; of repositories that share a block with a fault, each is named.
pub(super) fn warnings(settings: &Settings) -> Vec<String> {
    let found: BTreeSet<String> =
        settings.repos.iter().flat_map(|repo| of_repository(settings, repo)).collect();
    found.into_iter().collect()
}

fn of_repository(settings: &Settings, repo: &Repo) -> Vec<String> {
    let of_repository = Places {
        evidence_dir: settings.evidence_dir.clone(),
        folders: Vec::new(),
        clone: repo.path.clone(),
    };
    let folders =
        [repo.key.as_str(), repo.slug.name()].map(|name| settings.evidence_dir.join(name));
    let of_checks = Places { folders: folders.to_vec(), ..of_repository.clone() };
    let (research, feedback, outcomes) =
        (&repo.planning_research, &repo.production_feedback, &repo.outcome_attribution);
    let mut found = Vec::new();
    if research.enabled {
        let sources = research.sources.iter().map(|source| (&source.name, &source.location));
        let sources = sources.take(research.max_sources).collect();
        found.extend(block(
            "planning_research",
            &research.allowed_domains,
            &of_repository,
            sources,
        ));
    }
    if feedback.enabled {
        let inputs = feedback.inputs.iter().map(|input| (&input.name, &input.location));
        let inputs = inputs.take(feedback.max_inputs).collect();
        found.extend(block(
            "production_feedback",
            &feedback.allowed_domains,
            &of_repository,
            inputs,
        ));
    }
    if outcomes.enabled {
        let checks = outcomes.checks.iter().map(|check| (&check.id, &check.location)).collect();
        let found_here =
            block("outcome_attribution", &outcomes.allowed_domains, &of_checks, checks);
        // What is measured after a merge need not be there before.
        found.extend(found_here.into_iter().filter(|why| !why.ends_with("there is no such file")));
    }
    found.into_iter().map(|why| format!("{}: {why}", repo.slug)).collect()
}

fn block(
    key: &str,
    allowed_domains: &[String],
    places: &Places,
    sources: Vec<(&String, &SourceLocation)>,
) -> Vec<String> {
    let (domains, faults) = Domains::new(allowed_domains);
    let mut found: Vec<String> =
        faults.into_iter().map(|fault| format!("`{key}.allowed_domains`: {fault}")).collect();
    for (name, location) in sources {
        let place = match location {
            SourceLocation::Web { url } => Place::Web(url.clone()),
            SourceLocation::File { path } => Place::File(path.clone()),
        };
        if let Some(why) = evidence::obstacle(&place, &domains, places) {
            found.push(format!("`{key}`: `{name}` is not read: {why}"));
        }
    }
    found
}
