//! `.agent_result.md`, which an agent writes as it likes.

use agentos::domain::result::{ResultStatus, parse};

/// What is understood is written so that it is understood the same.
pub(super) fn run(input: &[u8]) {
    let Ok(result) = parse(input) else { return };
    if result.status == ResultStatus::Complete {
        assert!(
            result.blocker == agentos::domain::blocker::BlockerCode::None,
            "a success with a blocker"
        );
    }
    let written = result.render();
    assert_eq!(parse(written.as_bytes()), Ok(result), "{written}");
}
