//! What merged work was good for: which merges are due to be judged, by which check, and until when a measurement is waited for
//! (`CONTRACT.md` section 8, seed 000 `outcome_attribution`). Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::objective::Interpretation;

/// A measurement that is late is waited for at least so long before the merge counts as inconclusive.
pub const GRACE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a line of `outcome_attribution.jsonl` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The pull request was opened.
    PrOpened,
    /// It was merged.
    Merged,
    /// It was judged by one check.
    Snapshot,
}

impl Kind {
    /// The word of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrOpened => "pr_opened",
            Self::Merged => "merged",
            Self::Snapshot => "snapshot",
        }
    }
}

/// A line of `outcome_attribution.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it was written.
    pub timestamp: Timestamp,
    /// What it tells.
    pub kind: Kind,
    /// The repository.
    pub repo: String,
    /// The task.
    pub task_id: String,
    /// Its issue.
    pub issue: u64,
    /// Its pull request.
    #[serde(default)]
    pub pr: Option<u64>,
    /// The checks that its issue names; of an opening and a merge, where it is there even if there are none. Older lines have it only
    /// where there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_ids: Option<Vec<String>>,
    /// The commit on the base branch; of a merge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The check; of a snapshot, nothing where the merge has none.
    #[serde(default)]
    pub check_id: Option<String>,
    /// What it says; of a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpretation: Option<Interpretation>,
    /// One line for people; of a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Where the measurement was read; of a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who interpreted it where that was not arithmetic: an agent, or the exporter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreted_by: Option<String>,
}

/// A snapshot that is to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due<'a> {
    /// The merge.
    pub merged: &'a Record,
    /// What is to be done.
    pub what: What<'a>,
}

/// How a merge is to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What<'a> {
    /// By this check, with a measurement that was observed at `since` or later; after `deadline` without one it is inconclusive.
    Measure {
        /// The check.
        check_id: &'a str,
        /// Older measurements say nothing of this merge.
        since: Timestamp,
        /// Until then a measurement is waited for.
        deadline: Timestamp,
    },
    /// Its issue names a check that is not configured.
    Unknown {
        /// The id.
        check_id: &'a str,
    },
    /// It has no check at all.
    Without,
}

