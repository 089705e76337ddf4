//! As much of HTTP/1.1 as the programs need: one request, one answer, then the end of the connection.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Value,
}

/// Reads a request; `None` when the other side gives none.
pub(super) fn read(stream: &TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut is_chunked) = (0_usize, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "transfer-encoding" => is_chunked = value.to_ascii_lowercase().contains("chunked"),
            "expect" => drop((&*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")),
            _ => {}
        }
    }
    let mut bytes = Vec::new();
    if is_chunked {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim().split(';').next()?, 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            bytes.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    } else {
        bytes = vec![0; length];
        reader.read_exact(&mut bytes).ok()?;
    }
    Some(Request { method, path, body: serde_json::from_slice(&bytes).unwrap_or_default() })
}

fn send(mut stream: &TcpStream, text: &str) {
    // The program may be gone: that is what some tests are about.
    drop(stream.write_all(text.as_bytes()));
    drop(stream.flush());
}

/// Answers with a document.
pub(super) fn json(stream: &TcpStream, status: u16, headers: &[(&str, String)], body: &Value) {
    let body = body.to_string();
    let mut further = String::new();
    for (name, value) in headers {
        write!(further, "{name}: {value}\r\n").unwrap();
    }
    send(
        stream,
        &format!(
            "HTTP/1.1 {status} {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n{further}\r\n{body}",
            reason(status),
            body.len()
        ),
    );
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        401 => "Unauthorized",
        402 => "Payment Required",
        404 => "Not Found",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Error",
    }
}

/// Answers with a stream of events; each has its name where it has a type and names are wanted.
pub(super) fn events(stream: &TcpStream, are_named: bool, events: &[Value]) {
    let mut text = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\nx-request-id: req_mock\r\n\r\n".to_owned();
    for event in events {
        if let Some(name) = event["type"].as_str().filter(|_| are_named) {
            writeln!(text, "event: {name}").unwrap();
        }
        let data = event.as_str().map_or_else(|| event.to_string(), ToOwned::to_owned);
        write!(text, "data: {data}\n\n").unwrap();
    }
    send(stream, &text);
}
