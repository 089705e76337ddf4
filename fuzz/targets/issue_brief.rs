//! The text of an issue, frozen as a task.

use agentos::domain::brief::{dependencies, freeze};
use agentos::domain::ids::{AgentName, IssueNumber};
use agentos::domain::issue::{Issue, IssueState, Trust};
use agentos::text::sections::level2;

use super::{steers, text};

/// The headings of a task, which are ours alone.
const OURS: [&str; 5] = ["# Goal", "# Success Criteria", "# Constraints", "# Context", "# Source"];

/// Nothing of the text heads a section of the task, names what is not configured or becomes a branch that git could mistake.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let (title, body) = text.split_once('\n').unwrap_or((&text, ""));
    let issue = issue(title, body);
    let agents: Vec<AgentName> =
        ["codex", "claude"].iter().filter_map(|n| n.parse().ok()).collect();
    let brief = freeze(&issue, &agents);
    assert!(brief.title.chars().count() <= 200 && !brief.title.contains('\n'));
    assert!(!steers(&brief.title) && !steers(&brief.body), "{:?}", brief.body);
    assert!(brief.body.len() <= 12 * text.len() + 4096, "{} of {}", brief.body.len(), text.len());
    assert!(brief.agent.as_ref().is_none_or(|agent| agents.contains(agent)));
    if let Some(base) = &brief.base_branch {
        assert!(!base.as_str().starts_with('-') && !base.as_str().contains(".."), "{base}");
    }
    let heads = |line: &&str| OURS.contains(line);
    let headings: Vec<&str> = plain_lines(&brief.body).into_iter().filter(heads).collect();
    assert_eq!(headings, OURS, "{}", brief.body);
    assert!(level2(&brief.body).iter().all(|section| section.title.len() <= text.len()));
    assert_eq!(freeze(&issue, &agents), brief, "the same issue, the same task");
    drop(dependencies(body));
}

/// The lines that stand in no fenced block.
fn plain_lines(text: &str) -> Vec<&str> {
    let mut open: Option<(char, usize)> = None;
    let mut plain = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim_start_matches(' ');
        let indented = line.len() - trimmed.len() > 3;
        let mark = trimmed.chars().next().filter(|c| matches!(c, '`' | '~')).unwrap_or(' ');
        let length = trimmed.chars().take_while(|c| *c == mark).count();
        let rest = trimmed.get(length..).unwrap_or_default();
        match open {
            None if !indented
                && mark != ' '
                && length >= 3
                && !(mark == '`' && rest.contains('`')) =>
            {
                open = Some((mark, length));
            }
            None => plain.push(line),
            Some((fence, least)) => {
                if !indented && mark == fence && length >= least && rest.trim().is_empty() {
                    open = None;
                }
            }
        }
    }
    plain
}

fn issue(title: &str, body: &str) -> Issue {
    Issue {
        number: IssueNumber(42),
        title: title.to_owned(),
        body: body.to_owned(),
        state: IssueState::Open,
        status: None,
        labels: vec!["ready".to_owned()],
        author: "ann".to_owned(),
        author_trust: Trust::Trusted,
        url: String::new(),
        created_at: jiff::Timestamp::UNIX_EPOCH,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
        closed_at: None,
    }
}
