//! The server: reads a request, lets a fault befall it, answers it, has both judged, writes it down.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{ConnectInfo, State as Given};
use axum::response::Response;
use serde_json::Value;

use super::doors::{Door, Fate, Scissors};
use super::faults::{Fault, Op, Planned, strike};
use super::headers::{self, finish, recognise, within_budget};
use super::state::State;
use super::wire::{Answer, Body, Request};
use super::{cgi, conformance, graphql, rest};

/// What makes the address of a log one that may be read; it is found in no file and no message of ours.
pub(crate) const LOG_SIGNATURE: &str = "c2lnbmVkLWFkZHJlc3Mtb2YtYS1sb2c";

/// What the server and the tests share.
pub(crate) struct Shared {
    /// What the hub knows.
    pub(crate) state: Mutex<State>,
    /// Faults that wait.
    pub(crate) planned: Mutex<Vec<Planned>>,
    /// Every request.
    pub(crate) log: Mutex<Vec<Logged>>,
    /// What GitHub would not know.
    pub(crate) violations: Mutex<Vec<String>>,
    /// Whether jobs run as soon as they are queued.
    pub(crate) by_themselves: AtomicBool,
}

/// A request as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logged {
    /// The method.
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) path: String,
    /// Whether it came with an entity tag.
    pub(crate) conditional: bool,
    /// The status; 0 when nothing was answered.
    pub(crate) status: u16,
    /// Whether it was charged to a budget.
    pub(crate) charged: bool,
    /// Whether it is meant to change something: a document that only asks is not.
    pub(crate) writes: bool,
    /// Who asked.
    pub(crate) who: Option<String>,
}

impl Shared {
    /// Makes what is shared.
    pub(crate) fn new(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            planned: Mutex::default(),
            log: Mutex::default(),
            violations: Mutex::default(),
            by_themselves: AtomicBool::new(false),
        }
    }
}

/// Serves until it is told to stop.
pub(crate) fn run(
    shared: Arc<Shared>,
    tcp: Vec<TcpListener>,
    unix: Option<UnixListener>,
    stopped: tokio::sync::oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let service = Router::new()
            .fallback(handle)
            .with_state(shared)
            .into_make_service_with_connect_info::<Scissors>();
        for tcp in tcp {
            let door = Door::Tcp(tokio::net::TcpListener::from_std(tcp).unwrap());
            tokio::spawn(axum::serve(door, service.clone()).into_future());
        }
        if let Some(unix) = unix {
            unix.set_nonblocking(true).unwrap();
            let door = Door::Unix(tokio::net::UnixListener::from_std(unix).unwrap());
            tokio::spawn(axum::serve(door, service).into_future());
        }
        let _told = stopped.await;
    });
    runtime.shutdown_background();
}

/// Runs the queued jobs and returns how many there were.
pub(crate) fn run_actions(shared: &Shared) -> usize {
    let (jobs, folder) = {
        let mut state = shared.state.lock().unwrap();
        state.look_at_branches();
        (state.take_jobs(), state.folder.join("scratch"))
    };
    for job in &jobs {
        let ended = job.run(&folder);
        shared.state.lock().unwrap().end_job(job, ended);
    }
    jobs.len()
}

async fn handle(
    Given(shared): Given<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: axum::extract::Request,
) -> Response {
    let mut request = read(request).await;
    let fault = strike(&mut shared.planned.lock().unwrap(), &request);
    if let Some(Fault::Slow(duration)) = &fault {
        tokio::time::sleep(*duration).await;
    }
    if fault == Some(Fault::NeverArrives) {
        scissors.set(Fate::Cut);
        write_down(&shared, &request, 0, false);
        return send(&Answer::empty(502));
    }
    let refused = fault.as_ref().and_then(|fault| refusal(&shared, &mut request, fault));
    let (mut answer, charged) = match refused {
        Some(refused) => refused,
        None => answer(&shared, &mut request).await,
    };
    let lost = matches!(fault, Some(Fault::LostAfterItHappened));
    write_down(&shared, &request, if lost { 0 } else { answer.status }, charged);
    match fault {
        Some(Fault::LostAfterItHappened) => scissors.set(Fate::Cut),
        Some(Fault::HalfAPage) => scissors.set(Fate::CutAfterBody(answer.body.bytes().len() / 2)),
        Some(Fault::EmptyBody) => answer.body = Body::Empty,
        Some(Fault::NotVisibleFor(reads)) => hide(&shared, &answer, reads),
        _ => {}
    }
    if shared.by_themselves.load(Ordering::Relaxed) {
        let shared = Arc::clone(&shared);
        drop(tokio::task::spawn_blocking(move || run_actions(&shared)));
    }
    send(&answer)
}

async fn read(request: axum::extract::Request) -> Request {
    let (parts, body) = request.into_parts();
    let headers = parts.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec(),
        token: None,
    }
}

