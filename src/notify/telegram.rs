//! One message to Telegram: sent once, with what is known about its fate. The bot's token is a part of the address, so that no address is ever
//! shown or logged.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::sys::tls;
use crate::text::clean;
use crate::text::secret::Secret;

/// Largest answer that is read.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Longest part of a reason that is kept, in characters.
const MAX_REASON: usize = 200;
/// How long we rest when Telegram asks us to and does not say for how long.
const USUAL_REST: Duration = Duration::from_secs(60);

/// What is known about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// Telegram has it.
    Sent,
    /// Telegram does not want it, with why; it would say so again.
    Refused(String),
    /// Nobody knows whether it arrived, with why: it is never sent again.
    Unknown(String),
    /// It certainly did not leave, with why.
    NotSent(String),
    /// Telegram asks us to rest; it did not take the message.
    Later(Duration),
}

/// What the bot sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The bot's name.
    pub bot: String,
    /// The chat's.
    pub chat: String,
}

/// How long a message may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadlines {
    pub(super) connect: Duration,
    pub(super) total: Duration,
}

/// The way to one chat.
pub(super) struct Telegram {
    api_url: String,
    token: Secret,
    chat: String,
    deadlines: Deadlines,
    client: OnceCell<Client>,
}

impl Telegram {
    /// Describes the way; nothing is connected yet.
    pub(super) fn new(api_url: String, token: Secret, chat: String, deadlines: Deadlines) -> Self {
        Self { api_url, token, chat, deadlines, client: OnceCell::new() }
    }

    /// Sends a message, once.
    pub(super) async fn send(&self, html: &str) -> Fate {
        let client = match self.client.get_or_try_init(|| async { self.connect() }).await {
            Ok(client) => client,
            Err(reason) => return Fate::NotSent(reason),
        };
        let body = json!({
            "chat_id": self.chat,
            "text": html,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
        });
        let request = client
            .post(self.address("sendMessage"))
            .header("content-type", "application/json")
            .body(body.to_string());
        match request.send().await {
            Ok(response) => fate_of(response).await,
            Err(error) => fate_of_failure(error),
        }
    }

    /// Asks who the bot is and whether it sees the chat; sends no message.
    pub(super) async fn probe(&self) -> Result<Seen, String> {
        let bot = self.ask("getMe", &json!({})).await?;
        let chat = self.ask("getChat", &json!({"chat_id": self.chat})).await?;
        let name = |value: &Value, keys: &[&str]| {
            let found = keys.iter().find_map(|key| value.get(key)?.as_str());
            clean::one_line(&clean::untrusted(found.unwrap_or_default()).text, MAX_REASON)
        };
        Ok(Seen {
            bot: format!("@{}", name(&bot, &["username"])),
            chat: format!("`{}`", name(&chat, &["title", "username", "first_name", "type"])),
        })
    }

    /// A question that changes nothing; what it asks for, or in one line why it was not told.
    async fn ask(&self, method: &str, body: &Value) -> Result<Value, String> {
        let client = self.client.get_or_try_init(|| async { self.connect() }).await?;
        let request = client
            .post(self.address(method))
            .header("content-type", "application/json")
            .body(body.to_string());
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                return Err(match fate_of_failure(error) {
                    Fate::NotSent(reason) | Fate::Unknown(reason) => reason,
                    Fate::Sent | Fate::Refused(_) | Fate::Later(_) => "no answer".to_owned(),
                });
            }
        };
        let status = response.status().as_u16();
        let body: Value = serde_json::from_slice(&read(response).await?).unwrap_or_default();
        if let Some(result) = body.get("result").filter(|_| status < 300) {
            return Ok(result.clone());
        }
        let said = body.get("description").and_then(Value::as_str).unwrap_or_default();
        let said = clean::one_line(&clean::untrusted(said).text, MAX_REASON);
        Err(format!("{method}: Telegram answered {status}: {said}"))
    }

    fn address(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.api_url, path_part(self.token.expose().trim()))
    }

    fn connect(&self) -> Result<Client, String> {
        let broken = |reason: String| format!("no client can be made: {reason}");
        let is_plain = self.api_url.starts_with("http://");
        let tls = tls::client_config(is_plain, &["http/1.1"]).map_err(|e| broken(e.to_string()))?;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .connect_timeout(self.deadlines.connect)
            .timeout(self.deadlines.total)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A connection that was kept may be closed at the other end: whether a message left on it would not be known.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("agentos/", env!("CARGO_PKG_VERSION")))
            .referer(false);
        if is_plain {
            // Plain addresses are on this machine, and a proxy of the network knows none of its servers.
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| broken(cause(&error.without_url())))
    }
}

/// A part of a path: whatever could lead to another place is encoded.
fn path_part(text: &str) -> String {
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_') {
            part.push(char::from(byte));
        } else {
            let _infallible = write!(part, "%{byte:02X}");
        }
    }
    part
}

/// What Telegram answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    ok: bool,
    description: String,
    parameters: Parameters,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

async fn fate_of(response: Response) -> Fate {
    let status = response.status().as_u16();
    let body = match read(response).await {
        Ok(body) => body,
        Err(reason) if status < 300 => return Fate::Unknown(reason),
        // What the status says is enough.
        Err(_) => Vec::new(),
    };
    let answer: Option<Answer> = serde_json::from_slice(&body).ok();
    of_answer(status, answer)
}

fn of_answer(status: u16, answer: Option<Answer>) -> Fate {
    let is_readable = answer.is_some();
    let answer = answer.unwrap_or_default();
    let words = clean::one_line(&clean::untrusted(&answer.description).text, MAX_REASON);
    match status {
        200..=299 if answer.ok => Fate::Sent,
        200..=299 if is_readable => Fate::Refused(words),
        200..=299 => Fate::Unknown("the answer is not one of Telegram's".to_owned()),
        429 => {
            let wanted = answer.parameters.retry_after.map_or(USUAL_REST, Duration::from_secs);
            Fate::Later(wanted)
        }
        300..=499 => Fate::Refused(match answer.parameters.migrate_to_chat_id {
            Some(chat) => format!("{status}: {words}; `telegram_chat_id` is {chat} now"),
            None if words.is_empty() => format!("{status}"),
            None => format!("{status}: {words}"),
        }),
        // A gateway that gave up says nothing about what is behind it.
        _ => Fate::Unknown(format!("Telegram answered {status}")),
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_BODY_BYTES => body.extend(chunk),
            Ok(Some(_)) => return Err("the answer is too long".to_owned()),
            Ok(None) => return Ok(body),
            Err(error) => {
                return Err(format!("the answer broke off: {}", cause(&error.without_url())));
            }
        }
    }
}

/// A message whose connection never stood did not leave; of every other failure nothing is known.
fn fate_of_failure(error: reqwest::Error) -> Fate {
    let (connecting, in_time) = (error.is_connect() || error.is_builder(), !error.is_timeout());
    let error = error.without_url();
    match (connecting, in_time) {
        (true, _) => Fate::NotSent(format!("no connection: {}", cause(&error))),
        (false, true) => Fate::Unknown(format!("the connection broke: {}", cause(&error))),
        (false, false) => Fate::Unknown("no answer came in time".to_owned()),
    }
}

/// The innermost cause: the outer ones say little.
fn cause(error: &reqwest::Error) -> String {
    let mut current: &dyn Error = error;
    while let Some(source) = current.source() {
        current = source;
    }
    clean::one_line(&current.to_string(), MAX_REASON)
}

#[cfg(test)]
#[path = "telegram_tests.rs"]
mod tests;
