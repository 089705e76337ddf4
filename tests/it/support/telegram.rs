//! A fake Telegram on this machine: it keeps the messages that it took, checks them as Telegram does, and can misbehave.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::World;

/// The bot's token: in no file, log or output may it be found.
pub(crate) const TOKEN: &str = "7718293044:AAplantedSecretOfTheBot_1234567890x";
/// The chat.
pub(crate) const CHAT: &str = "-100123";

/// What the next request meets instead of a willing server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// 400 with this description.
    Refuses(&'static str),
    /// 429 with so many seconds to wait.
    IsBusy(u64),
    /// The message is taken, and the connection ends without an answer.
    HangsUpAfterTaking,
    /// 502 from somewhere in between, and the message is not taken.
    IsBehindABrokenGateway,
}

#[derive(Default)]
struct State {
    messages: Vec<String>,
    moods: VecDeque<Mood>,
    requests: usize,
    complaints: Vec<String>,
}

/// The server; it ends with the test's process.
pub(crate) struct Telegram {
    state: Arc<Mutex<State>>,
    port: u16,
}

impl Telegram {
    /// Starts one on any free port.
    pub(crate) fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// Starts one on a port that is free.
    pub(crate) fn start_at(port: u16) -> Self {
        Self::on(TcpListener::bind(("127.0.0.1", port)).unwrap())
    }

    /// A port on which nobody listens.
    pub(crate) fn free_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    fn on(listener: TcpListener) -> Self {
        let state = Arc::<Mutex<State>>::default();
        let port = listener.local_addr().unwrap().port();
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that dies in the middle is no matter of the server's.
                drop(serve(stream, &shared));
            }
        });
        Self { state, port }
    }

    /// The lines of configuration that lead here.
    pub(crate) fn settings(&self) -> String {
        settings_for(self.port)
    }

    /// The next request meets this.
    pub(crate) fn next(&self, mood: Mood) {
        self.state.lock().unwrap().moods.push_back(mood);
    }

    /// The messages that were taken since the last look.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut state = self.state.lock().unwrap();
        assert!(state.complaints.is_empty(), "{:?}", state.complaints);
        std::mem::take(&mut state.messages)
    }

    /// How many requests came in all.
    pub(crate) fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }
}

/// The lines of configuration that lead to a port of this machine.
pub(crate) fn settings_for(port: u16) -> String {
    format!("telegram_api_url: http://127.0.0.1:{port}\ntelegram_chat_id: \"{CHAT}\"")
}

impl World {
    /// Messages go there, the token comes from the environment, and the operator lives in UTC.
    pub(crate) fn telling(self, telegram: &Telegram) -> Self {
        self.setting(&telegram.settings()).env("TELEGRAM_BOT_TOKEN", TOKEN).env("TZ", "UTC")
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let (head, body) = request(&mut stream)?;
    let mut state = state.lock().unwrap();
    state.requests += 1;
    let line = head.lines().next().unwrap_or_default();
    let (status, answer) = if line == format!("POST /bot{TOKEN}/sendMessage HTTP/1.1") {
        match answered(&mut state, &body) {
            Some(answer) => answer,
            None => return Ok(()),
        }
    } else if line == format!("POST /bot{TOKEN}/getMe HTTP/1.1") {
        let bot = json!({"id": 7, "is_bot": true, "first_name": "Shop", "username": "shop_bot"});
        (200, json!({"ok": true, "result": bot}))
    } else if line == format!("POST /bot{TOKEN}/getChat HTTP/1.1") {
        let asked: Value = serde_json::from_slice(&body).unwrap();
        if asked["chat_id"] == CHAT {
            (200, json!({"ok": true, "result": {"id": -100_123, "title": "The shop"}}))
        } else {
            (400, error(400, "Bad Request: chat not found"))
        }
    } else {
        (401, error(401, "Unauthorized"))
    };
    drop(state);
    let text = answer.to_string();
    let length = text.len();
    let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{text}");
    stream.write_all(reply.as_bytes())
}

fn request(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut seen = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        if let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&seen[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            let length: usize = length.unwrap_or(0);
            if seen.len() >= end + 4 + length {
                return Ok((head, seen[end + 4..].to_vec()));
            }
        }
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        seen.extend(&buffer[..read]);
    }
}

/// The answer to a message; none where the connection ends without one.
fn answered(state: &mut State, body: &[u8]) -> Option<(u16, Value)> {
    let mood = state.moods.pop_front();
    match mood {
        Some(Mood::Refuses(description)) => return Some((400, error(400, description))),
        Some(Mood::IsBehindABrokenGateway) => return Some((502, json!("bad gateway"))),
        Some(Mood::IsBusy(seconds)) => {
            let mut answer = error(429, "Too Many Requests");
            answer["parameters"] = json!({"retry_after": seconds});
            return Some((429, answer));
        }
        Some(Mood::HangsUpAfterTaking) | None => {}
    }
    let message: Value = serde_json::from_slice(body).unwrap();
    let text = message["text"].as_str().unwrap();
    if message["chat_id"] != CHAT {
        return Some((400, error(400, "Bad Request: chat not found")));
    }
    if message["parse_mode"] != "HTML" || message["link_preview_options"]["is_disabled"] != true {
        state.complaints.push(format!("unexpected settings: {message}"));
    }
    if let Some(fault) = fault_of(text) {
        state.complaints.push(format!("{fault} in {text}"));
        return Some((400, error(400, "Bad Request: can't parse entities")));
    }
    state.messages.push(text.to_owned());
    let id = state.messages.len();
    (mood.is_none()).then(|| (200, json!({"ok": true, "result": {"message_id": id}})))
}

fn error(code: u16, description: &str) -> Value {
    json!({"ok": false, "error_code": code, "description": description})
}

/// What Telegram would not take of a text in HTML.
fn fault_of(text: &str) -> Option<String> {
    if text.trim().is_empty() || text.encode_utf16().count() > 4096 {
        return Some("empty or too long".to_owned());
    }
    let mut open: Vec<&str> = Vec::new();
    for part in text.split('<').skip(1) {
        let tag = part.split_once('>').map(|(tag, _)| tag);
        match tag {
            Some("b" | "code") => open.push(&part[..part.find('>').unwrap()]),
            Some(tag) if tag.starts_with("a href=\"https://") && tag.ends_with('"') => {
                open.push("a");
            }
            Some(tag) if tag.strip_prefix('/').is_some_and(|name| open.pop() == Some(name)) => {}
            other => return Some(format!("the tag {other:?}")),
        }
    }
    let entities = ["amp;", "lt;", "gt;", "quot;"];
    let is_bad = |part: &str| !entities.iter().any(|entity| part.starts_with(entity));
    if !open.is_empty() || text.split('&').skip(1).any(is_bad) {
        return Some("a tag or an entity that has no end".to_owned());
    }
    None
}
