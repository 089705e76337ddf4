//! Pages over real encrypted connections to this machine, which tests alone allow.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::{Domains, FetchError, Pages, Web, is_public};
use crate::evidence::{Document, MAX_DOCUMENT_BYTES};
use crate::sys::tls::of_tests::accept;

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What a server does with the request at hand: it writes what it likes.
type Answer = Box<dyn Fn(&str, &mut dyn Write) + Send>;

/// A server on this machine that notes what it is asked. It ends with the test's process.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answer: impl Fn(&str, &mut dyn Write) + Send + 'static) -> Self {
        let listener = TcpListener::bind((HOME, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (notes, answer): (_, Answer) = (Arc::clone(&asked), Box::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &notes, &answer);
            }
        });
        Self { port, asked }
    }

    /// One that answers each path with a whole text.
    fn of(pages: &'static [(&'static str, &'static str)]) -> Self {
        Self::new(move |path, out| {
            let page = pages.iter().find(|(known, _)| *known == path);
            let answer =
                page.map_or("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", |p| p.1);
            drop(out.write_all(answer.as_bytes()));
        })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, notes: &Mutex<Vec<String>>, answer: &Answer) {
    let mut stream = accept(stream);
    let mut request = Vec::new();
    let mut byte = [0_u8; 1];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    notes.lock().unwrap().push(request);
    answer(&path, &mut stream);
    stream.conn.send_close_notify();
    drop(stream.flush());
}

