//! Two tasks from their issues to their merges: what people do, what agents answer, and when it is over; on any host, and on any disk.

use std::path::Path;

use super::people::People;
use super::walk::Chapter;
use crate::support::crash_root::{FILES, git};

/// Answers questions; partial at first; then breaks the test on purpose, mends it when it is its repair, and solves its conflicts. It decides from the files
/// alone, so that an attempt that is run again goes on where the last one was cut off.
const FIRST: &str = r#"#!/bin/sh
cat > /dev/null
env
if [ "$AGENTOS_STAGE" = planning ]; then
  echo '{"goal": "The list has one more item.", "success_criteria": ["It is there."]}'
  exit
fi
report() { printf 'STATUS: %s\nBLOCKER_CODE: %s\nSUMMARY: %s\nDONE:\n- it\nNEXT_STEP: go on\nTESTS_RUN:\n- sh test.sh\n' "$1" "$2" "$3" > .agent_result.md; }
line="item $AGENTOS_TASK_ID"
if grep -q '^<<<<<<<' list.txt; then
  sed -i '/^[<=>|]\{7\}/d' list.txt
  report complete none 'Solved the conflict.'
elif [ "$AGENTOS_TASK_ID" = shop-2 ]; then
  grep -q "$line" list.txt || sed -i "1a $line" list.txt
  report complete none 'Added an item.'
elif [ ! -e half.txt ]; then
  echo half > half.txt
  report partial test_failure 'Half is done.'
elif ! grep -q "$line" list.txt; then
  sed -i "1a $line" list.txt
  touch broken
  report complete none 'Added an item.'
else
  rm -f broken
  report complete none 'Mended the test.'
fi
"#;

/// The agents, in the order of their chain.
pub(crate) const AGENTS: [(&str, &str); 2] = [("first", FIRST), ("second", FIRST)];

/// The configuration.
pub(crate) const SETTINGS: &str = "max_parallel_workers: 1\nplanner_agents: [first]\n";

/// The parts of the story.
pub(crate) fn chapters<S: People>() -> Vec<Chapter<S>> {
    vec![Chapter {
        act: |stage| {
            stage.issue("Add the first item");
            stage.issue("Add the second item");
        },
        until: |stage| {
            let is_merged = |number: u64| stage.ended_as(number, "merged");
            is_merged(1) && is_merged(2) && stage.is_remembered(&[1, 2])
        },
    }]
}

/// What is wrong with the files of `main` when both tasks are merged: none of them may have lost what it held.
pub(crate) fn content_faults(root: &Path) -> Vec<String> {
    let remote = root.join("remotes/shop.git");
    let shown = |path: &str| git(&remote, &["show", &format!("main:{path}")]);
    let mut faults = Vec::new();
    let mut files = git(&remote, &["ls-tree", "--name-only", "main"]);
    files.retain(|c| c != '"');
    if files.lines().ne(["CODEBASE.md", "README.md", "half.txt", "list.txt", "test.sh"]) {
        faults.push(format!("the files of main are {files:?}"));
        return faults;
    }
    let kept = FILES.iter().filter(|(path, _)| *path != "list.txt");
    for (path, text) in kept.copied().chain([("half.txt", "half")]) {
        if shown(path) != text.trim() {
            faults.push(format!("{path} is now {:?}", shown(path)));
        }
    }
    let list = shown("list.txt");
    let mut items: Vec<&str> = list.lines().collect();
    let ends = (items.first().copied(), items.last().copied());
    items.sort_unstable();
    if ends != (Some("first"), Some("last"))
        || items != ["first", "item shop-1", "item shop-2", "last"]
    {
        faults.push(format!("list.txt is now {list:?}"));
    }
    faults
}
