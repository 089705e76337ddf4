//! Answers of people in the thread of a sprint's issue: `/agent approve`, `/agent cancel`. What is decided is written down first and answered
//! then.

use crate::crash_point;
use crate::domain::command::{self, Asked, Begin, Verb, pending};
use crate::domain::ids::IssueNumber;
use crate::domain::sprint::{Sprint, Status};
use crate::effects::{Effect, texts};
use crate::jobs::dispatch::Failure;
use crate::text::clean;

use super::carry::{Desk, words};

/// What people may say here.
const VERBS: &str = "`/agent approve` or `/agent cancel`";

/// Hears what people have said, in its order, up to the first word that decides.
pub(super) async fn hear(
    desk: &Desk<'_>,
    sprint: &mut Sprint,
    number: IssueNumber,
) -> Result<(), Failure> {
    let comments = desk.repository.host.comments(number).await?;
    for asked in pending(&comments, Begin::Thread).asked {
        let is_late = sprint.expires_at.is_some_and(|until| asked.at > until);
        let decision = decision(&asked).filter(|_| !is_late);
        if let Some(status) = decision {
            let by = clean::one_line(&clean::untrusted(&asked.author).text, 60);
            sprint.status = status;
            sprint.decided_by = Some(by);
            desk.store.save(sprint)?;
            crash_point!("plan.heard");
            return Ok(());
        }
        if !is_late {
            answer(desk, sprint, number, &asked, &reply(&asked, sprint)).await?;
        }
    }
    Ok(())
}

/// Answers everybody who has said something and got no answer, once the sprint is decided.
pub(super) async fn answer_all(
    desk: &Desk<'_>,
    sprint: &Sprint,
    number: IssueNumber,
) -> Result<(), Failure> {
    let comments = desk.repository.host.comments(number).await?;
    for asked in pending(&comments, Begin::Thread).asked {
        let text = format!("this sprint is {}", sprint.status.as_str());
        answer(desk, sprint, number, &asked, &text).await?;
    }
    Ok(())
}

/// What a comment decides. A text that was changed after it was written may be somebody else's.
fn decision(asked: &Asked) -> Option<Status> {
    match &asked.command.verb {
        _ if asked.edited => None,
        Verb::Approve { .. } => Some(Status::Approved),
        Verb::Cancel => Some(Status::Rejected),
        Verb::Unknown(word) if word.eq_ignore_ascii_case("reject") => Some(Status::Rejected),
        _ => None,
    }
}

fn reply(asked: &Asked, sprint: &Sprint) -> String {
    match &asked.command.verb {
        _ if asked.edited => {
            "this comment was edited after it was written, and an edited command is not carried out: write a new comment"
                .to_owned()
        }
        Verb::Status => words(sprint),
        _ => format!("to a sprint one says {VERBS}"),
    }
}

async fn answer(
    desk: &Desk<'_>,
    sprint: &Sprint,
    number: IssueNumber,
    asked: &Asked,
    text: &str,
) -> Result<(), Failure> {
    let body = texts::command_answer(&sprint.id, asked, text);
    let effect = Effect::Comment {
        issue: number,
        kind: command::MARKER.to_owned(),
        key: asked.comment.to_string(),
        body: texts::bounded(&desk.app.redactor.redact(&body)),
        sticky: false,
    };
    desk.effects.carry_out(&effect, desk.lease).await?;
    crash_point!("plan.answered");
    Ok(())
}
