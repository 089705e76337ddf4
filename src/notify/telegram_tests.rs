//! What becomes of a message against servers that misbehave on purpose.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;

const TOKEN: &str = "7718293044:AAplantedSecretOfTheBot_1234567890x";

/// A server that takes one request and does this with its connection.
fn server(act: impl FnOnce(&mut std::net::TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        while !seen.ends_with(b"}") {
            let length = stream.read(&mut buffer).unwrap();
            if length == 0 {
                return;
            }
            seen.extend(&buffer[..length]);
        }
        act(&mut stream);
    });
    format!("http://{address}")
}

fn answering(status: &'static str, body: &'static str) -> String {
    server(move |stream| {
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).unwrap();
    })
}

fn send_to(api_url: String, total: Duration) -> Fate {
    let deadlines = Deadlines { connect: Duration::from_secs(5), total };
    let telegram = Telegram::new(api_url, Secret::new(TOKEN), "4711".to_owned(), deadlines);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(telegram.send("<b>hello</b>"))
}

fn fate(api_url: String) -> Fate {
    let fate = send_to(api_url, Duration::from_secs(30));
    assert!(!format!("{fate:?}").contains("AAplanted"), "{fate:?}");
    fate
}

#[test]
fn an_answer_decides_what_becomes_of_a_message() {
    for (status, body, expected) in [
        ("200 OK", r#"{"ok":true,"result":{"message_id":1}}"#, Fate::Sent),
        (
            "400 Bad Request",
            r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#,
            Fate::Refused("400: Bad Request: chat not found".to_owned()),
        ),
        (
            "400 Bad Request",
            r#"{"ok":false,"description":"upgraded","parameters":{"migrate_to_chat_id":-1007}}"#,
            Fate::Refused("400: upgraded; `telegram_chat_id` is -1007 now".to_owned()),
        ),
        ("401 Unauthorized", "", Fate::Refused("401".to_owned())),
        ("302 Found", "", Fate::Refused("302".to_owned())),
        (
            "429 Too Many Requests",
            r#"{"ok":false,"parameters":{"retry_after":7}}"#,
            Fate::Later(Duration::from_secs(7)),
        ),
        ("429 Too Many Requests", "", Fate::Later(USUAL_REST)),
        ("502 Bad Gateway", "<html>", Fate::Unknown("Telegram answered 502".to_owned())),
        (
            "200 OK",
            "<html>log in first</html>",
            Fate::Unknown("the answer is not one of Telegram's".to_owned()),
        ),
    ] {
        assert_eq!(fate(answering(status, body)), expected, "{status} {body}");
    }
}

#[test]
fn a_server_that_is_not_there_has_not_got_the_message() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let fate = fate(format!("http://{address}"));
    assert!(matches!(&fate, Fate::NotSent(why) if why.contains("refused")), "{fate:?}");
}

#[test]
fn a_connection_that_breaks_behind_the_message_says_nothing_about_it() {
    let fate = fate(server(|_| {}));
    assert!(
        matches!(&fate, Fate::Unknown(why) if why.starts_with("the connection broke")),
        "{fate:?}"
    );
}

#[test]
fn an_answer_that_never_comes_says_nothing_about_the_message() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let silent = server(move |_| {
        let _ended = wait.recv();
    });
    let fate = send_to(silent, Duration::from_millis(300));
    assert_eq!(fate, Fate::Unknown("no answer came in time".to_owned()));
    drop(done);
}

#[test]
fn a_token_cannot_change_the_address() {
    assert_eq!(path_part("12:Ab_-9"), "12:Ab_-9");
    assert_eq!(path_part("a/../b?c#d %"), "a%2F%2E%2E%2Fb%3Fc%23d%20%25");
}
