//! Carries out what grooming decided, under the lease of the repository's backlog: each step found done is done, so that a run that died goes on.

use crate::app::{App, Repository};
use crate::crash_point;
use crate::domain::grooming::{Filing, Filled, MARKER};
use crate::domain::ids::IssueNumber;
use crate::effects::{Effect, Effects, texts};
use crate::host::NewIssue;
use crate::jobs::dispatch::Failure;
use crate::jobs::report::{Item, Job, Report, Severity};
use crate::mailbox::RepositoryLease;

use super::gather::Closing;
use super::{Options, item};

/// What carries things out for one repository.
pub(super) struct Hand<'a> {
    pub(super) app: &'a App,
    pub(super) repository: &'a Repository,
    pub(super) options: &'a Options,
}

/// The right to write, and what writes.
struct Pen {
    effects: Effects,
    lease: RepositoryLease,
}

impl Hand<'_> {
    /// Closes and files; says whether anything was written.
    pub(super) async fn carry_out(
        &self,
        closings: &[Closing],
        filled: &Filled,
        report: &mut Report,
    ) -> Result<bool, Failure> {
        for closing in closings {
            if let Some(kept) = closing.kept {
                self.tell(report, Some(closing.issue), "kept", format!("quiet, but {kept}"));
            }
        }
        let quiet = closings.iter().filter(|closing| closing.kept.is_none());
        let quiet: Vec<IssueNumber> = quiet.map(|closing| closing.issue).collect();
        if quiet.is_empty() && filled.filings.is_empty() {
            return Ok(false);
        }
        if self.options.dry_run {
            for issue in quiet {
                self.tell(report, Some(issue), "would_close", self.why_closed());
            }
            for filing in &filled.filings {
                self.tell(report, None, "would_file", told(filing));
            }
            return Ok(false);
        }
        let pen = self.pen()?;
        let mut wrote = false;
        for issue in quiet {
            self.close(&pen, issue).await?;
            wrote = true;
            self.tell(report, Some(issue), "closed", self.why_closed());
        }
        for filing in &filled.filings {
            let (issue, is_new) = self.file(&pen, filing).await?;
            wrote |= is_new;
            self.tell(report, issue, if is_new { "filed" } else { "known" }, told(filing));
        }
        Ok(wrote)
    }

    fn pen(&self) -> Result<Pen, Failure> {
        match self.app.mailbox.backlog_lease(&self.repository.key)? {
            Some(lease) => Ok(Pen { effects: self.repository.effects()?, lease }),
            None => Err(Failure {
                message: "another run is at its backlog".to_owned(),
                severity: Severity::Temporary,
                hint: None,
            }),
        }
    }

    /// Says why, then closes. A run that dies between the two is gone on with: see [`crate::domain::grooming::verdict`].
    async fn close(&self, pen: &Pen, issue: IssueNumber) -> Result<(), Failure> {
        let comment = Effect::Comment {
            issue,
            kind: MARKER.to_owned(),
            key: texts::QUIET_KEY.to_owned(),
            body: texts::quiet(Job::Groom.as_str(), self.repository.settings.stale_issue_days),
            sticky: false,
        };
        pen.effects.carry_out(&comment, &pen.lease).await?;
        crash_point!("groom.told");
        pen.effects.carry_out(&Effect::CloseIssue { issue }, &pen.lease).await?;
        crash_point!("groom.closed");
        Ok(())
    }

    async fn file(
        &self,
        pen: &Pen,
        filing: &Filing,
    ) -> Result<(Option<IssueNumber>, bool), Failure> {
        let issue = NewIssue {
            title: self.app.redactor.redact(&filing.title),
            body: self.app.redactor.redact(&filing.body()),
            labels: filing.labels(),
            status: None,
            author: String::new(),
        };
        let signature = filing.evidence.signature.clone();
        let effect = Effect::CreateIssue { signature, issue };
        let carried = pen.effects.carry_out(&effect, &pen.lease).await?;
        crash_point!("groom.filed");
        Ok((carried.issue, carried.changed))
    }

    fn why_closed(&self) -> String {
        let days = self.repository.settings.stale_issue_days;
        format!("made by us, and nobody took it up in {days} days")
    }

    fn tell(&self, report: &mut Report, issue: Option<IssueNumber>, action: &str, why: String) {
        report.items.push(Item { issue, ..item(self.repository, action, why) });
    }
}

fn told(filing: &Filing) -> String {
    format!("{} ({})", filing.title, filing.evidence.place)
}
