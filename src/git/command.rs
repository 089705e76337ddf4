//! The one way in which a git program is run: with its whole environment and every setting that could change what it does.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;

use super::error::{GitError, from_text, library, presentable, program};
use super::writers;
use crate::sys::program::{Output, Program};
use crate::text::secret::Secret;

/// The oldest git that is good enough: it has `worktree add --lock --reason`, `core.fsync` and a merge that works without surprises.
pub const MINIMUM_VERSION: GitVersion = GitVersion { major: 2, minor: 38, patch: 0 };

/// Settings given to every call, whatever the configuration of a repository says.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.untrackedCache=false",
    "core.splitIndex=false",
    "core.autocrlf=false",
    "core.fileMode=true",
    "core.symlinks=true",
    "core.quotePath=false",
    "core.fsync=committed",
    "core.fsyncMethod=batch",
    "core.pager=cat",
    "commit.gpgSign=false",
    "credential.helper=",
    "diff.external=",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "merge.autoStash=false",
    "merge.conflictStyle=merge",
    "protocol.ext.allow=never",
    "push.followTags=false",
    "rerere.enabled=false",
    "submodule.recurse=false",
];

/// How git is run, and in whose name commits are made.
#[derive(Clone)]
pub struct GitOptions {
    /// The program, by name or path.
    pub program: PathBuf,
    /// What git gets of the environment: `PATH`, `HOME`, `SSH_AUTH_SOCK`; nothing else reaches it.
    pub env: Vec<(String, String)>,
    /// What lets git in at a server over HTTP.
    pub credential: Option<Credential>,
    /// Name of the author of our commits.
    pub author_name: String,
    /// Address of the author of our commits.
    pub author_email: String,
    /// After this a call is killed.
    pub deadline: Duration,
}

// By hand: the environment may hold credentials.
impl fmt::Debug for GitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitOptions")
            .field("program", &self.program)
            .field("author_name", &self.author_name)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// A token for one server. git gets it as a header through its environment, for calls that reach the network only: it is in no URL, no
/// argument and no file.
#[derive(Clone)]
pub struct Credential {
    /// The beginning of every URL that it is for, with a slash at its end.
    pub url: String,
    /// Finds the token when it is first needed.
    pub token: Arc<dyn Fn() -> Result<Secret, String> + Send + Sync>,
}

impl Credential {
    fn environment(&self, doing: &str) -> Result<Vec<(OsString, OsString)>, GitError> {
        let token = (self.token)()
            .map_err(|reason| GitError::Failed { doing: doing.to_owned(), reason })?;
        let basic = BASE64_STANDARD.encode(format!("x-access-token:{}", token.expose()));
        let pairs = [
            ("GIT_CONFIG_COUNT", "1".to_owned()),
            ("GIT_CONFIG_KEY_0", format!("http.{}.extraHeader", self.url)),
            ("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {basic}")),
        ];
        Ok(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// A git that can be called.
#[derive(Debug, Clone)]
pub struct Git {
    pub(super) options: Arc<GitOptions>,
}

/// The version of a git program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitVersion {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number.
    pub patch: u32,
}

impl fmt::Display for GitVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Git {
    /// The URL or path of the remote `origin` of a clone, read without a process; a relative path is made absolute.
    pub fn origin_of(clone: &Path) -> Option<String> {
        let repository = git2::Repository::open(clone).ok()?;
        let url = repository.find_remote("origin").ok()?.url().ok()?.to_owned();
        let path = Path::new(&url);
        let is_path = !url.contains("://") && !url.contains(':');
        Some(if is_path && path.is_relative() {
            clone.join(path).display().to_string()
        } else {
            url
        })
    }

    /// Describes how git is to be run; nothing is run or read yet.
    pub fn new(options: GitOptions) -> Self {
        Self { options: Arc::new(options) }
    }

