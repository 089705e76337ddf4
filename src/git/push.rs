//! Pushing one branch under a lease: it moves only if the remote still has what the caller believes it has.

use super::error::{GitError, from_text, presentable, says_already_deleted};
use super::mirror::{Mirror, TRACKED, delete_reference, set_reference};
use super::objects;
use super::remote::is_on_this_machine;
use crate::domain::ids::{BranchName, CommitSha};

/// What takes a push in at a remote on this machine: git's own default syncs neither references nor single objects there, so that a push
/// that was told to have worked would be an empty file after the loss of power; and its upkeep would go on behind our back when the push
/// is over. A server has its own rules, and may know no such options.
const OUR_RECEIVER: &str = "--receive-pack=git -c core.fsync=committed -c core.fsyncMethod=batch \
                            -c gc.autoDetach=false -c maintenance.autoDetach=false receive-pack";

/// One branch to be moved on the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// What the branch is to point to; `None` deletes it.
    pub source: Option<CommitSha>,
    /// The branch.
    pub branch: BranchName,
    /// What the remote must have before; `None` means that the branch must not exist.
    pub expected: Option<CommitSha>,
}

impl Mirror {
    /// Moves one branch of the remote, also backwards; already being so is success.
    ///
    /// # Errors
    ///
    /// [`GitError::Stale`] when the remote has something else than expected, [`GitError::Declined`] when it declines (a hook, a
    /// protected branch). The remote is unchanged then; after [`GitError::Unavailable`] it has to be asked.
    pub fn push(&self, push: &Push) -> Result<(), GitError> {
        if let Some(source) = &push.source {
            objects::commit(&self.repository()?, source)?;
        }
        match self.attempt(push) {
            // A lost reply leaves the remote as it is to be and our lease old: that is success.
            Err(GitError::Stale { what, reason }) => {
                if self.remote_tip(&push.branch)? != push.source {
                    return Err(GitError::Stale { what, reason });
                }
            }
            other => other?,
        }
        self.track(push);
        Ok(())
    }

    fn attempt(&self, push: &Push) -> Result<(), GitError> {
        let branch = &push.branch;
        let doing = format!("pushing `{branch}` to `{}`", presentable(&self.remote));
        let subject = format!("branch `{branch}` of the remote");
        let expected = push.expected.as_ref().map_or("", CommitSha::as_str);
        let source = push.source.as_ref().map_or("", CommitSha::as_str);
        let call = self
            .git
            .call(&doing)
            .remote()
            .about(&subject)
            .writing_in(&self.dir)
            .args([
                "push",
                "--porcelain",
                "--no-verify",
                "--no-follow-tags",
                "--recurse-submodules=no",
            ])
            .args(is_on_this_machine(&self.remote).then_some(OUR_RECEIVER))
            .args([format!("--force-with-lease=refs/heads/{branch}:{expected}")])
            .args(["--", "origin", &format!("{source}:refs/heads/{branch}")]);
        let output = call.run()?;
        let (told, complained) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        match line_of(&told, branch) {
            Some((flag, _)) if flag != '!' && output.code == Some(0) => Ok(()),
            Some((_, summary)) => {
                Err(from_text(&doing, &subject, &format!("{summary} {complained}")))
            }
            None if push.source.is_none() && says_already_deleted(&complained) => Ok(()),
            None => Err(call.failure(&output)),
        }
    }

    /// The remote has moved, whatever happens here: a tracked tip that cannot be set is set right by the next fetch.
    fn track(&self, push: &Push) {
        let Ok(repository) = self.repository() else { return };
        let name = format!("{TRACKED}{}", push.branch);
        let tracked = match &push.source {
            Some(source) => set_reference(&repository, &name, source),
            None => delete_reference(&repository, &name),
        };
        if let Err(error) = tracked {
            tracing::warn!(branch = %push.branch, %error, "the pushed branch is not tracked before the next fetch");
        }
    }
}

/// Flag and summary of the line about a branch in the answer of `push --porcelain`.
fn line_of<'a>(answer: &'a str, branch: &BranchName) -> Option<(char, &'a str)> {
    let end = format!(":refs/heads/{branch}");
    answer.lines().find_map(|line| {
        let mut fields = line.splitn(3, '\t');
        let (flag, references, summary) = (fields.next()?, fields.next()?, fields.next()?);
        let mut flags = flag.chars();
        let flag = flags.next()?;
        (references.ends_with(&end) && flags.next().is_none()).then_some((flag, summary))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_branch_is_found_in_the_answer() {
        let answer = "To /r\n \tabc:refs/heads/other\t1..2\n!\tabc:refs/heads/agent/web-1\t[rejected] (stale info)\nDone\n";
        let branch = "agent/web-1".parse().unwrap();
        assert_eq!(line_of(answer, &branch), Some(('!', "[rejected] (stale info)")));
        assert_eq!(line_of(answer, &"other".parse().unwrap()), Some((' ', "1..2")));
        assert_eq!(line_of(answer, &"web-1".parse().unwrap()), None);
    }
}
