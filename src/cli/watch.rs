//! `agentos status --watch`: a view that is drawn anew each second on a terminal, and a line for each change elsewhere. Asks no host.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::Duration;

use super::args::Global;
use super::fault::Fault;
use super::output::{Output, table};
use super::wire::Wiring;
use crate::domain::ids::TaskId;
use crate::domain::task::Folder;
use crate::jobs::status::{self, Status, TaskRow};
use crate::sys::clock::{Clock, SystemClock};
use crate::sys::terminal::{self, Keys};
use crate::text::clean;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// On fewer columns a table of running tasks would be cut before what matters.
const NARROW: usize = 72;

/// So many tasks that wait are shown.
const MOST_WAITING: usize = 10;

pub(super) fn run(wiring: &Wiring, global: &Global, output: &Output) -> Result<u8, Fault> {
    if output.is_json() {
        return Err(Fault::usage("`--json` is one document, and `--watch` never ends")
            .hint("`agentos status --json` again and again, or `agentos status --watch`"));
    }
    let app = wiring.app(global)?;
    let is_terminal = std::io::stdout().is_terminal();
    let keys = is_terminal.then(Keys::listen).flatten();
    let mut seen = BTreeMap::new();
    let mut drawn = 0;
    loop {
        let status = status::gather(&app)?;
        let is_read = if is_terminal {
            let (columns, rows) = terminal::size().unwrap_or((80, 24));
            let title = format!("agentos, q ends: {}", app.settings.root.display());
            let lines = fit(frame(title, &status, columns), columns, rows);
            let earlier = std::mem::replace(&mut drawn, lines.len());
            output.redraw(earlier, &lines)
        } else {
            let now = SystemClock.now();
            changes(&mut seen, &status)
                .iter()
                .all(|line| output.live(&format!("{} {line}", now.strftime("%Y-%m-%dT%H:%M:%SZ"))))
        };
        if !is_read || wait(keys.as_ref()) || wiring.stop.requested() {
            return Ok(0);
        }
    }
}

/// Waits for the next look; says whether the person has had enough.
fn wait(keys: Option<&Keys>) -> bool {
    let Some(keys) = keys else {
        std::thread::sleep(PAUSE);
        return false;
    };
    matches!(keys.pressed(PAUSE), Some(b'q' | b'Q' | 4))
}

/// What one look shows.
fn frame(title: String, status: &Status, columns: usize) -> Vec<String> {
    let mut lines = vec![title, String::new()];
    let (running, others): (Vec<&TaskRow>, Vec<&TaskRow>) =
        status.tasks.iter().filter(|task| !task.has_ended()).partition(|task| task.running);
    if running.is_empty() {
        lines.push("no agent is at work".to_owned());
    } else if columns < NARROW {
        lines.extend(running.iter().flat_map(|task| narrow_rows(&running_cells(task))));
    } else {
        let head = ["TASK", "ATTEMPT", "STAGE", "AGENT", "TIME", "LAST OUTPUT"];
        let mut cells = vec![head.map(str::to_owned).to_vec()];
        cells.extend(running.iter().map(|task| running_cells(task)));
        lines.extend(table(&cells));
    }
    if !others.is_empty() {
        lines.push(String::new());
        let mut cells = vec![["WAITING", "STATE", "PR", "WHY"].map(str::to_owned).to_vec()];
        cells.extend(others.iter().take(MOST_WAITING).map(|task| waiting_cells(task)));
        lines.extend(table(&cells));
        if others.len() > MOST_WAITING {
            lines.push(format!("… and {} more", others.len() - MOST_WAITING));
        }
    }
    lines.push(String::new());
    lines.push(counts(status));
    let sprints = status.sprints.iter();
    lines.extend(sprints.map(|sprint| format!("sprint {} waits: `{}`", sprint.id, sprint.next)));
    lines.extend(status.pauses.iter().map(|pause| format!("paused: {pause}")));
    lines.extend(status.alarms.iter().map(|alarm| format!("ALARM {}", alarm.what)));
    lines
}

/// A running task where a table has no room: what is known of it, and what it said last on a line of its own.
fn narrow_rows(cells: &[String]) -> Vec<String> {
    let [task, attempt, stage, agent, time, said] = cells else { return Vec::new() };
    vec![format!("{task} {time} {agent} {stage} ({attempt})"), format!("  {said}")]
}

fn running_cells(task: &TaskRow) -> Vec<String> {
    let dash = || "-".to_owned();
    #[expect(clippy::cast_precision_loss, reason = "seconds of one attempt")]
    let elapsed = task.elapsed_seconds.map(|seconds| clock_time(seconds as f64));
    vec![
        task.task_id.to_string(),
        task.attempt.to_string(),
        task.stage.map_or_else(dash, |stage| stage.as_str().to_owned()),
        task.agent.as_ref().map_or_else(dash, ToString::to_string),
        elapsed.unwrap_or_else(dash),
        task.last_output.clone().unwrap_or_else(dash),
    ]
}

