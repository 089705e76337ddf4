//! The checks of a commit as the document `PullSight` shows them, told in the words of the REST interface, so that both are judged alike.

use serde::Deserialize;

use super::check_wire::{self, App, CheckRun, CheckSuite, CommitStatus, Output, SuiteId};
use super::sight_wire::Page;
use super::wire::present;
use crate::domain::pull::Checks;

/// A commit and what reported for it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommitSeen {
    oid: String,
    #[serde(deserialize_with = "present")]
    status_check_rollup: Option<Rollup>,
    #[serde(deserialize_with = "present")]
    check_suites: Option<Page<SuiteSeen>>,
}

#[derive(Debug, Deserialize)]
struct Rollup {
    contexts: Page<Context>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "__typename")]
enum Context {
    CheckRun(RunSeen),
    StatusContext(StatusSeen),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunSeen {
    name: String,
    status: String,
    #[serde(deserialize_with = "present")]
    conclusion: Option<String>,
    url: String,
    #[serde(deserialize_with = "present")]
    details_url: Option<String>,
    #[serde(deserialize_with = "present")]
    title: Option<String>,
    #[serde(deserialize_with = "present")]
    summary: Option<String>,
    #[serde(deserialize_with = "present")]
    text: Option<String>,
    check_suite: SuiteOfRun,
}

#[derive(Debug, Deserialize)]
struct SuiteOfRun {
    id: String,
    #[serde(deserialize_with = "present")]
    app: Option<AppSeen>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppSeen {
    #[serde(default)]
    database_id: Option<u64>,
    slug: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusSeen {
    context: String,
    state: String,
    #[serde(deserialize_with = "present")]
    description: Option<String>,
    #[serde(deserialize_with = "present")]
    target_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SuiteSeen {
    id: String,
    status: String,
    #[serde(deserialize_with = "present")]
    app: Option<AppSeen>,
}

/// Numbers for the names by which GraphQL knows suites.
#[derive(Default)]
struct Numbers(Vec<String>);

impl Numbers {
    fn of(&mut self, name: String) -> u64 {
        let known = self.0.iter().position(|known| *known == name);
        let at = known.unwrap_or_else(|| {
            self.0.push(name);
            self.0.len() - 1
        });
        u64::try_from(at).unwrap_or(u64::MAX)
    }
}

impl CommitSeen {
    /// Whether it is this commit.
    pub(super) fn is(&self, oid: &str) -> bool {
        self.oid == oid
    }

    /// What the checks of the head of a pull request say; nothing where not all of them are shown.
    pub(super) fn checks_of_head(self) -> Option<Checks> {
        let mut numbers = Numbers::default();
        let (runs, statuses) = reported(&self.oid, self.status_check_rollup, &mut numbers)?;
        let suites = self.check_suites?.whole()?.into_iter().map(|suite| CheckSuite {
            id: numbers.of(suite.id),
            status: Some(suite.status.to_lowercase()),
            app: suite.app.map(AppSeen::into_app),
        });
        let suites: Vec<CheckSuite> = suites.collect();
        Some(check_wire::combined(runs, statuses, &suites))
    }

    /// What the checks of a commit on a base branch say, where no workflow is waited for.
    pub(super) fn checks_of_base(self) -> Option<Checks> {
        let (runs, statuses) =
            reported(&self.oid, self.status_check_rollup, &mut Numbers::default())?;
        Some(check_wire::combined(runs, statuses, &[]))
    }
}

/// Everything that reported for a commit; a commit for which nothing did has no rollup.
fn reported(
    oid: &str,
    rollup: Option<Rollup>,
    numbers: &mut Numbers,
) -> Option<(Vec<CheckRun>, Vec<CommitStatus>)> {
    let (mut runs, mut statuses) = (Vec::new(), Vec::new());
    let contexts = match rollup {
        None => Vec::new(),
        Some(rollup) => rollup.contexts.whole()?,
    };
    for (at, context) in (0u64..).zip(contexts) {
        match context {
            Context::CheckRun(run) => runs.push(run.into_run(oid, numbers)?),
            Context::StatusContext(status) => statuses.push(CommitStatus {
                id: at,
                context: status.context,
                state: status.state.to_lowercase(),
                description: status.description,
                target_url: status.target_url,
            }),
        }
    }
    Some((runs, statuses))
}

impl RunSeen {
    fn into_run(self, oid: &str, numbers: &mut Numbers) -> Option<CheckRun> {
        Some(CheckRun {
            id: number_at_the_end(&self.url)?,
            name: self.name,
            head_sha: oid.to_owned(),
            status: self.status.to_lowercase(),
            conclusion: self.conclusion.map(|word| word.to_lowercase()),
            details_url: self.details_url,
            html_url: Some(self.url),
            output: Some(Output { title: self.title, summary: self.summary, text: self.text }),
            app: self.check_suite.app.map(AppSeen::into_app),
            check_suite: Some(SuiteId { id: numbers.of(self.check_suite.id) }),
        })
    }
}

impl AppSeen {
    fn into_app(self) -> App {
        App { id: self.database_id, slug: Some(self.slug) }
    }
}

/// The number of a check run, which GraphQL gives only where it is small, stands at the end of its address.
fn number_at_the_end(url: &str) -> Option<u64> {
    let path = url.split(['?', '#']).next()?;
    path.rsplit('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_run_is_read_from_its_address() {
        for (url, number) in [
            ("https://github.com/acme/web/runs/7", Some(7)),
            ("https://github.com/acme/web/actions/runs/5/job/31415926535", Some(31_415_926_535)),
            ("https://github.com/acme/web/runs/7?check_suite_focus=true", Some(7)),
            ("https://github.com/acme/web/runs/x", None),
            ("", None),
        ] {
            assert_eq!(number_at_the_end(url), number, "{url}");
        }
    }
}
