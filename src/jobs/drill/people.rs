//! Drills of what people do with their hands.

use super::ground::{Ground, PULL, demand};

pub(super) fn close_issue(ground: &Ground) -> Result<String, String> {
    ground.issue("guarded")?;
    ground.jobs(&["tick"])?;
    ground.run(&["issue", "close", "1"])?;
    ground.jobs(&["tick"])?;
    ground.expect("outcome", "cancelled")?;
    let pull = ground.json(&["pr", "show", "2"])?;
    demand(pull.get("state") == Some(&"closed".into()), &format!("the pull request: {pull}"))?;
    demand(ground.has_branch(), "the branch is gone")?;
    Ok("pull request closed, branch kept, outcome cancelled".to_owned())
}

pub(super) fn close_pull(ground: &Ground) -> Result<String, String> {
    ground.issue("guarded")?;
    ground.jobs(&["tick"])?;
    ground.edit(PULL, "state: open", "state: closed")?;
    ground.jobs(&["tick"])?;
    ground.expect("outcome", "closed")?;
    demand(ground.has_branch(), "the branch is gone")?;
    let issue = ground.json(&["issue", "show", "1"])?;
    let labels = issue.get("labels").map(ToString::to_string).unwrap_or_default();
    demand(labels.contains("human-required"), &format!("the labels of the issue: {labels}"))?;
    Ok("outcome closed, branch kept, the issue waits for a person".to_owned())
}

pub(super) fn move_file(ground: &Ground) -> Result<String, String> {
    ground.issue("half")?;
    ground.jobs(&["tick"])?;
    ground.expect("state", "escalated")?;
    ground.mv("escalated", "inbox")?;
    ground.jobs(&["tick"])?;
    ground.expect("state", "escalated")?;
    ground.expect("attempt", "2")?;
    Ok("one more attempt was made".to_owned())
}