    /// Asks the program for its version.
    ///
    /// # Errors
    ///
    /// [`GitError::Unsupported`] when it is older than [`MINIMUM_VERSION`]; [`GitError::Failed`] when it cannot be run.
    pub fn version(&self) -> Result<GitVersion, GitError> {
        let answer = self.call("asking git for its version").args(["version"]).text()?;
        let version = parse_version(&answer).ok_or_else(|| GitError::Failed {
            doing: "asking git for its version".to_owned(),
            reason: format!("`{}` is no version", presentable(&answer)),
        })?;
        if version < MINIMUM_VERSION {
            return Err(GitError::Unsupported {
                what: format!("git {version}"),
                why: format!(
                    "git {MINIMUM_VERSION} or newer is needed: install one and put it first on PATH"
                ),
            });
        }
        Ok(version)
    }

    /// Begins a call; `doing` says in an error what was being done.
    pub(super) fn call(&self, doing: impl Into<String>) -> Call<'_> {
        Call {
            git: self,
            doing: doing.into(),
            subject: None,
            git_dir: None,
            is_writing: false,
            work_tree: None,
            args: Vec::new(),
            stdin: Vec::new(),
            is_remote: false,
        }
    }

    /// Our signature at a moment.
    pub(super) fn signature(&self, when: Timestamp) -> Result<git2::Signature<'static>, GitError> {
        let time = git2::Time::new(when.as_second(), 0);
        git2::Signature::new(&self.options.author_name, &self.options.author_email, &time)
            .map_err(library("using `git_author_name` and `git_author_email`"))
    }

    /// Name and address of our commits.
    pub(super) fn author(&self) -> (&str, &str) {
        (&self.options.author_name, &self.options.author_email)
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let has = |name: &str| self.options.env.iter().any(|(given, _)| given == name);
        let (name, email) = self.author();
        let mut fixed: Vec<(&str, &str)> = vec![
            ("LC_ALL", "C"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_ADVICE", "0"),
            ("GIT_AUTHOR_NAME", name),
            ("GIT_AUTHOR_EMAIL", email),
            ("GIT_COMMITTER_NAME", name),
            ("GIT_COMMITTER_EMAIL", email),
        ];
        if !has("GIT_ASKPASS") {
            // Empty means: ask nobody, not even the graphical program of the desktop.
            fixed.push(("GIT_ASKPASS", ""));
        }
        if !has("GIT_SSH_COMMAND") && !has("GIT_SSH") {
            // No questions, and no connection left open that would hold our pipes after git has ended.
            fixed.push(("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ControlMaster=no"));
        }
        let ours = |name: &String| fixed.iter().any(|(taken, _)| taken == name);
        let given = self.options.env.iter().filter(|(name, _)| !ours(name));
        let given = given.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let fixed = fixed.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        given.chain(fixed).collect()
    }
}

fn parse_version(answer: &str) -> Option<GitVersion> {
    let numbers = answer.trim().strip_prefix("git version ")?.split_whitespace().next()?;
    let mut parts = numbers.split('.');
    let mut next = || parts.next().and_then(|part| part.parse::<u32>().ok());
    Some(GitVersion { major: next()?, minor: next()?, patch: next().unwrap_or(0) })
}

/// One call of git, being put together.
#[derive(Debug)]
#[must_use = "a call does nothing before it is run"]
pub(super) struct Call<'git> {
    git: &'git Git,
    doing: String,
    subject: Option<String>,
    git_dir: Option<PathBuf>,
    is_writing: bool,
    work_tree: Option<PathBuf>,
    args: Vec<OsString>,
    stdin: Vec<u8>,
    is_remote: bool,
}

