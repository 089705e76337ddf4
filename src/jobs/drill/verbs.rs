//! Drills of the commands in comments.

use super::ground::{Ground, TASK, demand, wait_for};

/// Demands so many answers, and that a further look adds none.
fn answered(ground: &Ground, times: usize) -> Result<Vec<String>, String> {
    ground.jobs(&["dispatch"])?;
    let answers = ground.answers()?;
    let otherwise = format!("{} answers, and not {times}: {answers:?}", answers.len());
    demand(answers.len() == times, &otherwise)?;
    Ok(answers)
}

pub(super) fn pause(ground: &Ground) -> Result<String, String> {
    ground.issue("work")?;
    ground.jobs(&["dispatch"])?;
    ground.say("/agent pause")?;
    ground.jobs(&["tick"])?;
    ground.expect("state", "inbox")?;
    answered(ground, 1)?;
    ground.say("/agent resume")?;
    ground.jobs(&["tick"])?;
    ground.expect("outcome", "merged")?;
    answered(ground, 2)?;
    Ok("left in the inbox until it was resumed; each comment answered once".to_owned())
}

pub(super) fn stop(ground: &Ground) -> Result<String, String> {
    ground.issue("slow")?;
    ground.jobs(&["dispatch"])?;
    let queue = ground.begin(&["queue"]);
    let begun = format!("runtime/worktrees/yard/{TASK}/begun-{TASK}");
    wait_for("the agent begins", || queue.is_finished() || ground.has(&begun))?;
    ground.say("/agent pause")?;
    queue.join().map_err(|_| "the worker cannot be waited for".to_owned())??;
    ground.expect("state", "processing")?;
    demand(ground.has(&begun), "the work of the stopped run is gone")?;
    ground.say("/agent resume")?;
    ground.jobs(&["tick"])?;
    ground.expect("outcome", "merged")?;
    ground.expect("attempt", "1")?;
    answered(ground, 2)?;
    Ok("the worker was stopped, its work kept, and attempt 1 finished what it had begun".to_owned())
}

pub(super) fn status(ground: &Ground) -> Result<String, String> {
    ground.issue("guarded")?;
    ground.jobs(&["tick"])?;
    ground.say("/agent status")?;
    let answers = answered(ground, 1)?;
    let why = ground.json(&["why", TASK])?;
    let reason = why.get("reason").and_then(serde_json::Value::as_str).unwrap_or_default();
    let is_same = answers.iter().any(|answer| answer.contains(reason));
    demand(is_same && !reason.is_empty(), &format!("`why` says `{reason}`, and {answers:?}"))?;
    Ok(format!("answered with: {reason}"))
}

pub(super) fn retry(ground: &Ground) -> Result<String, String> {
    ground.issue("half")?;
    ground.jobs(&["tick"])?;
    ground.expect("state", "escalated")?;
    ground.say("/agent retry")?;
    ground.expect("state", "inbox")?;
    ground.jobs(&["tick"])?;
    ground.expect("attempt", "2")?;
    ground.expect("state", "escalated")?;
    answered(ground, 1)?;
    ground.expect("state", "escalated")?;
    Ok("one more attempt, and not another one at the next look".to_owned())
}

pub(super) fn cancel(ground: &Ground) -> Result<String, String> {
    ground.issue("guarded")?;
    ground.jobs(&["tick"])?;
    ground.say("/agent cancel")?;
    ground.expect("outcome", "cancelled")?;
    let pull = ground.json(&["pr", "show", "2"])?;
    demand(pull.get("state") == Some(&"closed".into()), &format!("the pull request: {pull}"))?;
    demand(ground.has_branch(), "the branch is gone")?;
    answered(ground, 1)?;
    Ok("pull request closed, branch kept, outcome cancelled".to_owned())
}

pub(super) fn approve(ground: &Ground) -> Result<String, String> {
    ground.issue("guarded")?;
    ground.jobs(&["tick", "pr-monitor"])?;
    ground.expect("outcome", "")?;
    ground.expect_why("protected_paths")?;
    ground.say("/agent approve 0123456789")?;
    ground.jobs(&["pr-monitor"])?;
    ground.expect("outcome", "")?;
    ground.say("/agent approve")?;
    ground.jobs(&["pr-monitor"])?;
    ground.expect("outcome", "merged")?;
    answered(ground, 2)?;
    Ok("held for a protected path; another head was not approved; merged when its own was"
        .to_owned())
}

pub(super) fn quotes(ground: &Ground) -> Result<String, String> {
    ground.issue("guarded")?;
    ground.jobs(&["tick"])?;
    for text in ["> /agent cancel", "```\n/agent cancel\n```", "<!--\n/agent cancel\n-->"] {
        ground.say(text)?;
    }
    ground.expect("outcome", "")?;
    answered(ground, 0)?;
    Ok("nothing was carried out, nothing answered".to_owned())
}
