//! Every endpoint and GraphQL document that this program can use, with the permissions they need. Nothing else can be sent: a request is
//! made from a row of these tables. `docs/github.md` lists the same rows (a test compares them).

/// How an endpoint is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes something new.
    Post,
    /// Changes a part.
    Patch,
    /// Sets.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// The method's name in HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A row of GitHub's REST interface.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// How it is called.
    pub method: Method,
    /// Its path as GitHub's description writes it.
    pub path: &'static str,
    /// What for.
    pub purpose: &'static str,
    /// The permission of a fine-grained token, as GitHub's documentation names it.
    pub permission: &'static str,
}

/// A GraphQL document of this folder.
#[derive(Debug, PartialEq, Eq)]
pub struct Document {
    /// The name of its operation.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// What for.
    pub purpose: &'static str,
    /// Whether it changes something.
    pub writes: bool,
}

impl Endpoint {
    /// The scope of a classic token.
    pub fn scope(&self) -> &'static str {
        if self.permission == "none" { "none" } else { "repo" }
    }
}

macro_rules! endpoints {
    ($($name:ident = $method:ident $path:literal, $permission:literal, $purpose:literal;)*) => {
        $(
            #[doc = $purpose]
            pub const $name: Endpoint =
                Endpoint { method: Method::$method, path: $path, purpose: $purpose, permission: $permission };
        )*

        /// Every endpoint, in the order of the documentation.
        pub const ALL: &[&Endpoint] = &[$(&$name),*];
    };
}

endpoints! {
    USER = Get "/user", "none", "the account that we write as, and a classic token's scopes";
    REPOSITORY = Get "/repos/{owner}/{repo}", "Metadata: read", "name, default branch, permissions, whether it is archived";
    COLLABORATOR = Get "/repos/{owner}/{repo}/collaborators/{username}/permission", "Metadata: read", "whether somebody may write here";
    ISSUES = Get "/repos/{owner}/{repo}/issues", "Issues: read", "open issues, by label or all; those closed of late";
    ISSUE = Get "/repos/{owner}/{repo}/issues/{issue_number}", "Issues: read", "one issue";
    CREATE_ISSUE = Post "/repos/{owner}/{repo}/issues", "Issues: write", "a new issue";
    UPDATE_ISSUE = Patch "/repos/{owner}/{repo}/issues/{issue_number}", "Issues: write", "closes an issue";
    TIMELINE = Get "/repos/{owner}/{repo}/issues/{issue_number}/timeline", "Issues: read", "who made an issue Ready, and when";
    COMMENTS = Get "/repos/{owner}/{repo}/issues/{issue_number}/comments", "Issues: read", "the comments of an issue";
    CREATE_COMMENT = Post "/repos/{owner}/{repo}/issues/{issue_number}/comments", "Issues: write", "a new comment";
    UPDATE_COMMENT = Patch "/repos/{owner}/{repo}/issues/comments/{comment_id}", "Issues: write", "edits a comment of ours in place";
    LABELS = Get "/repos/{owner}/{repo}/labels", "Issues: read", "which labels exist";
    CREATE_LABEL = Post "/repos/{owner}/{repo}/labels", "Issues: write", "a label that is missing; existing ones are never changed";
    ADD_LABELS = Post "/repos/{owner}/{repo}/issues/{issue_number}/labels", "Issues: write", "sets labels of an issue";
    REMOVE_LABEL = Delete "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", "Issues: write", "takes a label off an issue";
    PULLS = Get "/repos/{owner}/{repo}/pulls", "Pull requests: read", "open pull requests, or all of one branch";
    PULL = Get "/repos/{owner}/{repo}/pulls/{pull_number}", "Pull requests: read", "one pull request";
    CREATE_PULL = Post "/repos/{owner}/{repo}/pulls", "Pull requests: write", "opens a pull request";
    UPDATE_PULL = Patch "/repos/{owner}/{repo}/pulls/{pull_number}", "Pull requests: write", "closes a pull request, replaces its text";
    MERGE_PULL = Put "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "Contents: write", "squash-merges exactly the expected head";
    REVIEWS = Get "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "Pull requests: read", "what people say of a pull request before it is merged";
    CHECK_RUNS = Get "/repos/{owner}/{repo}/commits/{ref}/check-runs", "Checks: read", "check runs of an exact commit";
    CHECK_SUITES = Get "/repos/{owner}/{repo}/commits/{ref}/check-suites", "Checks: read", "workflows that have not begun yet";
    STATUS = Get "/repos/{owner}/{repo}/commits/{ref}/status", "Commit statuses: read", "commit statuses of an exact commit";
    JOB = Get "/repos/{owner}/{repo}/actions/jobs/{job_id}", "Actions: read", "which run of a workflow a red check belongs to";
    JOB_LOG = Get "/repos/{owner}/{repo}/actions/jobs/{job_id}/logs", "Actions: read", "where the log of a red check lies";
    WORKFLOW_RUN = Get "/repos/{owner}/{repo}/actions/runs/{run_id}", "Actions: read", "whether a run of a workflow has ended, and which attempt it is";
    RERUN_FAILED = Post "/repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs", "Actions: write", "runs failed jobs once more, at most once for a commit";
    BRANCH = Get "/repos/{owner}/{repo}/branches/{branch}", "Contents: read", "tip of a branch, and what its protection demands";
    RULES = Get "/repos/{owner}/{repo}/rules/branches/{branch}", "Metadata: read", "what the rulesets of a branch demand";
}

