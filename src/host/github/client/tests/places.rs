//! Logs, which lie on another server behind a signed address.

use std::sync::Mutex;

use super::*;

/// What makes the address of a log one that may be read.
const SIGNATURE: &str = "c2lnbmVk";

fn job_log() -> Call {
    Call::of(&endpoints::JOB_LOG).with("owner", "acme").with("repo", "web").with("job_id", 7)
}

/// A GitHub that sends everybody to another server.
fn leading_to(other: &Server) -> Server {
    let to = format!("{}/job/7?sig={SIGNATURE}", other.url);
    Server::start(move |_| Reply::status(302, "").with("location", to.clone()))
}

fn fetch(github: &Server) -> Result<Option<Vec<u8>>, HostError> {
    let client = World::new().client(github);
    run(async {
        let subject = job_log().subject();
        match client.place_of(job_log()).await? {
            Some(place) => client.end_of(&subject, &place).await,
            None => Ok(None),
        }
    })
}

#[test]
fn the_token_stays_with_github_and_the_log_is_fetched_without_it() {
    let other = Server::start(|_| Reply::status(200, "first\nlast\n"));
    let github = leading_to(&other);
    assert_eq!(fetch(&github).unwrap().unwrap(), b"first\nlast\n");
    assert_eq!(github.seen()[0].header("authorization").len(), 1);
    let seen = other.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].target, format!("/job/7?sig={SIGNATURE}"));
    let all = format!("{:?}", seen[0].headers);
    assert!(!all.contains("authorization") && !all.contains(TOKEN), "{all}");
}

#[test]
fn a_log_that_has_gone_is_none_and_one_that_cannot_be_had_names_no_address() {
    for status in [404, 410] {
        let github = Server::start(move |_| Reply::status(status, r#"{"message":"Gone"}"#));
        assert!(fetch(&github).unwrap().is_none());
        let other = Server::start(move |_| Reply::status(status, ""));
        assert!(fetch(&leading_to(&other)).unwrap().is_none());
    }
    let replies: [fn(&Seen) -> Reply; 4] = [
        |_| Reply::status(403, "<Error>expired</Error>"),
        |_| Reply::status(302, "").with("location", "http://127.0.0.1:1/further"),
        |_| Reply::Nothing,
        |_| Reply::Half("half of a log".to_owned()),
    ];
    for reply in replies {
        let other = Server::start(reply);
        let error = fetch(&leading_to(&other)).unwrap_err();
        assert!(matches!(error, HostError::Unavailable { .. }), "{error:?}");
        let said = format!("{error} {error:?}");
        assert!(!said.contains(SIGNATURE) && !said.contains("127.0.0.1"), "{said}");
    }
    let nowhere = Server::start(|_| Reply::status(302, ""));
    assert!(matches!(fetch(&nowhere), Err(HostError::Malformed { .. })));
    let forbidden =
        || Reply::status(403, r#"{"message":"Resource not accessible by personal access token"}"#);
    let error = fetch(&Server::start(move |_| forbidden())).unwrap_err();
    assert!(error.mend().unwrap().contains("Actions: read"), "{error:?}");
}

/// A log of fifty mebibytes whose last line says so.
fn long_log() -> &'static str {
    static LOG: Mutex<Option<&'static str>> = Mutex::new(None);
    let mut log = LOG.lock().unwrap();
    log.get_or_insert_with(|| {
        let line = "all is quiet in this line of the log, which goes on and on for very long\n";
        let mut text = line.repeat((50 << 20) / line.len());
        text.push_str("the very end\n");
        text.leak()
    })
}

#[test]
fn of_a_long_log_only_the_end_is_fetched_and_kept() {
    let other = Server::start(|seen| {
        let log = long_log();
        match seen.header("range").first().and_then(|range| range.strip_prefix("bytes=")) {
            Some(range) => {
                let from: usize = range.trim_end_matches('-').parse().unwrap();
                Reply::status(206, &log[from..])
            }
            None => Reply::status(200, log),
        }
    });
    let end = fetch(&leading_to(&other)).unwrap().unwrap();
    assert!(end.ends_with(b"the very end\n"));
    assert!(end.len() <= 1 << 20, "{}", end.len());
    assert_eq!(
        other.seen()[1].header("range"),
        [format!("bytes={}-", long_log().len() - (8 << 20))]
    );
}

#[test]
fn a_server_that_gives_no_parts_is_read_to_its_end_and_no_more_is_kept() {
    let other = Server::start(|_| Reply::status(200, long_log()));
    let end = fetch(&leading_to(&other)).unwrap().unwrap();
    assert!(end.ends_with(b"the very end\n") && end.len() <= 1 << 20);
}
