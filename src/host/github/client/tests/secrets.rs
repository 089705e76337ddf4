//! The planted token is in the request and nowhere else.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use super::*;

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn everything_below(dir: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        text.push_str(&entry.path().to_string_lossy());
        if entry.metadata().unwrap().is_dir() {
            text.push_str(&everything_below(&entry.path()));
        } else {
            text.push_str(&String::from_utf8_lossy(&fs::read(entry.path()).unwrap()));
        }
    }
    text
}

#[test]
fn the_token_is_in_no_file_no_log_and_no_message() {
    let server = Server::start(in_turn(vec![
        || Reply::json(r#"{"id":1}"#).with("etag", "\"a\""),
        || Reply::status(401, r#"{"message":"Bad credentials"}"#),
        || Reply::Nothing,
        || Reply::status(429, "{}").with("retry-after", "9"),
    ]));
    let world = World::new();
    let client = world.client(&server);
    let log = Log::default();
    let guard = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .set_default();
    get(&client, Reads::Remembered).unwrap();
    let mut told = String::new();
    for _ in 0..3 {
        write!(told, "{:?}", get(&client, Reads::Fresh).unwrap_err()).unwrap();
    }
    drop(guard);
    write!(told, "{client:?}").unwrap();
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("path=\"/repos/acme/web\" status=200 took_ms="), "{logged}");
    let kept = everything_below(world.dir.path());
    assert!(kept.contains("parked.json") && kept.contains(r#""etag":"\"a\"""#), "{kept}");
    for text in [told, logged, kept] {
        assert!(!text.contains(TOKEN) && !text.contains("planted"), "{text}");
    }
}
