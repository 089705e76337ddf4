//! One request that shows a pull request, its checks and its issue together: for when a glance has found that something is to be done.

use serde_json::json;

use super::endpoints;
use super::host::GithubHost;
use super::preflight::Repository;
use super::sight_checks::CommitSeen;
use super::sight_wire::{RepositorySeen, SightData, names};
use super::wire::malformed;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::Issue;
use crate::host::{HostError, Sight, SightOf};

impl GithubHost {
    /// Takes a sight. Whatever is wrong with the answer, the reads one by one say it better: then there is none.
    pub(super) async fn take_sight(&self, of: &SightOf) -> Option<Sight> {
        match self.read_sight(of).await {
            Ok(sight) => Some(sight),
            Err(error) => {
                tracing::info!(repo = %self.slug(), pr = %of.pull, %error, "not seen by one request; everything is read by itself");
                None
            }
        }
    }

    async fn read_sight(&self, of: &SightOf) -> Result<Sight, HostError> {
        let base = of.base_commit.as_ref().map(ToString::to_string);
        let variables = json!({
            "owner": self.slug().owner(),
            "name": self.slug().name(),
            "pull": of.pull.0,
            "issue": of.issue.0,
            "withBase": base.is_some(),
            "base": base,
            "withBoard": self.board().is_some(),
        });
        let data: SightData = self.client().graphql(&endpoints::PULL_SIGHT, variables).await?;
        self.understand(of, data.repository).await
    }

    async fn understand(&self, of: &SightOf, mut seen: RepositorySeen) -> Result<Sight, HostError> {
        if !seen.name_with_owner.eq_ignore_ascii_case(self.slug().as_str()) {
            // This interface follows a repository to its new name without a word.
            return Err(malformed(
                self.slug().to_string(),
                "the answer is about another repository",
            ));
        }
        let repository = Repository::seen(&seen);
        let labels = names(seen.labels.take());
        let base_checks = seen.base.take().and_then(|base| {
            let commit = base.commit?;
            let is_it = of.base_commit.as_ref().is_some_and(|wanted| commit.is(wanted.as_str()));
            if is_it { commit.checks_of_base() } else { None }
        });
        let RepositorySeen { mut pull_request, mut issue, .. } = seen;
        let comments = match issue.take_comments() {
            None => None,
            Some(all) => Some((of.issue, self.own_comments(of.issue, all).await?)),
        };
        let column = match (self.board(), issue.take_cards()) {
            (None, _) => Ok(None),
            (Some(board), Some(cards)) => board.status_by(self.slug(), of.issue, cards),
            (Some(_), None) => Err(malformed(self.name("an issue"), "its cards are not shown")),
        };
        let checks = pull_request.take_head().and_then(CommitSeen::checks_of_head);
        let sight = Sight {
            of: Some(of.clone()),
            checks,
            reviews: pull_request.take_reviews(),
            base_tip: pull_request.base_tip(),
            standing: Some(pull_request.into_standing(self.slug())?),
            base_checks,
            knows_column: column.is_ok(),
            issue: Some(Issue { status: column.ok().flatten(), ..issue.into_domain()? }),
            comments,
        };
        self.check_numbers(of, &sight)?;
        self.remember_repository(repository);
        if let Some(labels) = labels {
            self.remember_labels(labels);
        }
        Ok(sight)
    }

    /// The numbers are those that were asked for. GraphQL knows issues from pull requests, so what is one is told for good.
    fn check_numbers(&self, of: &SightOf, sight: &Sight) -> Result<(), HostError> {
        let pull = sight.standing.as_ref().map(|standing| standing.pull.number);
        let issue: Option<IssueNumber> = sight.issue.as_ref().map(|issue| issue.number);
        if pull != Some(of.pull) || issue != Some(of.issue) {
            let what = self.name(format_args!("pull request {}", of.pull.0));
            return Err(malformed(what, "the answer is about something else"));
        }
        self.remember_issue(of.issue);
        Ok(())
    }
}