/// Returns the answer of a fault that lets nothing happen.
fn refusal(shared: &Shared, request: &mut Request, fault: &Fault) -> Option<(Answer, bool)> {
    let mut state = shared.state.lock().unwrap();
    let state = &mut *state;
    request.token = recognise(state, request).ok().flatten();
    let mut answer = match fault {
        Fault::AnswersWith(status, body) => match serde_json::from_str(body) {
            Ok(body) => Answer::json(*status, body),
            Err(_) => Answer::raw(*status, "text/plain", body.clone().into()),
        },
        Fault::Forbidden(message) => Answer::error(403, message),
        Fault::Html => {
            let page = "<!DOCTYPE html><html><body><h1>Unicorn!</h1></body></html>";
            Answer::raw(200, "text/html; charset=utf-8", page.into())
        }
        Fault::SecondaryLimit(seconds) => headers::secondary(*seconds),
        Fault::RateLimitedUntil(seconds) => {
            state.budget_reset = state.clock + jiff::SignedDuration::from_secs(*seconds);
            if headers::is_graphql(request) {
                state.graphql_used = state.graphql_limit;
            } else {
                state.rest_used = state.rest_limit;
            }
            within_budget(state, request).err()?
        }
        _ => return None,
    };
    let charged = finish(state, request, &mut answer);
    Some((answer, charged))
}

/// Answers a request as GitHub would, and says whether it was charged.
async fn answer(shared: &Arc<Shared>, request: &mut Request) -> (Answer, bool) {
    if cgi::split(&request.path).is_some() {
        return (git(shared, request).await, false);
    }
    let mut state = shared.state.lock().unwrap();
    let state = &mut *state;
    let mut answer = match recognise(state, request) {
        Ok(token) => {
            request.token = token;
            within_budget(state, request)
                .map_or_else(|refused| refused, |()| routed(shared, state, request))
        }
        Err(refused) => refused,
    };
    let charged = finish(state, request, &mut answer);
    judge(shared, request, &answer);
    (answer, charged)
}

fn routed(shared: &Shared, state: &mut State, request: &Request) -> Answer {
    if let Some(job) = request.path.strip_prefix("/logs/") {
        let is_ours =
            request.headers.get("user-agent").is_some_and(|by| by.starts_with("agentos/"));
        if is_ours && request.headers.contains_key("authorization") {
            let line =
                format!("GET {}: the token goes to a server that is not GitHub", request.path);
            shared.violations.lock().unwrap().push(line);
        }
        if request.param("sig").as_deref() != Some(LOG_SIGNATURE) {
            return Answer::error(403, "Server failed to authenticate the request.");
        }
        let mut runs = state.repos.iter().flat_map(|repo| &repo.runs);
        let run = runs.find(|run| run.job.to_string() == job);
        return run.map_or_else(Answer::missing, |run| {
            Answer::raw(200, "text/plain; charset=utf-8", run.log.clone().into())
        });
    }
    if request.method == "POST" && request.path == "/graphql" {
        return match (&request.token, request.json()) {
            (Some(token), Ok(body)) => Answer::json(200, graphql::execute(state, token, &body)),
            (None, Ok(_)) => Answer::error(401, "Requires authentication"),
            (_, Err(refused)) => refused,
        };
    }
    rest::respond(state, request).unwrap_or_else(|| {
        let line = format!("{} {}: the hub has no such route", request.method, request.path);
        shared.violations.lock().unwrap().push(line);
        Answer::error(501, "the hub has no such route")
    })
}

/// Has a request and its answer compared with GitHub's own description.
fn judge(shared: &Shared, request: &Request, answer: &Answer) {
    // A log is fetched from elsewhere, and what has no route was said already.
    if request.path.starts_with("/logs/") || answer.status == 501 {
        return;
    }
    let body = answer.body.bytes();
    let kind = answer.body.kind();
    let found = conformance::check(&conformance::Exchange {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        request_body: (!request.body.is_empty()).then_some(&request.body),
        status: answer.status,
        response_body: &body,
        content_type: kind,
    });
    shared.violations.lock().unwrap().extend(found);
}

async fn git(shared: &Arc<Shared>, request: &mut Request) -> Answer {
    let admitted = cgi::admit(&shared.state.lock().unwrap(), request);
    let call = match admitted {
        Ok(call) => call,
        Err(refused) => return refused,
    };
    let pushes = call.pushes;
    let asked = request.clone();
    let answered = tokio::task::spawn_blocking(move || cgi::call(&call, &asked)).await;
    if pushes {
        let mut state = shared.state.lock().unwrap();
        state.look_at_branches();
    }
    answered.unwrap_or_else(|_| Answer::error(500, "the hub could not run git"))
}

/// Hides what an answer says was made.
fn hide(shared: &Shared, answer: &Answer, reads: u32) {
    let Body::Json(body) = &answer.body else { return };
    let Some(id) = body.get("id").and_then(Value::as_u64) else { return };
    let mut state = shared.state.lock().unwrap();
    for issue in state.repos.iter_mut().flat_map(|repo| repo.issues.values_mut()) {
        if issue.id == id || issue.pull.as_ref().is_some_and(|pull| pull.id == id) {
            issue.hidden_for = reads;
        }
        for comment in issue.comments.iter_mut().filter(|comment| comment.id == id) {
            comment.hidden_for = reads;
        }
    }
}

fn write_down(shared: &Shared, request: &Request, status: u16, charged: bool) {
    let query = if request.query.is_empty() { "" } else { "?" };
    shared.log.lock().unwrap().push(Logged {
        method: request.method.clone(),
        path: format!("{}{query}{}", request.path, request.query),
        conditional: request.headers.contains_key("if-none-match"),
        status,
        charged,
        writes: request.writes() && !headers::is_graphql(request) || Op::BoardChange.is(request),
        who: request.who().map(str::to_owned),
    });
}

fn send(answer: &Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    if let Some(kind) = answer.body.kind() {
        response = response.header("content-type", kind);
    }
    response.body(HttpBody::from(answer.body.bytes())).unwrap()
}
