//! The crontab that `agentos cron print --jobs` writes: which of its lines are due in a few minutes.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A line: five fields, the job, and what the shell is to run.
#[derive(Debug, Clone)]
pub(super) struct Line {
    fields: Vec<String>,
    pub(super) job: String,
    pub(super) command: String,
}

/// Reads the lines of a crontab that start a job.
pub(super) fn parse(text: &str) -> Vec<Line> {
    text.lines().filter(|line| !line.starts_with('#')).map(line).collect()
}

fn line(text: &str) -> Line {
    let mut words = text.splitn(6, ' ');
    let fields = words.by_ref().take(5).map(ToOwned::to_owned).collect();
    let command = words.next().unwrap().to_owned();
    let wrapper = command.split_once("/bin/run_").unwrap().1.split_once(".sh").unwrap().0;
    Line { fields, job: wrapper.to_owned(), command }
}

impl Line {
    /// Whether cron starts it in one of these minutes, which lie in one hour.
    pub(super) fn is_due(&self, from: Timestamp, minutes: i8) -> bool {
        let at = from.to_zoned(TimeZone::UTC);
        let weekday = at.weekday().to_sunday_zero_offset();
        let rest = [at.hour(), at.day(), at.month(), weekday];
        let is_hour = self.fields[1..].iter().zip(rest).all(|(field, value)| has(field, value));
        let mut within = at.minute()..at.minute() + minutes;
        is_hour && within.any(|minute| has(&self.fields[0], minute))
    }

    /// The command with one more argument, before what becomes of its output.
    pub(super) fn with(&self, arguments: &str) -> String {
        let (command, output) = self.command.split_once(" >> ").unwrap();
        format!("{command} {arguments} >> {output}")
    }
}

/// The forms that the product writes: `*`, `*/5`, a number.
fn has(field: &str, value: i8) -> bool {
    match field.split_once("*/") {
        Some((_, step)) => value % step.parse::<i8>().unwrap() == 0,
        None => field == "*" || field.parse() == Ok(value),
    }
}

#[test]
fn a_line_is_due_when_cron_would_start_it() {
    let lines = parse(
        "# >>> agentos /r >>>\n*/5 * * * * /b/bin/run_pr_monitor.sh --root /r >> /l 2>&1\n15 7 * * 1 /b/bin/run_log_analyzer.sh --root /r >> /l 2>&1\n# <<<\n",
    );
    let due = |at: &str| -> Vec<&str> {
        let at: Timestamp = at.parse().unwrap();
        lines.iter().filter(|line| line.is_due(at, 5)).map(|line| line.job.as_str()).collect()
    };
    assert_eq!(due("2026-01-05T00:00:00Z"), ["pr_monitor"]);
    assert_eq!(due("2026-01-05T07:15:00Z"), ["pr_monitor", "log_analyzer"]);
    assert_eq!(due("2026-01-06T07:15:00Z"), ["pr_monitor"]);
    assert_eq!(lines[0].with("-v"), "/b/bin/run_pr_monitor.sh --root /r -v >> /l 2>&1");
}