/// Reads a page of `docs.example.com`, which is on this machine, as others below `example.com` are not.
fn read_with(web: &Web, port: u16, address: &str) -> Result<Document, FetchError> {
    let words = [format!("docs.example.com:{port}"), "other.example.com".to_owned()];
    let (domains, faults) = Domains::new(&words);
    assert_eq!(faults, Vec::<String>::new());
    let address = address.replace("HERE", &format!("https://docs.example.com:{port}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(web.read(&address, &domains));
    runtime.shutdown_background();
    found
}

fn web() -> Web {
    Web::of_tests(|_| Ok(vec![HOME]), |address| address == HOME, Duration::from_secs(20))
}

fn read(server: &Server, path: &str) -> Result<Document, FetchError> {
    read_with(&web(), server.port, &format!("HERE{path}"))
}

#[track_caller]
fn refused(found: Result<Document, FetchError>) -> String {
    match found {
        Err(FetchError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn unusable(found: Result<Document, FetchError>) -> String {
    match found {
        Err(FetchError::Unusable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_page_is_read_as_text_with_the_date_of_its_server() {
    let server = Server::of(&[(
        "/a?b=c",
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nlast-modified: Thu, 19 Mar 2026 08:00:00 GMT\r\n\
         set-cookie: id=1\r\n\r\n<h1>Up</h1><script>x</script><p>5</p>",
    )]);
    let document = read(&server, "/a?b=c#part").unwrap();
    assert_eq!(document.text, "Up\n\n5\n");
    assert_eq!(document.kept_at.unwrap().to_string(), "2026-03-19T08:00:00Z");
    let request = server.asked().join("").to_ascii_lowercase();
    assert!(request.contains("accept-encoding: identity\r\n"), "{request}");
    for secret in ["cookie", "authorization", "referer", "#part"] {
        assert!(!request.contains(secret), "{request}");
    }
}

#[test]
fn each_redirect_is_judged_like_the_first_address() {
    for (place, expected) in [
        ("https://evil.example.org/", "evil.example.org is not among the allowed domains"),
        ("http://docs.example.com/", "only https"),
        ("https://127.0.0.1/", "by number"),
        ("https://[::1]:22/", "by number"),
        ("https://docs.example.com:9/", "port 9"),
        ("https://me@docs.example.com/", "a user"),
        ("file:///etc/passwd", "only https"),
        ("//evil.example.org/x", "not among the allowed domains"),
    ] {
        let answer =
            format!("HTTP/1.1 302 Found\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n");
        let server = Server::new(move |_, out| drop(out.write_all(answer.as_bytes())));
        let why = refused(read(&server, "/"));
        assert!(
            why.starts_with("it leads elsewhere: ") && why.contains(expected),
            "{place}: {why}"
        );
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn a_redirect_within_what_is_allowed_is_followed_and_a_circle_is_not() {
    let server = Server::of(&[
        ("/old", "HTTP/1.1 301 Moved\r\nlocation: /new\r\ncontent-length: 0\r\n\r\n"),
        ("/new", "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nhi"),
        ("/round", "HTTP/1.1 307 Again\r\nlocation: /round\r\ncontent-length: 0\r\n\r\n"),
        ("/nowhere", "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n"),
    ]);
    assert_eq!(read(&server, "/old").unwrap().text, "hi");
    assert!(refused(read(&server, "/round")).contains("more than 5 times"));
    assert_eq!(server.asked().len(), 2 + 6);
    assert!(unusable(read(&server, "/nowhere")).contains("does not say where"));
}

#[test]
fn a_name_that_leads_into_a_network_of_ours_is_refused_before_anything_is_sent() {
    let server = Server::of(&[]);
    for addresses in [
        vec!["127.0.0.1"],
        vec!["8.8.8.8", "127.0.0.1"],
        vec!["10.1.2.3"],
        vec!["169.254.169.254"],
        vec!["::1"],
        vec!["::ffff:127.0.0.1"],
        vec!["fd00::1"],
    ] {
        let found: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let web = Web::of_tests(move |_| Ok(found.clone()), is_public, Duration::from_secs(20));
        let why = refused(read_with(&web, server.port, "HERE/"));
        assert!(why.contains("not of the public network"), "{addresses:?}: {why}");
    }
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[test]
fn the_connection_goes_to_the_address_that_was_judged() {
    // A name that is ours at the second look would be rebound; it is looked up once for each question.
    let server = Server::of(&[(
        "/",
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nhi",
    )]);
    let (told, looks) = mpsc::channel();
    let told = Mutex::new(told);
    let lookup = move |name: &str| {
        told.lock().unwrap().send(name.to_owned()).unwrap();
        Ok(vec![HOME])
    };
    let web = Web::of_tests(lookup, |address| address == HOME, Duration::from_secs(20));
    assert_eq!(read_with(&web, server.port, "HERE/").unwrap().text, "hi");
    assert_eq!(looks.try_iter().collect::<Vec<_>>(), ["docs.example.com"]);
}

#[test]
fn a_redirect_to_an_allowed_name_with_a_private_address_is_refused() {
    let server = Server::of(&[(
        "/",
        "HTTP/1.1 302 Found\r\nlocation: https://other.example.com/\r\ncontent-length: 0\r\n\r\n",
    )]);
    let lookup = |name: &str| {
        let private = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 1));
        Ok(vec![if name == "docs.example.com" { HOME } else { private }])
    };
    let web = Web::of_tests(lookup, |address| address == HOME, Duration::from_secs(20));
    let why = refused(read_with(&web, server.port, "HERE/"));
    assert_eq!(why, "other.example.com leads to an address that is not of the public network");
}

#[test]
fn what_is_too_long_packed_or_no_text_is_not_read() {
    let long = MAX_DOCUMENT_BYTES + 1;
    let declared =
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {long}\r\n\r\n");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n";
    let endless = format!("{head}{}", "x".repeat(long));
    for (answer, expected) in [
        (declared, "more than 1048576 bytes"),
        (endless, "more than 1048576 bytes"),
        ("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx".to_owned(), "packs its answer"),
        ("HTTP/1.1 200 OK\r\ncontent-type: application/pdf\r\ncontent-length: 1\r\n\r\nx".to_owned(), "sends `application/pdf`"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx".to_owned(), "which is no text"),
        ("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\na\0b".to_owned(), "no text"),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(), "status 404"),
        ("HTTP/1.1 204 None\r\n\r\n".to_owned(), "status 204"),
    ] {
        let server = Server::new(move |_, out| drop(out.write_all(answer.as_bytes())));
        let why = unusable(read(&server, "/"));
        assert!(why.contains(expected), "{expected}: {why}");
    }
}

#[test]
fn what_may_pass_is_told_as_temporary() {
    let busy = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";
    let limited = "HTTP/1.1 429 Slow Down\r\ncontent-length: 0\r\n\r\n";
    let heads = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1024 * 1024));
    let broken = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nhi";
    for answer in [busy, limited, heads.as_str(), broken, "garbage\r\n\r\n", ""] {
        let answer = answer.to_owned();
        let server = Server::new(move |_, out| drop(out.write_all(answer.as_bytes())));
        let found = read(&server, "/");
        assert!(found.as_ref().is_err_and(FetchError::is_temporary), "{found:?}");
    }
    let nobody = Web::of_tests(|_| Ok(Vec::new()), is_public, Duration::from_secs(20));
    assert!(read_with(&nobody, 1, "HERE/").is_err_and(|error| error.is_temporary()));
    let unknown = Web::of_tests(
        |_| Err(std::io::Error::other("no such host")),
        is_public,
        Duration::from_secs(20),
    );
    let why = read_with(&unknown, 1, "HERE/").unwrap_err().to_string();
    assert_eq!(why, "docs.example.com cannot be looked up: no such host");
}

#[test]
fn a_slow_server_is_not_waited_for() {
    let (_held, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let server = Server::new(move |_, out| {
        drop(out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nso far"));
        drop(out.flush());
        // Until the test is over.
        wait.lock().unwrap().recv().unwrap_or_default();
    });
    let web =
        Web::of_tests(|_| Ok(vec![HOME]), |address| address == HOME, Duration::from_millis(300));
    let error = read_with(&web, server.port, "HERE/").unwrap_err();
    assert!(error.is_temporary(), "{error}");
}

#[test]
fn a_server_with_a_certificate_of_somebody_else_is_not_believed() {
    let server = Server::of(&[]);
    let (domains, _) = Domains::new(&[format!("shop.example.net:{}", server.port)]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let address = format!("https://shop.example.net:{}/", server.port);
    let error = runtime.block_on(web().read(&address, &domains)).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[test]
fn an_address_that_may_not_be_asked_for_is_not_even_looked_up() {
    let web =
        Web::of_tests(|name| panic!("{name} was looked up"), is_public, Duration::from_secs(20));
    for address in ["http://docs.example.com/", "https://evil.example.org/", "https://127.0.0.1/"] {
        refused(read_with(&web, 443, address));
    }
}
