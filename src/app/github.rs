//! What repositories on GitHub share: one client, one token, one board per project.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{self, Settings, StatusNames};
use crate::git::Credential;
use crate::host::HostError;
use crate::host::github::{
    BoardOptions, Client, ClientOptions, ColumnNames, GithubHost, GithubOptions, ProjectBoard,
    Reads, find_token,
};
use crate::sys::clock::Clock;
use crate::sys::env::Environment;
use crate::text::secret::Secret;

type TokenFinder = Arc<dyn Fn() -> Result<Secret, HostError> + Send + Sync>;

/// The connection to one GitHub. Nothing is connected, and no token looked for, before the first request.
pub(super) struct Github {
    client: Rc<Client>,
    token: TokenFinder,
    web: String,
    /// Owner of the projects, where it is not the repositories'.
    owner: Option<String>,
    cache: std::path::PathBuf,
    boards: RefCell<BTreeMap<(String, u64), Rc<ProjectBoard>>>,
}

impl Github {
    /// Describes the connection of an installation.
    pub(super) fn new(
        settings: &Settings,
        environment: &BTreeMap<String, String>,
        clock: &Rc<dyn Clock>,
    ) -> Self {
        let runtime = settings.root.join("runtime");
        let token = remembered(
            Environment::from_pairs(environment.clone()),
            settings.github_api_url.clone(),
        );
        let cache = runtime.join("cache").join("github");
        let client = Client::new(ClientOptions {
            api_url: settings.github_api_url.clone(),
            token: {
                let token = token.clone();
                Rc::new(move || token())
            },
            cache_dir: cache.clone(),
            parked_file: runtime.join("state").join("github.json"),
            write_lock: runtime.join("locks").join("github-writes.lock"),
            write_interval: settings.github_write_interval,
            clock: clock.clone(),
        });
        Self {
            client: Rc::new(client),
            token,
            web: web_address(&settings.github_api_url),
            owner: settings.github_owner.clone(),
            cache,
            boards: RefCell::default(),
        }
    }

    /// The client, for its counters.
    pub(super) fn client(&self) -> Rc<Client> {
        self.client.clone()
    }

    /// The host of a repository: with reads made anew, and with reads that may be remembered.
    pub(super) fn hosts(&self, repo: &config::Repo) -> (Rc<GithubHost>, Rc<GithubHost>) {
        let host = GithubHost::new(GithubOptions {
            client: self.client.clone(),
            slug: repo.slug.clone(),
            board: repo.project_number.map(|number| self.board(repo, number)),
            reads: Reads::Fresh,
        });
        let glance = host.glance();
        (Rc::new(host), Rc::new(glance))
    }

    /// The board of a project; repositories of one project share it, and what was read of it.
    fn board(&self, repo: &config::Repo, number: u64) -> Rc<ProjectBoard> {
        let owner = self.owner.clone().unwrap_or_else(|| repo.slug.owner().to_owned());
        let mut boards = self.boards.borrow_mut();
        let board = boards.entry((owner.clone(), number)).or_insert_with(|| {
            let cache_file = self.cache.join(format!("board-{owner}-{number}.json"));
            Rc::new(ProjectBoard::new(BoardOptions {
                client: self.client.clone(),
                owner,
                number,
                names: column_names(&repo.statuses),
                cache_file,
            }))
        });
        board.clone()
    }

    /// Where git finds a repository.
    pub(super) fn remote(&self, repo: &config::Repo) -> String {
        format!("{}/{}.git", self.web, repo.slug)
    }

    /// What lets git in there.
    pub(super) fn credential(&self) -> Credential {
        let token = self.token.clone();
        Credential {
            url: format!("{}/", self.web),
            token: Arc::new(move || token().map_err(|error| error.to_string())),
        }
    }
}

fn column_names(names: &StatusNames) -> ColumnNames {
    ColumnNames {
        backlog: names.backlog.clone(),
        ready: names.ready.clone(),
        in_progress: names.in_progress.clone(),
        blocked: names.blocked.clone(),
        done: names.done.clone(),
    }
}

/// Finds the token once per process, when it is first needed.
fn remembered(environment: Environment, api_url: String) -> TokenFinder {
    let found: Mutex<Option<Secret>> = Mutex::default();
    Arc::new(move || {
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = found.as_ref() {
            return Ok(token.clone());
        }
        let token = find_token(&environment, &api_url)?;
        *found = Some(token.clone());
        Ok(token)
    })
}

/// Where people and git find what an interface serves: `https://github.com` for `https://api.github.com`, a GitHub Enterprise server for its
/// `/api/v3`, else the address itself.
fn web_address(api_url: &str) -> String {
    let api_url = api_url.trim_end_matches('/');
    if api_url.eq_ignore_ascii_case("https://api.github.com") {
        return "https://github.com".to_owned();
    }
    api_url.strip_suffix("/api/v3").unwrap_or(api_url).to_owned()
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn the_address_for_people_and_git_follows_from_the_interface() {
        for (api, web) in [
            ("https://api.github.com", "https://github.com"),
            ("https://api.github.com/", "https://github.com"),
            ("https://ghe.example/api/v3", "https://ghe.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(web_address(api), web);
        }
    }
}
