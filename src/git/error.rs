//! What can go wrong with git, as the cases on which callers branch, and the one table that recognises git's own texts.

use crate::sys::program::ProgramError;

/// Why git did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// A commit, a branch, a file or a whole repository is not there.
    #[error("{what} does not exist")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The remote exists and is still empty.
    #[error("`{remote}` has no commits yet: push a first commit to it")]
    NoCommits {
        /// The remote.
        remote: String,
    },
    /// Something that this program does not work with, however often it is asked.
    #[error("{what} cannot be used: {why}")]
    Unsupported {
        /// What it is.
        what: String,
        /// Why not, and what to do instead where there is something.
        why: String,
    },
    /// The world is not as the caller believed: a branch moved. Nothing was changed.
    #[error("{what} has changed meanwhile: {reason}")]
    Stale {
        /// What changed.
        what: String,
        /// What git said about it.
        reason: String,
    },
    /// Two changes do not fit together.
    #[error("conflict in {}", files.join(", "))]
    Conflict {
        /// The files in question, sorted.
        files: Vec<String>,
    },
    /// Network, server, lock or deadline; the next run may succeed.
    #[error("{doing}: {reason}; the next run tries again")]
    Unavailable {
        /// What was being done.
        doing: String,
        /// What went wrong.
        reason: String,
    },
    /// The disk or the quota is full.
    #[error("no space is left on the disk: free some or raise the quota")]
    NoSpace,
    /// The remote understood a push and takes it not: a protected branch, a rule, a hook. Asking again will not help.
    #[error("{doing}: the remote declines it: {reason}")]
    Declined {
        /// What was being done.
        doing: String,
        /// What the remote said about it.
        reason: String,
    },
    /// Anything else.
    #[error("{doing}: {reason}")]
    Failed {
        /// What was being done.
        doing: String,
        /// What went wrong.
        reason: String,
    },
}

/// What a text of git means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    NoSpace,
    Declined,
    Stale,
    Unsupported,
    Refused,
    NotFound,
    Unavailable,
}

/// Parts of git's messages (in lower case) and what they mean. The first that occurs decides: git likes to add a general last
/// line such as "could not read from remote repository" to a precise one.
const TEXTS: &[(&str, Meaning)] = &[
    ("no space left on device", Meaning::NoSpace),
    ("disk quota exceeded", Meaning::NoSpace),
    // GH006 is a protected branch, GH013 a rule of a ruleset.
    ("hook declined", Meaning::Declined),
    ("protected branch", Meaning::Declined),
    ("push declined", Meaning::Declined),
    ("gh006:", Meaning::Declined),
    ("gh013:", Meaning::Declined),
    // A token without the scope `workflow` may change no file of a workflow.
    ("refusing to allow", Meaning::Declined),
    ("permission denied", Meaning::Refused),
    // git does not always say why; a disk that is full is what it mostly is.
    ("couldn't write", Meaning::Unavailable),
    ("unable to write", Meaning::Unavailable),
    ("failed to write", Meaning::Unavailable),
    ("write error", Meaning::Unavailable),
    ("unable to create temporary", Meaning::Unavailable),
    ("unable to append to", Meaning::Unavailable),
    ("(stale info)", Meaning::Stale),
    ("(fetch first)", Meaning::Stale),
    ("(non-fast-forward)", Meaning::Stale),
    ("(remote ref updated since checkout)", Meaning::Stale),
    ("but expected", Meaning::Stale),
    ("incorrect old value provided", Meaning::Stale),
    ("reference already exists", Meaning::Stale),
    ("failed to update ref", Meaning::Stale),
    ("mismatched algorithms", Meaning::Unsupported),
    ("unknown object format", Meaning::Unsupported),
    ("unsupported object format", Meaning::Unsupported),
    ("unsupported extension", Meaning::Unsupported),
    ("unknown repository extension", Meaning::Unsupported),
    ("expected git repo version", Meaning::Unsupported),
    ("dubious ownership", Meaning::Unsupported),
    ("' not allowed", Meaning::Unsupported),
    ("unable to find remote helper", Meaning::Unsupported),
    ("could not read username", Meaning::Refused),
    ("could not read password", Meaning::Refused),
    ("authentication failed", Meaning::Refused),
    ("host key verification failed", Meaning::Refused),
    ("returned error: 401", Meaning::Refused),
    ("returned error: 403", Meaning::Refused),
    ("repository not found", Meaning::NotFound),
    ("does not appear to be a git repository", Meaning::NotFound),
    ("returned error: 404", Meaning::NotFound),
    ("' not found", Meaning::NotFound),
    ("could not resolve host", Meaning::Unavailable),
    ("temporary failure in name resolution", Meaning::Unavailable),
    ("could not connect", Meaning::Unavailable),
    ("couldn't connect", Meaning::Unavailable),
    ("failed to connect", Meaning::Unavailable),
    ("connection refused", Meaning::Unavailable),
    ("connection reset", Meaning::Unavailable),
    ("connection closed", Meaning::Unavailable),
    ("timed out", Meaning::Unavailable),
    ("network is unreachable", Meaning::Unavailable),
    ("no route to host", Meaning::Unavailable),
    ("early eof", Meaning::Unavailable),
    ("hung up", Meaning::Unavailable),
    ("rpc failed", Meaning::Unavailable),
    ("returned error: 429", Meaning::Unavailable),
    ("returned error: 5", Meaning::Unavailable),
    ("could not read from remote repository", Meaning::Unavailable),
    (".lock': file exists", Meaning::Unavailable),
    ("could not lock config file", Meaning::Unavailable),
    ("cannot lock ref", Meaning::Unavailable),
];

