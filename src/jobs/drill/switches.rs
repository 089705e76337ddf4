//! Drills of the switches: off and on, pauses, the hold label, disarm and arm.

use super::ground::{Ground, PULL, TASK, demand};

pub(super) fn off(ground: &Ground) -> Result<String, String> {
    ground.issue("work")?;
    ground.run(&["off"])?;
    let said = ground.run(&["tick"])?;
    demand(said.contains("agentos on"), &format!("`tick` says `{}`", said.trim()))?;
    demand(!ground.has("runtime/mailbox/inbox/yard-1.md"), "a task was made while it was off")?;
    ground.jobs(&["on", "tick"])?;
    ground.expect("outcome", "merged")?;
    Ok("nothing was dispatched while it was off; merged when it was on".to_owned())
}

pub(super) fn pause_job(ground: &Ground) -> Result<String, String> {
    ground.issue("work")?;
    ground.run(&["pause", "--job", "queue"])?;
    ground.jobs(&["tick"])?;
    ground.expect("state", "inbox")?;
    ground.expect_why("resume --job queue")?;
    ground.run(&["resume", "--job", "queue"])?;
    ground.jobs(&["tick"])?;
    ground.expect("outcome", "merged")?;
    Ok("dispatched, and not worked on while `queue` was paused; merged when it was resumed"
        .to_owned())
}

pub(super) fn pause_repo(ground: &Ground) -> Result<String, String> {
    ground.issue("work")?;
    ground.jobs(&["dispatch"])?;
    ground.run(&["pause", "--repo", "drill/yard"])?;
    ground.jobs(&["tick"])?;
    ground.expect("state", "inbox")?;
    ground.expect_why("resume --repo yard")?;
    ground.run(&["resume", "--repo", "drill/yard"])?;
    ground.jobs(&["tick"])?;
    ground.expect("outcome", "merged")?;
    Ok("its task stayed in the inbox while it was paused; merged when it was resumed".to_owned())
}

pub(super) fn pause_task(ground: &Ground) -> Result<String, String> {
    ground.issue("work")?;
    ground.jobs(&["dispatch"])?;
    ground.run(&["pause", "--task", TASK])?;
    ground.jobs(&["tick"])?;
    ground.expect("state", "inbox")?;
    ground.expect_why("resume --task")?;
    ground.run(&["resume", "--task", TASK])?;
    ground.jobs(&["queue"])?;
    ground.run(&["pause", "--task", TASK])?;
    ground.jobs(&["pr-monitor"])?;
    ground.expect("state", "done")?;
    ground.expect("outcome", "")?;
    ground.run(&["resume", "--task", TASK])?;
    ground.jobs(&["pr-monitor"])?;
    ground.expect("outcome", "merged")?;
    Ok("neither claimed nor merged while it was paused".to_owned())
}

pub(super) fn hold(ground: &Ground) -> Result<String, String> {
    ground.issue("work")?;
    ground.jobs(&["dispatch", "queue"])?;
    ground.edit(PULL, "labels: []", "labels: [hold]")?;
    ground.jobs(&["pr-monitor"])?;
    ground.expect("outcome", "")?;
    ground.expect_why("label `hold`")?;
    ground.edit(PULL, "labels: [hold]", "labels: []")?;
    ground.jobs(&["pr-monitor"])?;
    ground.expect("outcome", "merged")?;
    Ok("green and not merged as long as the label was on".to_owned())
}

pub(super) fn disarm(ground: &Ground) -> Result<String, String> {
    ground.issue("work")?;
    ground.jobs(&["disarm", "tick"])?;
    ground.expect("state", "done")?;
    ground.expect("outcome", "")?;
    ground.expect_why("disarmed")?;
    ground.jobs(&["arm", "pr-monitor"])?;
    ground.expect("outcome", "merged")?;
    Ok("`merge_policy: auto` did not merge while it was disarmed".to_owned())
}
