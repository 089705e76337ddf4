//! A scripted model behind the four protocols that the real programs speak, on loopback: it writes a file, then a result, then says that it
//! is done; or it refuses in the ways of the providers.

mod anthropic;
mod chat;
mod gemini;
mod http;
mod refusals;
mod responses;
mod script;

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use http::Request;

/// What the model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// The task, in three turns.
    Works,
    /// The same, but the first result is no result: a second prompt in the same conversation gets a right one.
    WorksWhenToldAgain,
    /// The task, also with tools that the program did not offer.
    Insists,
    /// Words alone: a brief.
    Answers,
    /// Tools for ever, each turn dear.
    NeverEnds,
    /// The limit of a plan, with the time when it ends.
    PlanLimit,
    /// A limit that is over in two hours, until when the program is asked to wait.
    LongWait,
    /// No money left.
    NoCredit,
    /// The key is refused.
    BadKey,
    /// Too many guests.
    Overloaded,
    /// No answer at all.
    Hangs,
}

/// A model endpoint; it ends with the value.
pub(crate) struct Endpoint {
    address: std::net::SocketAddr,
    over: Arc<AtomicBool>,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    /// Begins to listen on a free port.
    pub(crate) fn start(scenario: Scenario) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let paths: Arc<Mutex<Vec<String>>> = Arc::default();
        let (is_over, seen) = (over.clone(), paths.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (is_over, seen) = (is_over.clone(), seen.clone());
                std::thread::spawn(move || serve(&stream, scenario, &is_over, &seen));
            }
        });
        Self { address, over, paths }
    }

    /// Its address without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The paths that were asked for, in their order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the listener, which then sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(stream: &TcpStream, scenario: Scenario, over: &AtomicBool, paths: &Mutex<Vec<String>>) {
    let Some(request) = http::read(stream) else { return };
    paths.lock().unwrap().push(format!("{} {}", request.method, request.path));
    let Some(protocol) = Protocol::of(&request) else {
        let answer = if request.path.contains("/models") {
            serde_json::json!({"object": "list", "data": [{"id": "mock-model", "object": "model"}]})
        } else {
            serde_json::json!({"error": {"message": "no such path", "type": "not_found_error"}})
        };
        let status = if request.path.contains("/models") { 200 } else { 404 };
        return http::json(stream, status, &[], &answer);
    };
    if request.path.contains("count_tokens") {
        return http::json(stream, 200, &[], &serde_json::json!({"input_tokens": 100}));
    }
    if request.path.contains(":countTokens") {
        return http::json(stream, 200, &[], &serde_json::json!({"totalTokens": 100}));
    }
    if scenario == Scenario::Hangs {
        while !over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(50));
        }
        return;
    }
    if let Some(refusal) = refusals::of(protocol, scenario) {
        return http::json(stream, refusal.status, &refusal.headers, &refusal.body);
    }
    match protocol {
        Protocol::Anthropic => anthropic::answer(stream, &request.body, scenario),
        Protocol::Responses => responses::answer(stream, &request.body, scenario),
        Protocol::Chat => chat::answer(stream, &request.body, scenario),
        Protocol::Gemini => gemini::answer(stream, &request, scenario),
    }
}

/// The protocols, by their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Anthropic,
    Responses,
    Chat,
    Gemini,
}

impl Protocol {
    fn of(request: &Request) -> Option<Self> {
        let path = request.path.split('?').next().unwrap();
        if request.method != "POST" {
            None
        } else if path.ends_with("/messages") || path.ends_with("/count_tokens") {
            Some(Self::Anthropic)
        } else if path.ends_with("/responses") {
            Some(Self::Responses)
        } else if path.ends_with("/chat/completions") {
            Some(Self::Chat)
        } else if path.contains("enerateContent") || path.contains(":countTokens") {
            Some(Self::Gemini)
        } else {
            None
        }
    }
}

/// The items of an array, none where there is no array.
fn items(value: &Value) -> Vec<&Value> {
    value.as_array().into_iter().flatten().collect()
}
