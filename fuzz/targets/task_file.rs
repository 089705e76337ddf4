//! Task files, which people and other programs may edit.

use agentos::domain::task_file::{parse, render};

use super::text;

/// What is understood is written so that it is understood the same; what is not is named; no name can climb or be an option.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let task = match parse(&text, "inbox/web-42.md") {
        Ok(task) => task,
        Err(error) => {
            assert!(error.to_string().contains("inbox/web-42.md"), "{error}");
            return;
        }
    };
    for name in [task.id.as_str(), task.branch.as_str(), task.base_branch.as_str()] {
        assert!(!name.starts_with(['-', '/', '.']) && !name.contains(".."), "{name}");
    }
    let written = render(&task);
    assert!(written.is_ok(), "{written:?}");
    let Ok(written) = written else { return };
    let again = parse(&written, "inbox/web-42.md");
    assert_eq!(again.as_ref().ok(), Some(&task), "{written}");
    assert!(written.ends_with(&task.body));
}
