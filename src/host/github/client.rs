//! The one client for a GitHub and an account: every request of this process goes through it. It decides what may be repeated, what may be
//! answered from memory and what may not be sent at all.

mod places;
mod reads;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use http::Method as HttpMethod;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::address::Address;
use super::budget::{self, Parked, Resource};
use super::cache::Cache;
pub use super::call::Call;
use super::call::Subject;
use super::endpoints::{Document, Method};
use super::failure::{self, malformed};
use super::graphql;
use super::http::{Answer, Http, Parcel, Trouble};
use super::pace::Pace;
use super::pages;
use super::token::token_id;
use crate::host::HostError;
use crate::sys::clock::Clock;
use crate::text::secret::Secret;

/// Most pages of one list, of a hundred items each.
const MAX_PAGES: usize = 1_000;
/// Items of a page, the most that GitHub gives.
const PAGE_SIZE: &str = "100";
/// How often a read is sent before its failure counts.
const READ_ATTEMPTS: usize = 2;

/// Whether a read may be answered from memory after the server has said that nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// With `If-None-Match`: a 304 costs nothing. Good enough to find that there is nothing to do.
    Remembered,
    /// Without: what a write rests on.
    Fresh,
}

/// From what a client is built.
pub struct ClientOptions {
    /// `https://api.github.com` or the address of another GitHub, without a slash at its end.
    pub api_url: String,
    /// Finds the token when the first request is made; an error says what was tried and how to log in.
    pub token: Rc<dyn Fn() -> Result<Secret, HostError>>,
    /// Folder of remembered answers.
    pub cache_dir: PathBuf,
    /// File that keeps until when GitHub asked us to wait.
    pub parked_file: PathBuf,
    /// Lock file that spaces the writes of all processes of this installation.
    pub write_lock: PathBuf,
    /// Shortest time between two writes.
    pub write_interval: Duration,
    /// The time that rules see.
    pub clock: Rc<dyn Clock>,
}

/// What this process has asked for so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// REST requests that count against the budget.
    pub charged: u64,
    /// REST requests answered 304.
    pub not_modified: u64,
    /// GraphQL requests.
    pub graphql: u64,
    /// Requests that change something, REST and GraphQL; counted in one of the others too.
    pub writes: u64,
}

/// The client. Cheap to share by `Rc`; opens no connection and asks for no token before the first request.
pub struct Client {
    api_url: String,
    token: Rc<dyn Fn() -> Result<Secret, HostError>>,
    clock: Rc<dyn Clock>,
    session: OnceCell<Session>,
    http: Http,
    cache: Cache,
    parked: Parked,
    pace: Pace,
    usage: Cell<Usage>,
    scopes: RefCell<Option<Vec<String>>>,
}

/// What is known once the first request is made.
struct Session {
    address: Address,
    token: Secret,
    token_id: String,
}

/// A request, ready to be sent.
struct Outgoing<'a> {
    subject: &'a Subject,
    resource: Resource,
    method: HttpMethod,
    url: &'a str,
    etag: Option<&'a str>,
    body: Option<String>,
    writes: bool,
}

/// A page of an answer, fresh or remembered.
struct Page {
    body: Vec<u8>,
    link: Option<String>,
}

impl Client {
    /// Describes a client.
    pub fn new(options: ClientOptions) -> Self {
        Self {
            api_url: options.api_url,
            token: options.token,
            clock: options.clock,
            session: OnceCell::new(),
            http: Http::new(),
            cache: Cache::new(options.cache_dir),
            parked: Parked::new(options.parked_file),
            pace: Pace::new(options.write_lock, options.write_interval),
            usage: Cell::default(),
            scopes: RefCell::default(),
        }
    }

    /// Reads one thing.
    ///
    /// # Errors
    ///
    /// Every answer but a complete one of the expected shape; see [`HostError`].
    pub async fn get<T: DeserializeOwned>(&self, call: Call, reads: Reads) -> Result<T, HostError> {
        let subject = call.subject();
        let url = self.session().await?.address.of_call(&call)?;
        let page = self.page(&subject, &url, reads).await?;
        pages::one(&page.body).map_err(|reason| malformed(&subject.name(), reason))
    }

