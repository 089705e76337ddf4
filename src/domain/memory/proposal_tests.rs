//! What is to happen to the pull request of memory, row by row.

use super::*;
use crate::domain::memory::FILE;

fn proposal() -> Proposal {
    let head: CommitSha = "1".repeat(40).parse().unwrap();
    let main: BranchName = "main".parse().unwrap();
    Proposal {
        pull: PullRequest {
            number: crate::domain::ids::PrNumber(7),
            title: String::new(),
            body: String::new(),
            state: PullState::Open,
            draft: false,
            head: "agentos/memory".parse().unwrap(),
            base: main.clone(),
            head_sha: head.clone(),
            same_repository: true,
            issue: None,
            labels: Vec::new(),
            url: String::new(),
            created_at: "2026-01-05T09:00:00Z".parse().unwrap(),
        },
        our_head: head,
        base: main,
        hold_labels: vec!["hold".to_owned()],
        mergeable: Mergeable::Clean,
        checks: Checks::Known(vec![check("ci", CheckOutcome::Passed)]),
        required: Some(vec!["ci".to_owned()]),
        paths: Some(vec![FILE.to_owned(), "CODEBASE.archive/2026.md".to_owned()]),
        arming: Arming::Armed,
    }
}

fn check(name: &str, outcome: CheckOutcome) -> Check {
    let name = name.to_owned();
    Check {
        name,
        outcome,
        summary: String::new(),
        log: None,
        log_excerpt: None,
        job: None,
        apps: Vec::new(),
    }
}

#[test]
fn a_proposal_is_merged_only_when_every_condition_holds() {
    type Spoil = fn(&mut Proposal);
    let table: [(Spoil, &str); 19] = [
        (|_| {}, "merge"),
        (|p| p.pull.state = PullState::Merged { commit: None }, "merged"),
        (|p| p.pull.state = PullState::Closed, "closed"),
        (|p| p.pull.same_repository = false, "hold"),
        (|p| p.our_head = "2".repeat(40).parse().unwrap(), "hold"),
        (|p| p.pull.base = "next".parse().unwrap(), "hold"),
        (|p| p.pull.draft = true, "hold"),
        (|p| p.pull.labels = vec!["Hold".to_owned()], "hold"),
        (|p| p.mergeable = Mergeable::Unknown, "wait"),
        (|p| p.mergeable = Mergeable::Conflict, "rebuild"),
        (|p| p.checks = Checks::Unknown { reason: String::new() }, "wait"),
        (|p| p.checks = Checks::Missing, "hold"),
        (|p| p.checks = Checks::Known(vec![check("ci", CheckOutcome::Failed)]), "red"),
        (|p| p.checks = Checks::Known(vec![check("ci", CheckOutcome::Pending)]), "wait"),
        (|p| p.checks = Checks::Known(vec![check("other", CheckOutcome::Passed)]), "wait"),
        (|p| p.required = None, "wait"),
        (|p| p.required = Some(Vec::new()), "hold"),
        (|p| p.paths = Some(vec![FILE.to_owned(), "src/lib.rs".to_owned()]), "hold"),
        (|p| p.arming = Arming::Manual("disarmed".to_owned()), "hold"),
    ];
    for (at, (spoil, expected)) in table.into_iter().enumerate() {
        let mut proposal = proposal();
        spoil(&mut proposal);
        let verdict = match judge(&proposal) {
            Verdict::Merge { .. } => "merge",
            Verdict::Merged => "merged",
            Verdict::ClosedByPerson => "closed",
            Verdict::Hold(_) => "hold",
            Verdict::Wait(_) => "wait",
            Verdict::Rebuild(_) => "rebuild",
            Verdict::Red(_) => "red",
        };
        assert_eq!(verdict, expected, "row {at}");
    }
    let unknown = Proposal { paths: None, ..proposal() };
    assert!(matches!(judge(&unknown), Verdict::Wait(_)));
}