/// What git says when a branch that is to be deleted is gone already.
const ALREADY_DELETED: &str = "remote ref does not exist";

/// The longest excerpt of git's words that goes into an error, in characters.
const EXCERPT: usize = 600;

pub(super) fn meaning(text: &str) -> Option<Meaning> {
    let text = text.to_lowercase();
    TEXTS.iter().find(|(part, _)| text.contains(part)).map(|(_, meaning)| *meaning)
}

pub(super) fn says_already_deleted(text: &str) -> bool {
    text.contains(ALREADY_DELETED)
}

/// Turns the words of a git that failed into an error; `subject` is what the words are about.
pub(super) fn from_text(doing: &str, subject: &str, text: &str) -> GitError {
    let reason = presentable(text);
    let (doing, what) = (doing.to_owned(), presentable(subject));
    match meaning(text) {
        Some(Meaning::NoSpace) => GitError::NoSpace,
        Some(Meaning::Stale) => GitError::Stale { what, reason },
        Some(Meaning::Unsupported) => GitError::Unsupported { what, why: reason },
        Some(Meaning::NotFound) => GitError::NotFound { what },
        Some(Meaning::Unavailable) => GitError::Unavailable { doing, reason },
        Some(Meaning::Declined) => GitError::Declined { doing, reason },
        Some(Meaning::Refused) | None => GitError::Failed { doing, reason },
    }
}

/// Makes text from outside fit for an error: one line, bounded, without control characters and without what stands before the
/// `@` of a URL, where people put passwords.
pub fn presentable(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(without_user).collect();
    let clean = words.join(" ");
    clean.chars().filter(|c| !c.is_control()).take(EXCERPT).collect()
}

fn without_user(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(a, p)| (a, Some(p)));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    path.map_or_else(|| format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
}

/// For `map_err` of file operations.
pub(super) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> GitError {
    let doing = doing.into();
    move |error| match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => GitError::NoSpace,
        _ => GitError::Failed { doing, reason: error.to_string() },
    }
}

/// For `map_err` of git2.
pub(super) fn library(doing: impl Into<String>) -> impl FnOnce(git2::Error) -> GitError {
    let doing = doing.into();
    move |error| {
        let text = error.message();
        match error.code() {
            git2::ErrorCode::Locked => GitError::Unavailable { doing, reason: presentable(text) },
            git2::ErrorCode::Owner => GitError::Unsupported {
                what: doing,
                why: "the repository belongs to another user".to_owned(),
            },
            _ => from_text(&doing, &doing, text),
        }
    }
}

/// For `map_err` of programs.
pub(super) fn program(doing: &str) -> impl FnOnce(ProgramError) -> GitError {
    let doing = doing.to_owned();
    move |error| match error {
        ProgramError::Start { .. } => GitError::Failed { doing, reason: error.to_string() },
        ProgramError::Deadline { .. } | ProgramError::Pipe { .. } => {
            GitError::Unavailable { doing, reason: error.to_string() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_git_are_recognised() {
        let table = [
            (
                "error: unable to write file x\nfatal: cannot store: No space left on device",
                Some(Meaning::NoSpace),
            ),
            ("!\tHEAD:refs/heads/x\t[rejected] (stale info)", Some(Meaning::Stale)),
            (
                "!\ta:refs/heads/x\t[remote rejected] (cannot lock ref 'refs/heads/x': is at 1 but expected 2)",
                Some(Meaning::Stale),
            ),
            ("!\ta:refs/heads/x\t[remote rejected] (failed to update ref)", Some(Meaning::Stale)),
            (
                "!\ta:refs/heads/x\t[remote rejected] (pre-receive hook declined)",
                Some(Meaning::Declined),
            ),
            (
                "!\ta:refs/heads/x\t[remote rejected] (push declined due to repository rule violations)",
                Some(Meaning::Declined),
            ),
            (
                "!\ta:refs/heads/x\t[remote rejected] (refusing to allow a Personal Access Token to create or update workflow `.github/workflows/ci.yml` without `workflow` scope)",
                Some(Meaning::Declined),
            ),
            (
                "remote: GitLab: You are not allowed to push code to protected branches on this project.",
                Some(Meaning::Declined),
            ),
            (
                "fatal: mismatched algorithms: client sha1; server sha256",
                Some(Meaning::Unsupported),
            ),
            ("unsupported extension name extensions.refstorage", Some(Meaning::Unsupported)),
            ("fatal: transport 'ext' not allowed", Some(Meaning::Unsupported)),
            (
                "fatal: could not read Username for 'https://h': terminal prompts disabled",
                Some(Meaning::Refused),
            ),
            (
                "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.",
                Some(Meaning::Refused),
            ),
            (
                "fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.",
                Some(Meaning::NotFound),
            ),
            ("fatal: repository 'https://h/x/' not found", Some(Meaning::NotFound)),
            (
                "fatal: unable to access 'https://h/': Could not resolve host: h",
                Some(Meaning::Unavailable),
            ),
            (
                "fatal: unable to access 'https://h/': The requested URL returned error: 503",
                Some(Meaning::Unavailable),
            ),
            ("fatal: Unable to create '/m/index.lock': File exists.", Some(Meaning::Unavailable)),
            ("fatal: bad revision 'x'", None),
        ];
        for (text, expected) in table {
            assert_eq!(meaning(text), expected, "{text}");
        }
    }

    #[test]
    fn a_password_in_a_url_never_reaches_an_error() {
        let error = from_text(
            "fetching",
            "x",
            "fatal: unable to access 'https://me:hunter2@h.example/a/b': nope\u{1b}[31m",
        );
        assert_eq!(
            error.to_string(),
            "fetching: fatal: unable to access 'https://h.example/a/b': nope[31m"
        );
    }
}
