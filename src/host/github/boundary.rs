//! What a base branch demands before a merge: branch protection and rulesets together. What cannot be read is an error and never "nothing".

use super::boundary_wire::{Branch, Rule, of_protection, of_rules};
use super::endpoints;
use super::host::GithubHost;
use super::pull_wire::sha;
use crate::domain::ids::{BranchName, CommitSha};
use crate::domain::merge::Boundary;
use crate::host::{BaseBranch, HostError};

impl GithubHost {
    async fn branch(&self, name: &BranchName) -> Result<Branch, HostError> {
        let call = self.call(&endpoints::BRANCH).with("branch", name);
        let answer = self.get(call).await;
        self.of_thing(answer, format!("branch `{name}`")).await
    }

    /// The commit at the tip of a branch.
    pub(super) async fn tip_of(&self, name: &BranchName) -> Result<CommitSha, HostError> {
        let branch = self.branch(name).await?;
        self.tip_in(name, &branch)
    }

    fn tip_in(&self, name: &BranchName, branch: &Branch) -> Result<CommitSha, HostError> {
        sha(&self.name(format_args!("branch `{name}`")), &branch.commit.sha)
    }

    /// Tip and demands of a branch, from two reads. The tip comes last: what is merged onto it is pinned to that.
    pub(super) async fn base_branch(&self, name: &BranchName) -> Result<BaseBranch, HostError> {
        let rules = self.rules_of(name).await;
        let branch = match self.branch(name).await {
            Ok(branch) => branch,
            Err(HostError::NotFound { .. }) => {
                return Ok(BaseBranch { tip: None, boundary: None });
            }
            Err(error) => return Err(error),
        };
        let tip = Some(self.tip_in(name, &branch)?);
        let boundary = match rules.and_then(|rules| self.demands(name, branch, rules)) {
            Ok(boundary) => Some(boundary),
            Err(error) => {
                tracing::warn!(repo = %self.slug(), branch = %name, %error, "what the branch demands cannot be read");
                None
            }
        };
        Ok(BaseBranch { tip, boundary })
    }

    /// The demands of a branch, or why they cannot be read.
    pub(super) async fn demanded(&self, name: &BranchName) -> Result<Boundary, HostError> {
        let branch = self.branch(name).await?;
        self.demands(name, branch, self.rules_of(name).await?)
    }

    async fn rules_of(&self, name: &BranchName) -> Result<Vec<Rule>, HostError> {
        self.list(self.call(&endpoints::RULES).with("branch", name)).await
    }

    fn demands(
        &self,
        name: &BranchName,
        branch: Branch,
        rules: Vec<Rule>,
    ) -> Result<Boundary, HostError> {
        let what = self.name(format_args!("what `{name}` demands before a merge,"));
        let mut boundary = of_protection(&what, branch)?;
        of_rules(&what, rules, &mut boundary)?;
        boundary.required.sort();
        boundary.required.dedup();
        boundary.obstacles.sort();
        boundary.obstacles.dedup();
        Ok(boundary)
    }
}
