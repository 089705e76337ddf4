//! A plain HTTP client for tests of the fake GitHub: blocking, one connection per request, nothing hidden.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::hub::Hub;

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// The status; 0 when the connection ended before an answer.
    pub(crate) status: u16,
    /// Headers by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    /// The bytes of the body that arrived.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Returns the body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => {
                panic!("{error}: status {}: {}", self.status, String::from_utf8_lossy(&self.body))
            }
        }
    }

    /// Returns the address of the next page.
    pub(crate) fn next(&self) -> Option<String> {
        let mut links = self.headers.get("link")?.split(", ");
        let next = links.find_map(|link| link.strip_suffix("; rel=\"next\""))?;
        Some(next.trim_start_matches('<').trim_end_matches('>').to_owned())
    }
}

/// Somebody who asks the hub.
pub(crate) struct Client<'a> {
    hub: &'a Hub,
    token: Option<String>,
}

impl<'a> Client<'a> {
    /// Makes a client with the planted token.
    pub(crate) fn new(hub: &'a Hub) -> Self {
        Self { hub, token: Some(hub.token().to_owned()) }
    }

    /// Makes a client with another token, or none.
    pub(crate) fn with_token(hub: &'a Hub, token: Option<&str>) -> Self {
        Self { hub, token: token.map(str::to_owned) }
    }

    /// Asks for a path or an address of the hub.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None, &[])
    }

    /// Sends a change.
    pub(crate) fn write(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send(method, path, Some(body.to_string().as_bytes()), &[])
    }

    /// Sends anything.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let path = path.strip_prefix(self.hub.url()).unwrap_or(path);
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n");
        if let Some(token) = &self.token {
            write!(text, "authorization: Bearer {token}\r\n").unwrap();
        }
        for (name, value) in headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        if let Some(body) = body {
            write!(text, "content-length: {}\r\n", body.len()).unwrap();
        }
        text.push_str("\r\n");
        let address = self.hub.url().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.write_all(body.unwrap_or_default()).unwrap();
        let mut bytes = Vec::new();
        // A connection that is cut ends with an error after what arrived; that is seen in what is missing.
        let _cut = stream.read_to_end(&mut bytes);
        parse(&bytes)
    }
}

fn parse(bytes: &[u8]) -> Reply {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Reply { status: 0, headers: BTreeMap::new(), body: bytes.to_vec() };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Reply { status, headers, body: bytes[end + 4..].to_vec() }
}
