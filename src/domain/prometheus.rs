//! Metrics in Prometheus' text format, for `metrics_textfile`. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

/// What a job tells of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JobRun {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// How many items went wrong.
    pub errors: usize,
}

/// Everything that the file tells.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// Tasks by repository, folder and outcome (empty while there is none).
    pub tasks: BTreeMap<(String, &'static str, &'static str), usize>,
    /// Open pull requests of ours, by repository.
    pub open_pulls: BTreeMap<String, usize>,
    /// Alarms that go on.
    pub alarms: usize,
    /// Notices that wait.
    pub notices: usize,
    /// The last merge.
    pub last_merge: Option<Timestamp>,
    /// The job that has just run.
    pub job: Option<(&'static str, JobRun)>,
}

const PREFIX: &str = "agentos_";
/// The label of a job. `job` is a label of Prometheus itself, which would rename ours to `exported_job`.
const JOB: &str = "name";
/// Metrics of jobs begin so: what other jobs wrote is kept.
const OF_JOBS: [(&str, &str); 4] = [
    ("job_last_run_timestamp_seconds", "When a job last ended."),
    ("job_last_success_timestamp_seconds", "When a job last ended without an error."),
    ("job_duration_seconds", "How long a job took the last time."),
    ("job_errors", "What went wrong in the last run of a job."),
];

/// The text of the file; lines about other jobs are taken from what it holds.
pub fn render(metrics: &Metrics, before: &str) -> String {
    let mut text = String::new();
    let tasks = metrics.tasks.iter().map(|((repo, state, outcome), count)| {
        let labels = format!("repo=\"{}\",state=\"{state}\",outcome=\"{outcome}\"", label(repo));
        (labels, count.to_string())
    });
    family(&mut text, "tasks", "Tasks by folder of the mailbox.", tasks);
    let pulls = metrics.open_pulls.iter();
    let pulls = pulls.map(|(repo, count)| (format!("repo=\"{}\"", label(repo)), count.to_string()));
    family(&mut text, "pull_requests_open", "Open pull requests of ours.", pulls);
    let alone = |value: String| std::iter::once((String::new(), value));
    family(&mut text, "alarms", "Alarms that go on.", alone(metrics.alarms.to_string()));
    let waiting = alone(metrics.notices.to_string());
    family(&mut text, "notices_waiting", "Notices that are not told yet.", waiting);
    let merge = metrics.last_merge.map(|at| (String::new(), at.as_second().to_string()));
    family(&mut text, "last_merge_timestamp_seconds", "When a change was last merged.", merge);
    for (name, help) in OF_JOBS {
        let mut lines = lines_of(before, name);
        if let Some((job, run)) = metrics.job {
            let value = match name {
                "job_duration_seconds" => Some(format!("{:.3}", run.seconds)),
                "job_errors" => Some(run.errors.to_string()),
                "job_last_success_timestamp_seconds" if run.errors > 0 => None,
                _ => Some(run.at.as_second().to_string()),
            };
            lines.extend(value.map(|value| (format!("{JOB}=\"{job}\""), value)));
        }
        family(&mut text, name, help, lines);
    }
    text
}

fn family(
    text: &mut String,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = (String, String)>,
) {
    let mut is_first = true;
    for (labels, value) in samples {
        if is_first {
            let _infallible = writeln!(text, "# HELP {PREFIX}{name} {help}");
            let _infallible = writeln!(text, "# TYPE {PREFIX}{name} gauge");
            is_first = false;
        }
        let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
        let _infallible = writeln!(text, "{PREFIX}{name}{labels} {value}");
    }
}

/// The samples of a metric of jobs that a text of ours holds.
fn lines_of(before: &str, name: &str) -> BTreeMap<String, String> {
    let begin = format!("{PREFIX}{name}{{{JOB}=\"");
    let sample = |line: &str| {
        let (job, value) = line.strip_prefix(&begin)?.split_once("\"} ")?;
        let is_ours = job.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            && value.parse::<f64>().is_ok();
        is_ours.then(|| (format!("{JOB}=\"{job}\""), value.to_owned()))
    };
    before.lines().filter_map(sample).collect()
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(job: &'static str, errors: usize) -> Metrics {
        let repo = "acme/web".to_owned();
        let at = "2026-01-05T09:00:00Z".parse().unwrap();
        Metrics {
            tasks: BTreeMap::from([
                ((repo.clone(), "done", "merged"), 4),
                ((repo.clone(), "inbox", ""), 2),
            ]),
            open_pulls: BTreeMap::from([(repo, 1)]),
            alarms: 0,
            notices: 3,
            last_merge: Some(at),
            job: Some((job, JobRun { at, seconds: 0.25, errors })),
        }
    }

    #[test]
    fn the_file_is_prometheus_text() {
        insta::assert_snapshot!(render(&metrics("dispatch", 0), ""), @r#"
        # HELP agentos_tasks Tasks by folder of the mailbox.
        # TYPE agentos_tasks gauge
        agentos_tasks{repo="acme/web",state="done",outcome="merged"} 4
        agentos_tasks{repo="acme/web",state="inbox",outcome=""} 2
        # HELP agentos_pull_requests_open Open pull requests of ours.
        # TYPE agentos_pull_requests_open gauge
        agentos_pull_requests_open{repo="acme/web"} 1
        # HELP agentos_alarms Alarms that go on.
        # TYPE agentos_alarms gauge
        agentos_alarms 0
        # HELP agentos_notices_waiting Notices that are not told yet.
        # TYPE agentos_notices_waiting gauge
        agentos_notices_waiting 3
        # HELP agentos_last_merge_timestamp_seconds When a change was last merged.
        # TYPE agentos_last_merge_timestamp_seconds gauge
        agentos_last_merge_timestamp_seconds 1767603600
        # HELP agentos_job_last_run_timestamp_seconds When a job last ended.
        # TYPE agentos_job_last_run_timestamp_seconds gauge
        agentos_job_last_run_timestamp_seconds{name="dispatch"} 1767603600
        # HELP agentos_job_last_success_timestamp_seconds When a job last ended without an error.
        # TYPE agentos_job_last_success_timestamp_seconds gauge
        agentos_job_last_success_timestamp_seconds{name="dispatch"} 1767603600
        # HELP agentos_job_duration_seconds How long a job took the last time.
        # TYPE agentos_job_duration_seconds gauge
        agentos_job_duration_seconds{name="dispatch"} 0.250
        # HELP agentos_job_errors What went wrong in the last run of a job.
        # TYPE agentos_job_errors gauge
        agentos_job_errors{name="dispatch"} 0
        "#);
    }

    #[test]
    fn what_other_jobs_said_is_kept_and_a_success_outlives_a_failure() {
        let first = render(&metrics("dispatch", 0), "");
        let second = render(&metrics("queue", 0), &first);
        let third = render(&metrics("dispatch", 2), &second);
        for line in [
            "agentos_job_errors{name=\"dispatch\"} 2",
            "agentos_job_errors{name=\"queue\"} 0",
            "agentos_job_last_success_timestamp_seconds{name=\"dispatch\"} 1767603600",
        ] {
            assert_eq!(third.lines().filter(|other| *other == line).count(), 1, "{third}");
        }
        assert_eq!(render(&metrics("dispatch", 2), &third), third);
    }

    #[test]
    fn nothing_foreign_is_carried_over() {
        let foreign = "agentos_job_errors{name=\"x\"} NaN of\nagentos_job_errors{name=\"A\\\"\"} 1\nother 5\n";
        assert_eq!(lines_of(foreign, "job_errors"), BTreeMap::new());
    }
}
