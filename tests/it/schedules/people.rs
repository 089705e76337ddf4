//! The people of a town: who moves files, edits the board, answers, cancels, and pushes commits, at any time.

use std::fmt::Write as _;
use std::fs;
use std::panic::AssertUnwindSafe;

use agentos::jobs::control::{self, Order};
use agentos::sys::crash::{self, Crash};

use super::town::{Town, number_of};
use crate::support::hub::git as remotes;
use crate::support::invariants::{self, Faults, TaskFile};

impl Town {
    fn some_task(&self, folders: &[&str]) -> Option<(String, TaskFile)> {
        let tasks = invariants::tasks(&self.path(), &mut Faults::new());
        let fitting: Vec<(String, TaskFile)> =
            tasks.into_iter().filter(|(_, file)| folders.contains(&file.folder)).collect();
        (!fitting.is_empty()).then(|| self.roll().pick(&fitting).clone())
    }

    /// Something that a person does with a file manager, an editor or the command line.
    pub(super) fn operator(&mut self) {
        let chance = self.roll().below(14);
        match chance {
            0 | 1 => self.moves_to_inbox(&["blocked", "escalated"]),
            2 => self.moves_to_inbox(&["processing"]),
            3 | 4 => self.answers(),
            5 => {
                let Some((task, _)) = self.some_task(&["inbox", "blocked", "done"]) else { return };
                self.cancel(&task);
            }
            6 => self.edits_issue(
                &["inbox", "processing", "blocked", "escalated"],
                "status: ",
                "status: Ready",
            ),
            7 => self.edits_issue(&["inbox", "processing"], "status: ", "status: Backlog"),
            8 => self.edits_issue(&["inbox", "processing", "done"], "state: ", "state: closed"),
            9..=12 => self.commands(),
            _ => self.closes_pull(),
        }
    }

    fn favour(&mut self, task: &str) {
        *self.favours.entry(task.to_owned()).or_default() += 1;
    }

    fn moves_to_inbox(&mut self, folders: &[&str]) {
        let Some((task, file)) = self.some_task(folders) else { return };
        let mailbox = self.path().join("runtime/mailbox");
        let name = format!("{task}.md");
        let target = mailbox.join("inbox").join(&name);
        fs::rename(mailbox.join(file.folder).join(&name), target).unwrap();
        self.favour(&task);
        self.say(format!("operator: mv {}/{name} inbox/", file.folder));
    }

    fn answers(&mut self) {
        let Some((task, _)) = self.some_task(&["blocked"]) else { return };
        let Some(number) = number_of(&task) else { return };
        let path = self.path().join(format!("board/shop/issues/{number}.comments.md"));
        let mut text = fs::read_to_string(&path).unwrap_or_default();
        text.push_str("\n## ann · 2026-01-09T09:00:00Z\n\nTake the second way.\n");
        fs::write(&path, text).unwrap();
        self.favour(&task);
        self.say(format!("operator: answers {task}"));
    }

    /// Commands something by a comment, in whatever state the task is.
    fn commands(&mut self) {
        let Some((task, _)) = self.some_task(&invariants::FOLDERS) else { return };
        let verb =
            *self.roll().pick(&["pause", "pause", "resume", "retry", "retry", "cancel", "approve"]);
        self.comment(&task, &format!("/agent {verb}"));
        if verb == "retry" {
            self.favour(&task);
        }
        self.say(format!("operator: /agent {verb} on {task}"));
    }

    /// At last everybody lets go on what was paused.
    pub(super) fn resumes_all(&mut self) {
        let tasks = invariants::tasks(&self.path(), &mut Faults::new());
        for task in tasks.keys() {
            self.comment(task, "/agent resume");
        }
    }

    fn comment(&self, task: &str, text: &str) {
        let Some(number) = number_of(task) else { return };
        let path = self.path().join(format!("board/shop/issues/{number}.comments.md"));
        let mut thread = fs::read_to_string(&path).unwrap_or_default();
        let now = self.now();
        write!(thread, "\n## ann · {now}\n\n{text}\n").unwrap();
        fs::write(&path, thread).unwrap();
    }

    fn closes_pull(&mut self) {
        let Some((task, file)) = self.some_task(&["inbox", "done"]) else { return };
        let Some(pr) = file.key("pr") else { return };
        let path = self.path().join(format!("board/shop/pulls/{pr}.md"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("state: open", "state: closed")).unwrap();
        self.say(format!("operator: closes the pull request of {task}"));
    }

    /// Replaces a line of a task's issue; who says Ready gives it a further attempt.
    fn edits_issue(&mut self, folders: &[&str], prefix: &str, line: &str) {
        let Some((task, _)) = self.some_task(folders) else { return };
        let Some(number) = number_of(&task) else { return };
        self.edit_issue(number, prefix, line);
        self.favour(&task);
        self.say(format!("operator: {line} on issue {number}"));
    }

    /// Replaces a line of an issue's file.
    fn edit_issue(&self, number: u64, prefix: &str, line: &str) {
        let path = self.path().join(format!("board/shop/issues/{number}.md"));
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(|old| if old.starts_with(prefix) { line } else { old });
        fs::write(&path, format!("{}\n", lines.collect::<Vec<_>>().join("\n"))).unwrap();
    }

    fn cancel(&mut self, task: &str) {
        let die_at = {
            let mut dice = self.roll();
            dice.percent(50).then(|| 1 + dice.below(40))
        };
        crash::arm(die_at);
        let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let app = self.process();
            self.runtime.block_on(control::cancel(
                &app,
                &task.parse().unwrap(),
                &Order::of_operator(),
            ))
        }));
        crash::disarm();
        let how = match ended {
            Ok(Ok(())) => "done".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(payload) => match payload.downcast_ref::<Crash>() {
                Some(crash) => format!("died at {}", crash.point),
                None => std::panic::resume_unwind(payload),
            },
        };
        self.say(format!("operator: task cancel {task}: {how}"));
    }

    /// Somebody else's commit on a branch of ours.
    pub(super) fn stranger_pushes(&mut self) {
        let remote = self.path().join("remotes/shop.git");
        let branches = remotes::branches(&remote).into_iter().map(|(name, _)| name);
        let branches: Vec<String> = branches.filter(|name| name.starts_with("agent/")).collect();
        if branches.is_empty() {
            return;
        }
        let branch = self.roll().pick(&branches).clone();
        self.commit(&branch, "A commit of a stranger", None);
        self.say(format!("a stranger pushes to {branch}"));
    }

    pub(super) fn base_moves(&mut self) {
        let remote = self.path().join("remotes/shop.git");
        let (_, list) = remotes::file(&remote, "main", "list.txt").unwrap();
        let list = String::from_utf8(list).unwrap();
        let stamp = self.roll().below(1000);
        let mut lines: Vec<String> = list.lines().map(ToOwned::to_owned).collect();
        lines.insert(1, format!("item of a person {stamp}"));
        self.commit("main", "Add an item by hand", Some(&format!("{}\n", lines.join("\n"))));
        self.say("a person pushes to main".to_owned());
    }

    /// Commits on top of a branch of the remote. Nothing of ours runs in a push of somebody else, so that none is started here.
    fn commit(&self, branch: &str, message: &str, list: Option<&str>) {
        let file = list.map_or(("stranger.txt", "hello\n"), |text| ("list.txt", text));
        let remote = self.path().join("remotes/shop.git");
        remotes::commit(&remote, (branch, branch), &[file], message, self.now());
    }
}