/// The merges of one repository that are due to be judged: `windows` are the checks that are known, with how long after a merge they are
/// measured; `always` are those that every merge has, because the objective says so. Each merge is judged once by each check.
pub fn due<'a>(
    records: &'a [Record],
    windows: &'a BTreeMap<String, SignedDuration>,
    always: &'a [String],
    now: Timestamp,
) -> Vec<Due<'a>> {
    let judged: BTreeSet<(&str, Option<&str>)> = records
        .iter()
        .filter(|record| record.kind == Kind::Snapshot)
        .map(|record| (record.task_id.as_str(), record.check_id.as_deref()))
        .collect();
    let mut due = Vec::new();
    let mut seen = BTreeSet::new();
    for merged in records.iter().filter(|record| record.kind == Kind::Merged) {
        if !seen.insert(merged.task_id.as_str()) {
            continue;
        }
        let ids: BTreeSet<&str> =
            merged.check_ids.iter().flatten().chain(always).map(String::as_str).collect();
        let is_judged = |id: Option<&str>| judged.contains(&(merged.task_id.as_str(), id));
        if ids.is_empty() && !is_judged(None) {
            due.push(Due { merged, what: What::Without });
        }
        for id in ids.into_iter().filter(|id| !is_judged(Some(id))) {
            let Some(window) = windows.get(id) else {
                due.push(Due { merged, what: What::Unknown { check_id: id } });
                continue;
            };
            let since = merged.timestamp.checked_add(*window).unwrap_or(Timestamp::MAX);
            if since > now {
                continue;
            }
            let deadline = since.checked_add((*window).max(GRACE)).unwrap_or(Timestamp::MAX);
            due.push(Due { merged, what: What::Measure { check_id: id, since, deadline } });
        }
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap()
    }

    fn record(kind: Kind, task: &str, day: i64) -> Record {
        Record {
            timestamp: at(day),
            kind,
            repo: "acme/web".to_owned(),
            task_id: task.to_owned(),
            issue: 1,
            pr: Some(7),
            check_ids: None,
            commit: None,
            check_id: None,
            interpretation: None,
            summary: None,
            source: None,
            interpreted_by: None,
        }
    }

    fn merged(task: &str, day: i64, checks: &[&str]) -> Record {
        let check_ids = checks.iter().map(ToString::to_string).collect();
        Record { check_ids: Some(check_ids), ..record(Kind::Merged, task, day) }
    }

    fn snapshot(task: &str, check: Option<&str>) -> Record {
        Record { check_id: check.map(str::to_owned), ..record(Kind::Snapshot, task, 20) }
    }

    fn found(records: &[Record], always: &[&str], day: i64) -> Vec<String> {
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        let windows = [("activation".to_owned(), days(7)), ("traffic".to_owned(), days(14))].into();
        let always: Vec<String> = always.iter().map(ToString::to_string).collect();
        due(records, &windows, &always, at(day))
            .iter()
            .map(|due| match &due.what {
                What::Measure { check_id, since, deadline } => {
                    let day = |time: &Timestamp| (time.as_second() - 1_790_000_000) / 86_400;
                    format!("{} {check_id} {}-{}", due.merged.task_id, day(since), day(deadline))
                }
                What::Unknown { check_id } => format!("{} unknown {check_id}", due.merged.task_id),
                What::Without => format!("{} without", due.merged.task_id),
            })
            .collect()
    }

    #[test]
    fn a_merge_is_judged_once_its_window_has_passed() {
        let records = [merged("web-1", 0, &["activation"])];
        assert_eq!(found(&records, &[], 6), Vec::<String>::new());
        assert_eq!(found(&records, &[], 7), ["web-1 activation 7-14"]);
        assert_eq!(
            found(&records, &["traffic"], 14),
            ["web-1 activation 7-14", "web-1 traffic 14-28"]
        );
    }

    #[test]
    fn each_merge_is_judged_once_by_each_check() {
        let first = merged("web-1", 0, &["activation"]);
        let records = [first.clone(), first, snapshot("web-1", Some("activation"))];
        assert_eq!(found(&records, &[], 30), Vec::<String>::new());
        assert_eq!(found(&records, &["activation", "traffic"], 30), ["web-1 traffic 14-28"]);
    }

    #[test]
    fn a_merge_without_a_check_and_one_with_an_unknown_check_are_told_at_once() {
        let records = [merged("web-1", 0, &[]), merged("web-2", 0, &["signups"])];
        assert_eq!(found(&records, &[], 0), ["web-1 without", "web-2 unknown signups"]);
        let told = [records[0].clone(), snapshot("web-1", None)];
        assert_eq!(found(&told, &[], 9), Vec::<String>::new());
    }

    #[test]
    fn lines_of_the_file_are_read_back() {
        let line = r#"{"timestamp":"2026-11-20T10:00:00Z","kind":"merged","repo":"acme/web","task_id":"web-1","issue":1,"pr":7,"check_ids":["a"],"commit":"abc","later":1}"#;
        let record: Record = serde_json::from_str(line).unwrap();
        assert_eq!((record.kind, record.check_ids), (Kind::Merged, Some(vec!["a".to_owned()])));
        let text = serde_json::to_string(&snapshot("web-1", None)).unwrap();
        assert!(text.contains(r#""check_id":null"#), "{text}");
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), snapshot("web-1", None));
    }

    #[test]
    fn the_checks_of_a_merge_are_named_even_if_there_are_none_and_older_lines_lack_them() {
        let none = merged("web-1", 0, &[]);
        let text = serde_json::to_string(&none).unwrap();
        assert!(text.contains(r#""check_ids":[]"#), "{text}");
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), none);
        let older: Record = serde_json::from_str(&text.replace(r#""check_ids":[],"#, "")).unwrap();
        assert_eq!(older.check_ids, None);
        assert_eq!(found(&[older], &[], 0), ["web-1 without"]);
        let text = serde_json::to_string(&snapshot("web-1", Some("activation"))).unwrap();
        assert!(!text.contains("check_ids"), "{text}");
    }
}