impl Call<'_> {
    /// It talks to the remote, and may need a credential for that.
    pub(super) fn remote(mut self) -> Self {
        self.is_remote = true;
        self
    }

    /// What git's complaints will be about, when that is not what was being done.
    pub(super) fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The git directory; never found by looking around.
    pub(super) fn git_dir(mut self, dir: &Path) -> Self {
        self.git_dir = Some(dir.to_owned());
        self
    }

    /// The git directory, where it writes: nobody takes its lock files for left ones while it or a program of its own lives.
    pub(super) fn writing_in(mut self, dir: &Path) -> Self {
        self.is_writing = true;
        self.git_dir(dir)
    }

    /// The folder with the files; git also runs in it.
    pub(super) fn work_tree(mut self, dir: &Path) -> Self {
        self.work_tree = Some(dir.to_owned());
        self
    }

    /// Adds arguments.
    pub(super) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// What git reads.
    pub(super) fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    /// Runs it and leaves it to the caller what its exit code means.
    pub(super) fn run(&self) -> Result<Output, GitError> {
        let mut argv: Vec<OsString> = vec![self.git.options.program.clone().into()];
        for setting in SETTINGS {
            argv.extend([OsString::from("-c"), OsString::from(setting)]);
        }
        for (option, dir) in [("--git-dir=", &self.git_dir), ("--work-tree=", &self.work_tree)] {
            if let Some(dir) = dir {
                let mut argument = OsString::from(option);
                argument.push(dir);
                argv.push(argument);
            }
        }
        argv.extend(self.args.iter().cloned());
        let mut env = self.git.environment();
        if let Some(credential) = self.git.options.credential.as_ref().filter(|_| self.is_remote) {
            env.extend(credential.environment(&self.doing)?);
        }
        let call = Program {
            argv,
            dir: self.work_tree.clone().or_else(|| self.git_dir.clone()),
            env,
            stdin: self.stdin.clone(),
            deadline: self.git.options.deadline,
        };
        let written = self.git_dir.as_deref().filter(|_| self.is_writing);
        let writing = written.map(writers::share).transpose()?.flatten();
        let began = Instant::now();
        let output = call.run_holding(writing.as_ref());
        let took_us = began.elapsed().as_micros();
        tracing::debug!(took_us, args = ?self.args, "git, {}", self.doing);
        output.map_err(program(&self.doing))
    }

    /// Runs it and takes any exit code but zero for a failure.
    pub(super) fn check(&self) -> Result<Vec<u8>, GitError> {
        let output = self.run()?;
        if output.code == Some(0) { Ok(output.stdout) } else { Err(self.failure(&output)) }
    }

    /// Like [`Call::check`], for answers in text.
    pub(super) fn text(&self) -> Result<String, GitError> {
        Ok(String::from_utf8_lossy(&self.check()?).into_owned())
    }

    /// The error for an output that is a failure.
    pub(super) fn failure(&self, output: &Output) -> GitError {
        let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.trim().is_empty() {
            said = match output.code {
                Some(code) => format!("git ended with exit code {code} and said nothing"),
                None => "git was ended by a signal".to_owned(),
            };
        }
        from_text(&self.doing, self.subject.as_ref().unwrap_or(&self.doing), &said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_vendors_are_read() {
        let version = |text| parse_version(text).map(|v| v.to_string());
        assert_eq!(version("git version 2.47.3\n"), Some("2.47.3".to_owned()));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)\n"), Some("2.39.5".to_owned()));
        assert_eq!(version("git version 2.38\n"), Some("2.38.0".to_owned()));
        assert_eq!(version("hg 6"), None);
        assert!(parse_version("git version 2.37.9").is_some_and(|v| v < MINIMUM_VERSION));
    }

    #[test]
    fn what_the_caller_gives_cannot_undo_what_we_fix() {
        let git = Git::new(GitOptions {
            program: "git".into(),
            env: vec![("LC_ALL".into(), "de_DE".into()), ("GIT_ASKPASS".into(), "/x".into())],
            credential: None,
            author_name: "a".into(),
            author_email: "a@b".into(),
            deadline: Duration::from_secs(1),
        });
        let value = |name: &str| {
            let all = git.environment();
            let found: Vec<_> =
                all.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone()).collect();
            found
        };
        assert_eq!(value("LC_ALL"), ["C"]);
        assert_eq!(value("GIT_ASKPASS"), ["/x"]);
        assert!(!format!("{git:?}").contains("de_DE"));
    }
}