    /// Reads a list to its last page, following the server's own links. All pages or an error, never a part.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn list<T: DeserializeOwned>(
        &self,
        call: Call,
        reads: Reads,
    ) -> Result<Vec<T>, HostError> {
        self.whole_list(call, None, reads).await
    }

    /// Like [`Client::list`], for answers that wrap their list: `{"total_count": 3, "check_runs": [...]}`. Checks `total_count` where there is one.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn list_in<T: DeserializeOwned>(
        &self,
        call: Call,
        key: &'static str,
        reads: Reads,
    ) -> Result<Vec<T>, HostError> {
        self.whole_list(call, Some(key), reads).await
    }

    /// Changes something: POST, PATCH, PUT or DELETE, as the endpoint says. Sent exactly once, never repeated here.
    ///
    /// # Errors
    ///
    /// As [`Client::get`]; after [`HostError::Unavailable`] it is not known whether the change took effect.
    pub async fn change<T: DeserializeOwned>(
        &self,
        call: Call,
        body: &impl Serialize,
    ) -> Result<T, HostError> {
        let subject = call.subject();
        let answer = self.write(&subject, &call, body).await?;
        pages::one(&answer.body).map_err(|reason| malformed(&subject.name(), reason))
    }

    /// Like [`Client::change`], where the answer has no body or none of interest.
    ///
    /// # Errors
    ///
    /// As [`Client::change`].
    pub async fn change_quietly(&self, call: Call, body: &impl Serialize) -> Result<(), HostError> {
        self.write(&call.subject(), &call, body).await.map(drop)
    }

    /// Runs a GraphQL document of `endpoints::DOCUMENTS` and returns its `data`. Any entry in `errors` fails the whole read.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn graphql<T: DeserializeOwned>(
        &self,
        document: &'static Document,
        variables: Value,
    ) -> Result<T, HostError> {
        let subject = graphql::subject(document);
        let url = self.session().await?.address.graphql();
        let body = json!({
            "query": document.text,
            "operationName": document.name,
            "variables": variables,
        });
        let outgoing = Outgoing {
            subject: &subject,
            resource: Resource::Graphql,
            method: HttpMethod::POST,
            url: &url,
            etag: None,
            body: Some(body.to_string()),
            writes: document.writes,
        };
        let answer = if document.writes {
            self.send_in_turn(&outgoing).await?
        } else {
            self.send_read(&outgoing).await?
        };
        if answer.status != 200 {
            return Err(failure::of(&subject, &answer, self.clock.now()));
        }
        graphql::data(&subject, &answer, self.clock.now())
    }

    /// The time that rules see.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// What was asked for so far.
    pub fn usage(&self) -> Usage {
        self.usage.get()
    }

    /// What a classic token may do, as the newest answer said; `None` before the first answer, and for tokens that have no scopes.
    pub fn scopes(&self) -> Option<Vec<String>> {
        self.scopes.borrow().clone()
    }

    fn note_scopes(&self, answer: &Answer) {
        let Some(listed) = answer.header("x-oauth-scopes") else { return };
        let scopes = listed.split(',').map(|scope| scope.trim().to_owned());
        *self.scopes.borrow_mut() = Some(scopes.filter(|scope| !scope.is_empty()).collect());
    }

    async fn session(&self) -> Result<&Session, HostError> {
        let begin = || async {
            let address = Address::parse(&self.api_url)?;
            let token = (self.token)()?;
            let token_id = token_id(&token);
            Ok(Session { address, token, token_id })
        };
        self.session.get_or_try_init(begin).await
    }

    async fn write(
        &self,
        subject: &Subject,
        call: &Call,
        body: &impl Serialize,
    ) -> Result<Answer, HostError> {
        let url = self.session().await?.address.of_call(call)?;
        let bad = |error: serde_json::Error| failure::refused(&subject.name(), error.to_string());
        let body = serde_json::to_value(body).map_err(bad)?;
        let outgoing = Outgoing {
            subject,
            resource: Resource::Core,
            method: method(call.endpoint.method),
            url: &url,
            etag: None,
            // Where there is nothing to say, as in most DELETEs, nothing is sent.
            body: (!body.is_null()).then(|| body.to_string()),
            writes: true,
        };
        let answer = self.send_in_turn(&outgoing).await?;
        match answer.status {
            200..300 => Ok(answer),
            _ => Err(failure::of(subject, &answer, self.clock.now())),
        }
    }

    /// Sends a write once, when it is its turn.
    async fn send_in_turn(&self, outgoing: &Outgoing<'_>) -> Result<Answer, HostError> {
        // Whoever is parked need not wait for a turn to hear it.
        self.check_parked(outgoing.resource).await?;
        let _turn = self.pace.turn().await;
        let sent = self.send(outgoing).await?;
        sent.map_err(|trouble| failure::of_trouble(&outgoing.subject.name(), trouble))
    }

    /// Sends a read, and once more where the connection or the server failed.
    async fn send_read(&self, outgoing: &Outgoing<'_>) -> Result<Answer, HostError> {
        let mut attempt = 1;
        loop {
            let sent = self.send(outgoing).await?;
            let passing = match &sent {
                Ok(answer) => answer.status >= 500 && answer.status != 501,
                Err(trouble) => matches!(trouble, Trouble::Connection(_)),
            };
            if !passing || attempt == READ_ATTEMPTS {
                let name = || outgoing.subject.name();
                return sent.map_err(|trouble| failure::of_trouble(&name(), trouble));
            }
            attempt += 1;
        }
    }

    async fn check_parked(&self, resource: Resource) -> Result<(), HostError> {
        self.parked.check(&self.session().await?.token_id, resource, self.clock.now())
    }

    /// Sends a request once, unless GitHub asked us to wait, and keeps what the answer says of the budget.
    async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Result<Answer, Trouble>, HostError> {
        self.check_parked(outgoing.resource).await?;
        let session = self.session().await?;
        let parcel = Parcel {
            method: outgoing.method.clone(),
            url: outgoing.url,
            token: &session.token,
            etag: outgoing.etag,
            body: outgoing.body.clone(),
        };
        let begun = Instant::now();
        let sent = self.http.send(&session.address, parcel).await;
        let status = sent.as_ref().map_or(0, |answer| answer.status);
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Subject { method, path, .. } = outgoing.subject;
        tracing::debug!(method, path, status, took_ms, "asked GitHub");
        self.count(outgoing, status);
        if let Ok(answer) = &sent {
            self.note_scopes(answer);
            self.heed(outgoing.resource, answer, &session.token_id);
        }
        Ok(sent)
    }

    fn count(&self, outgoing: &Outgoing<'_>, status: u16) {
        let mut usage = self.usage.get();
        match outgoing.resource {
            Resource::Graphql => usage.graphql += 1,
            Resource::Core if status == 304 => usage.not_modified += 1,
            Resource::Core => usage.charged += 1,
        }
        usage.writes += u64::from(outgoing.writes);
        self.usage.set(usage);
    }

    /// Parks what the answer says is used up, or nearly.
    fn heed(&self, resource: Resource, answer: &Answer, token_id: &str) {
        let now = self.clock.now();
        let limited =
            resource == Resource::Graphql && answer.status == 200 && graphql::is_limited(answer);
        let limit = match budget::refusal(answer, now) {
            Some(limit) => Some(limit),
            None if limited => Some(budget::exhausted(answer, now)),
            None => budget::below_floor(answer, now),
        };
        if let Some(limit) = limit {
            self.parked.park(token_id, resource, limit, now);
        }
    }
}

/// Shows where it leads and nothing that would need a token.
impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("usage", &self.usage.get()).finish_non_exhaustive()
    }
}

fn method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::GET,
        Method::Post => HttpMethod::POST,
        Method::Patch => HttpMethod::PATCH,
        Method::Put => HttpMethod::PUT,
        Method::Delete => HttpMethod::DELETE,
    }
}

#[cfg(test)]
mod tests;
