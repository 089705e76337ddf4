//! One check: what was looked at, how it stands, and what mends it.

use serde::{Deserialize, Serialize};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Work goes on, but not as one may think.
    Warn,
    /// Some work cannot be done before it is mended.
    Fail,
}

impl Status {
    /// Its name in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

macro_rules! kinds {
    ($($kind:ident = $group:literal $name:literal, $proves:literal;)*) => {
        /// What is looked at; the documentation has a row for each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $proves] $kind,)*
        }

        impl Kind {
            /// Every kind, in the order of the output.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The heading under which people find it.
            pub fn group(self) -> &'static str {
                match self { $(Self::$kind => $group,)* }
            }

            /// Its name, to which a subject may be added.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// What it proves, as a phrase for the documentation.
            pub fn proves(self) -> &'static str {
                match self { $(Self::$kind => $proves,)* }
            }
        }
    };
}

kinds! {
    Binary = "machine" "program", "which agentos this is, and where";
    Git = "machine" "git", "git is there and new enough";
    Clock = "machine" "clock", "the clock is not behind, and not turned by `AGENTOS_NOW`";
    Memory = "machine" "memory", "as many workers as configured find room";
    Configuration = "configuration" "configuration", "which file was found and by what; its errors and warnings, with line";
    Prompts = "configuration" "prompts", "which templates are the operator's; each was tried out";
    Objectives = "configuration" "objectives", "objective files can be read";
    Secrets = "configuration" "secrets", "files with secrets are their owner's alone, and no token stands in the configuration";
    Folder = "folders" "folder", "a folder that we write to is there and its owner's alone";
    Durability = "folders" "file system", "locks hold, and a file is replaced in one step and synced; tried out";
    Disk = "folders" "disk", "there is room for `disk_budget_gb`, and no more than that is used";
    Remote = "repositories" "remote", "the git remote answers, and has the base branch";
    Clone = "repositories" "clone", "the clone of `path` is there";
    Mirror = "repositories" "mirror", "our mirror is whole";
    Ci = "repositories" "ci command", "the program of `ci_command` is on the `PATH`";
    Tests = "repositories" "test command", "the program of `test_command` is on the `PATH`";
    Merging = "repositories" "merging", "who merges, and whether a person has allowed or forbidden it";
    Agent = "agents" "agent", "program, version, login and keys of an agent; whether it is parked or out of money";
    Chain = "agents" "chain", "for each type of task some agent can be used";
    Planners = "agents" "planners", "some agent can answer questions of planning";
    Question = "agents" "question", "`--live`: the agent answers a small question, confined, in an empty folder";
    Work = "agents" "work", "`--live`: the agent plays an issue from Ready to its merge, on a project made for that";
    Confinement = "confinement" "confinement", "how far a control reaches here: enforced, partial or unsupported";
    Token = "github" "token", "which token is used, by the name of its source, and its kind";
    Access = "github" "access", "account, token, repository and board allow work to be ended";
    Required = "github" "required checks", "the base branch requires at least one check";
    Labels = "github" "labels", "the labels that are looked for exist";
    Crontab = "cron" "crontab", "something starts the jobs";
    LastRun = "cron" "last run", "the jobs have run lately";
    CronPath = "cron" "cron environment", "`--as-cron`: every program that is found here is found there too";
    UnderCron = "cron" "under cron", "`--as-cron`: a check that comes out worse in cron's environment";
    Switches = "state" "switches", "nothing is switched off or paused";
    Tasks = "state" "tasks", "no task waits for a person";
    Intents = "state" "intents", "no change to the outside world has been left open";
    Paces = "state" "paces", "it can be told when each job ran last";
    Telegram = "notifications" "telegram", "messages can be sent";
    Chat = "notifications" "chat", "`--live`: Telegram knows the bot, and the bot sees the chat; nothing is sent";
    Outbox = "notifications" "outbox", "no message has been waiting for long";
}

/// A check and how it came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at: its kind, with the subject where there are several.
    pub check: String,
    /// The heading under which people find it.
    pub group: &'static str,
    /// How it came out.
    pub status: Status,
    /// What was found.
    pub detail: String,
    /// What to do; nothing when it is ok.
    pub mend: Option<String>,
    /// What kind it is.
    #[serde(skip)]
    pub kind: Kind,
}

impl Check {
    fn new(kind: Kind, status: Status, detail: String, mend: Option<String>) -> Self {
        Self { check: kind.name().to_owned(), group: kind.group(), status, detail, mend, kind }
    }

    /// All is well.
    pub(super) fn ok(kind: Kind, detail: impl Into<String>) -> Self {
        Self::new(kind, Status::Ok, detail.into(), None)
    }

    /// Something deserves a word.
    pub(super) fn warn(kind: Kind, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(kind, Status::Warn, detail.into(), Some(mend.into()))
    }

    /// Something has to be mended.
    pub(super) fn fail(kind: Kind, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(kind, Status::Fail, detail.into(), Some(mend.into()))
    }

    /// The same about a certain repository, agent or file.
    pub(super) fn of(mut self, subject: impl std::fmt::Display) -> Self {
        self.check = format!("{} {subject}", self.kind.name());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own_and_groups_hang_together() {
        let names: std::collections::BTreeSet<_> =
            Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        let mut groups: Vec<&str> = Kind::ALL.iter().map(|kind| kind.group()).collect();
        groups.dedup();
        let distinct: std::collections::BTreeSet<_> = groups.iter().collect();
        assert_eq!(distinct.len(), groups.len(), "{groups:?}");
    }

    #[test]
    fn a_check_is_written_in_the_shape_that_scripts_read() {
        let check = Check::warn(Kind::Ci, "none", "set one").of("acme/web");
        assert_eq!(
            serde_json::to_string(&check).unwrap(),
            r#"{"check":"ci command acme/web","group":"repositories","status":"warn","detail":"none","mend":"set one"}"#
        );
        assert!(
            serde_json::to_string(&Check::ok(Kind::Git, "2.47.3"))
                .unwrap()
                .ends_with(r#""mend":null}"#)
        );
    }
}