fn waiting_cells(task: &TaskRow) -> Vec<String> {
    let state = match task.not_before {
        Some(until) => format!("{} until {until:.0}", task.state),
        None if task.state == Folder::Done => "in review".to_owned(),
        None => task.state.to_string(),
    };
    vec![
        task.task_id.to_string(),
        state,
        task.pr.map_or_else(|| "-".to_owned(), |pr| pr.0.to_string()),
        task.reason.clone().unwrap_or_else(|| task.title.clone()),
    ]
}

fn counts(status: &Status) -> String {
    let under_way = |folder: Folder| {
        status.tasks.iter().filter(|task| task.state == folder && !task.has_ended()).count()
    };
    let in_folder = |folder: &Folder| match (under_way(*folder), folder) {
        // Rare, and news when they are there.
        (0, Folder::Failed | Folder::Escalated | Folder::Blocked) => None,
        (count, _) => Some(format!("{count} {folder}")),
    };
    let counts: Vec<String> = Folder::ALL.iter().filter_map(in_folder).collect();
    let merged = status.pulls.iter().filter(|pull| pull.state == "merged").count();
    format!("{}; {merged} merged", counts.join(", "))
}

/// As much as the terminal has room for: what is drawn over must not have scrolled away.
fn fit(lines: Vec<String>, columns: usize, rows: usize) -> Vec<String> {
    let most = rows.saturating_sub(1).max(1);
    lines
        .into_iter()
        .take(most)
        .map(|line| {
            // Indentation and columns stay; a line break would take a row of its own.
            let line = clean::terminal(&line).replace(['\n', '\t'], " ");
            if line.chars().count() <= columns {
                return line;
            }
            let cut: String = line.chars().take(columns.saturating_sub(1)).collect();
            format!("{cut}…")
        })
        .collect()
}

/// A line for each task that is not as it was at the last look.
fn changes(seen: &mut BTreeMap<TaskId, String>, status: &Status) -> Vec<String> {
    let mut lines = Vec::new();
    for task in &status.tasks {
        let line = change_line(task);
        if seen.get(&task.task_id) != Some(&line) {
            lines.push(line.clone());
            seen.insert(task.task_id.clone(), line);
        }
    }
    let is_there = |id: &TaskId| status.tasks.iter().any(|task| task.task_id == *id);
    let gone: Vec<TaskId> = seen.keys().filter(|id| !is_there(id)).cloned().collect();
    for id in gone {
        seen.remove(&id);
        lines.push(format!("{id} put away"));
    }
    lines
}

fn change_line(task: &TaskRow) -> String {
    let mut line = format!("{} {}", task.task_id, task.state);
    if task.running {
        line.push_str(" running");
    }
    if let Some(outcome) = task.outcome {
        let _infallible = write!(line, " {}", outcome.as_str());
    }
    let _infallible = write!(line, " attempt={}", task.attempt);
    if let Some(agent) = &task.agent {
        let _infallible = write!(line, " agent={agent}");
    }
    if let Some(stage) = task.stage {
        let _infallible = write!(line, " stage={}", stage.as_str());
    }
    if let Some(pr) = task.pr {
        let _infallible = write!(line, " pr={}", pr.0);
    }
    line
}

/// Seconds as `m:ss` or `h:mm:ss`.
pub(super) fn clock_time(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and below a year"
    )]
    let all = seconds.clamp(0.0, 31_536_000.0) as u64;
    let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_a_clock() {
        for (seconds, shown) in
            [(0.4, "0:00"), (59.9, "0:59"), (754.0, "12:34"), (3_661.0, "1:01:01"), (-1.0, "0:00")]
        {
            assert_eq!(clock_time(seconds), shown);
        }
    }

    #[test]
    fn on_a_narrow_terminal_nothing_that_matters_is_cut() {
        let cells = ["web-42", "2", "worktree", "claude", "12:34", "Running the tests"];
        assert_eq!(
            narrow_rows(&cells.map(str::to_owned)),
            ["web-42 12:34 claude worktree (2)", "  Running the tests"]
        );
    }

    #[test]
    fn a_view_never_has_more_rows_or_columns_than_the_terminal() {
        let lines = vec!["short".to_owned(), "  a\tlonger line".to_owned(), "third".to_owned()];
        assert_eq!(fit(lines.clone(), 8, 3), ["short", "  a lon…"]);
        assert_eq!(fit(lines, 80, 24).len(), 3);
        assert_eq!(fit(vec!["x".to_owned()], 1, 1), ["x"]);
    }
}
