//! Memory on a protected branch, with a `pr-monitor` that dies at every point on the way: proposed, updated, merged, nothing lost and nothing
//! twice.

use super::local::PROTECTED;
use crate::crash::people::People;
use crate::crash::stages::Local;
use crate::crash::stride;
use crate::crash::walk::{Chapter, Story, walk};

/// An agent that needs one run.
const PLAIN: &str = "cat > /dev/null\necho done > work-$AGENTOS_TASK_ID.txt\nprintf 'STATUS: complete\\nBLOCKER_CODE: none\\nSUMMARY: Did it.\\nDONE:\\n- it\\nTESTS_RUN:\\n- sh test.sh\\n' > .agent_result.md\n";

#[test]
fn memory_survives_a_crash_at_every_point_of_its_way() {
    let story = Story {
        name: "memory",
        found: || Local::found(&[("first", PLAIN)], "").with_hook(PROTECTED),
        chapters: vec![
            Chapter {
                act: |stage: &Local| {
                    stage.issue("Add a cart");
                    stage.issue("Add a till");
                },
                until: |stage| stage.ended_as(1, "merged") && stage.is_remembered(&[1, 2]),
            },
            // A person's commit on the base, under a further entry.
            Chapter {
                act: |stage| {
                    stage.stranger_pushes("main");
                    stage.issue("Add a door");
                },
                until: |stage| stage.ended_as(6, "merged") && stage.is_remembered(&[1, 2, 6]),
            },
        ],
        dying: &["pr-monitor"],
        end: |stage| {
            let waiting = std::fs::read_dir(stage.path().join("runtime/memory/shop"));
            let left = waiting.into_iter().flatten().flatten();
            left.map(|entry| format!("left: {}", entry.path().display())).collect()
        },
    };
    // Its points are few.
    walk(&story, stride().min(7));
}