impl Document {
    /// The permissions of a fine-grained token, as GitHub's documentation names them.
    pub fn permission(&self) -> &'static str {
        match (self.name, self.writes) {
            ("Viewer", _) => "none",
            ("PullSight", _) => {
                "Pull requests: read, Issues: read, Checks: read, Commit statuses: read, Contents: read, Metadata: read"
            }
            (_, true) => "Projects: write, Issues: read",
            (_, false) => "Projects: read, Issues: read",
        }
    }

    /// The scopes of a classic token.
    pub fn scope(&self) -> &'static str {
        match self.name {
            "Viewer" => "none",
            "PullSight" => "repo",
            _ => "project, repo",
        }
    }
}

macro_rules! documents {
    ($($constant:ident = $kind:ident $name:literal $file:literal, $purpose:literal;)*) => {
        $(
            #[doc = $purpose]
            pub const $constant: Document = Document {
                name: $name,
                text: include_str!(concat!("graphql/", $file, ".graphql")),
                purpose: $purpose,
                writes: documents!(@writes $kind),
            };
        )*

        /// Every GraphQL document.
        pub const DOCUMENTS: &[&Document] = &[$(&$constant),*];
    };
    (@writes Query) => { false };
    (@writes Mutation) => { true };
}

documents! {
    BOARD_ITEMS = Query "BoardItems" "board_items", "which issues lie in which column, a hundred cards per query";
    BOARD_COLUMNS = Query "BoardColumns" "board_columns", "the columns of a board";
    BOARD_STATUS = Query "BoardStatus" "board_status", "which columns a board lacks, and whether cards lie on it";
    ISSUE_CARD = Query "IssueCard" "issue_card", "where one issue lies, and who put it there";
    ADD_CARD = Mutation "AddCard" "add_card", "puts an issue on the board";
    MOVE_CARD = Mutation "MoveCard" "move_card", "moves a card to another column";
    PULL_SIGHT = Query "PullSight" "pull_sight", "a pull request that something is to be done about: its checks, reviews, issue and our comments there, by one request";
    SET_COLUMNS = Mutation "SetColumns" "set_columns", "adds missing columns to a board without cards";
    VIEWER = Query "Viewer" "viewer", "the account that an App's installation writes as";
}
