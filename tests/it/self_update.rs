//! `self-update` against a server of releases on this machine, which may lie, lag, break off and send elsewhere; and the program that was
//! built from source, which has nobody to ask.

#[cfg(feature = "failpoints")]
mod deaths;
pub(crate) mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use agentos::domain::release::Version;
use agentos::jobs::self_update::{Bounds, Installed, Outcome, Request, UpdateError, update};
use agentos::release::{Place, ReleaseError, Trust};
use agentos::sys::lock::Lock;

use self::server::{Lie, Server, Signer, TARGET, program_of, release};
use crate::support::World;

/// A program of version 1.2.0 in a folder of its own.
struct Home {
    dir: tempfile::TempDir,
    /// What the program takes itself for.
    version: Version,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Self { dir, version: version("1.2.0") };
        fs::write(home.program(), program_of("1.2.0")).unwrap();
        fs::set_permissions(home.program(), fs::Permissions::from_mode(0o755)).unwrap();
        home
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join("agentos")
    }

    /// The names in the folder, sorted, but for the lock.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> =
            names.filter(|name| name.strip_suffix(".lock").is_none()).collect();
        names.sort();
        names
    }

    fn is_untouched(&self) -> bool {
        fs::read(self.program()).unwrap() == program_of("1.2.0") && self.names() == ["agentos"]
    }
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn bounds() -> Bounds {
    let mut bounds = Bounds { most_bytes: 64 * 1024, ..Bounds::default() };
    bounds.program.total = Duration::from_secs(20);
    bounds
}

fn trust(server: &Server, signer: &Signer) -> Trust {
    Trust::of(&format!("{}/acme/agentos", server.url()), &signer.public(), TARGET).unwrap()
}

fn run(
    home: &Home,
    request: &Request,
    trust: &Trust,
    bounds: &Bounds,
) -> Result<Outcome, UpdateError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let installed = Installed { path: home.program(), version: home.version.clone() };
    let outcome = runtime.block_on(update(request, &installed, trust, bounds));
    runtime.shutdown_background();
    outcome
}

/// Asks for the newest release of a server that tells a lie about 1.3.0.
fn lied_to(lie: Lie) -> (Home, UpdateError) {
    let (home, signer) = (Home::new(), Signer::new());
    let server = Server::new(vec![release("1.3.0", &signer)], lie);
    let error = run(&home, &Request::default(), &trust(&server, &signer), &bounds()).unwrap_err();
    assert!(home.is_untouched(), "{error}: {:?}", home.names());
    (home, error)
}

#[test]
fn the_newest_release_takes_the_place_of_the_program_and_the_old_one_stays_beside_it() {
    let (home, signer) = (Home::new(), Signer::new());
    let server = Server::new(vec![release("1.2.0", &signer), release("1.3.0", &signer)], Lie::None);
    let outcome = run(&home, &Request::default(), &trust(&server, &signer), &bounds()).unwrap();
    let previous = home.dir.path().join("agentos.previous");
    let expected = Outcome::Updated {
        from: version("1.2.0"),
        to: version("1.3.0"),
        path: home.program(),
        previous: previous.clone(),
    };
    assert_eq!(outcome, expected);
    assert_eq!(fs::read(home.program()).unwrap(), program_of("1.3.0"));
    assert_eq!(fs::read(previous).unwrap(), program_of("1.2.0"));
    assert_eq!(home.names(), ["agentos", "agentos.previous"]);
    assert_eq!(fs::metadata(home.program()).unwrap().permissions().mode() & 0o777, 0o755);
    let base = "/acme/agentos/releases";
    let expected = [
        format!("{base}/latest/download/SHA256SUMS"),
        format!("{base}/download/v1.3.0/SHA256SUMS.sig"),
        format!("{base}/download/v1.3.0/agentos-1.3.0-{TARGET}"),
    ];
    assert_eq!(server.asked(), expected);
}

#[test]
fn a_look_says_what_there_is_and_writes_nothing() {
    let (home, signer) = (Home::new(), Signer::new());
    let server = Server::new(vec![release("1.3.0", &signer)], Lie::None);
    let request = Request { is_check: true, ..Request::default() };
    let outcome = run(&home, &request, &trust(&server, &signer), &bounds()).unwrap();
    let (from, to) = (version("1.2.0"), version("1.3.0"));
    assert_eq!(outcome, Outcome::Available { from, to });
    assert!(home.is_untouched());
    assert_eq!(fs::read_dir(home.dir.path()).unwrap().count(), 1);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn the_release_that_is_installed_is_left_alone() {
    let (home, signer) = (Home::new(), Signer::new());
    let server = Server::new(vec![release("1.2.0", &signer)], Lie::None);
    let outcome = run(&home, &Request::default(), &trust(&server, &signer), &bounds()).unwrap();
    assert_eq!(outcome, Outcome::Current { version: version("1.2.0") });
    assert!(home.is_untouched());
}

#[test]
fn an_older_release_is_taken_only_when_it_is_named() {
    let (home, signer) = (Home::new(), Signer::new());
    let server = Server::new(vec![release("1.1.0", &signer)], Lie::None);
    let trust = trust(&server, &signer);
    let refused = run(&home, &Request::default(), &trust, &bounds()).unwrap_err();
    assert_eq!(refused.to_string(), "the release there is 1.1.0, which is older than this 1.2.0");
    assert!(home.is_untouched());
    let named = Request { asked: Some(version("1.1.0")), ..Request::default() };
    assert!(matches!(run(&home, &named, &trust, &bounds()), Ok(Outcome::Updated { .. })));
    assert_eq!(fs::read(home.program()).unwrap(), program_of("1.1.0"));
    let missing = Request { asked: Some(version("9.9.9")), ..Request::default() };
    let missing = run(&home, &missing, &trust, &bounds()).unwrap_err();
    assert!(matches!(missing, UpdateError::Read(ReleaseError::Missing(_))), "{missing}");
}

#[test]
fn another_version_than_the_one_named_is_not_taken() {
    let (home, error) = {
        let (home, signer) = (Home::new(), Signer::new());
        let server = Server::new(vec![release("1.3.0", &signer)], Lie::Always("1.3.0"));
        let request = Request { asked: Some(version("1.4.0")), ..Request::default() };
        let error = run(&home, &request, &trust(&server, &signer), &bounds()).unwrap_err();
        (home, error)
    };
    assert_eq!(error.to_string(), "version 1.4.0 was asked for, and the release there is 1.3.0");
    assert!(home.is_untouched());
}

#[test]
fn what_is_not_what_was_released_is_not_taken() {
    for (lie, expected) in [
        (Lie::Program(b"#!/bin/sh\necho agentos 1.3.0 >/dev/null\n".to_vec()), "SHA-256"),
        (Lie::Program(Vec::new()), "SHA-256"),
        (Lie::File("SHA256SUMS.sig", vec![7; 64]), "no signature"),
        (Lie::File("SHA256SUMS.sig", Vec::new()), "no signature"),
        (Lie::File("SHA256SUMS", format!("{}  x\n", "a".repeat(64)).into_bytes()), "no signature"),
        (Lie::File("SHA256SUMS", Vec::new()), "no signature"),
        (Lie::SignedBySomebodyElse, "no signature"),
        (Lie::Html, "no signature"),
    ] {
        let told = format!("{lie:?}");
        let (_, error) = lied_to(lie);
        assert!(
            matches!(&error, UpdateError::Untrusted(why) if why.contains(expected)),
            "{told}: {error}"
        );
    }
}

#[test]
fn a_list_without_a_program_for_this_machine_or_with_nonsense_is_not_taken_although_it_is_signed() {
    for (list, expected) in [
        (format!("{}  agentos-1.3.0-riscv64gc-unknown-linux-gnu\n", "a".repeat(64)), "no program"),
        ("nonsense\n".to_owned(), "line 1"),
    ] {
        let (home, signer) = (Home::new(), Signer::new());
        let server = Server::new(vec![server::release_of("1.3.0", &list, &signer)], Lie::None);
        let request = Request { asked: Some(version("1.3.0")), ..Request::default() };
        let error = run(&home, &request, &trust(&server, &signer), &bounds()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(home.is_untouched());
    }
}

#[test]
fn what_is_missing_too_large_or_leads_elsewhere_is_told_as_such() {
    for (lie, expected) in [
        (Lie::Missing("SHA256SUMS"), "there is no `/acme/"),
        (Lie::Missing("SHA256SUMS.sig"), "there is no `/acme/"),
        (Lie::Missing(TARGET), "there is no `/acme/"),
        (Lie::Program(vec![b'x'; 64 * 1024 + 1]), "sends more than 65536 bytes"),
        (Lie::Endless, "sends more than 65536 bytes"),
        (Lie::File("SHA256SUMS.sig", vec![b'x'; 129]), "sends more than 128 bytes"),
        (Lie::Redirect("https://evil.example.org/x"), "leads to evil.example.org"),
        (Lie::Redirect("http://127.0.0.1:1/x"), "leads to 127.0.0.1"),
        (Lie::Redirect("file:///etc/passwd"), "which is not gone to"),
        (Lie::Status(403), "status 403"),
    ] {
        let told = format!("{lie:?}");
        let (_, error) = lied_to(lie);
        let is_final = matches!(
            &error,
            UpdateError::Read(
                ReleaseError::Missing(_) | ReleaseError::Refused(_) | ReleaseError::Unusable(_)
            )
        );
        assert!(is_final && error.to_string().contains(expected), "{told}: {error}");
    }
}

#[test]
fn what_may_pass_is_told_as_temporary() {
    for lie in [Lie::HalfOfTheProgram, Lie::Status(503), Lie::Status(429), Lie::Nothing] {
        let told = format!("{lie:?}");
        let (_, error) = lied_to(lie);
        let is_temporary = matches!(&error, UpdateError::Read(ReleaseError::Unreachable(_)));
        assert!(is_temporary, "{told}: {error}");
    }
}

#[test]
fn a_server_that_hangs_is_not_waited_for() {
    let (home, signer) = (Home::new(), Signer::new());
    let server = Server::new(vec![release("1.3.0", &signer)], Lie::Hangs);
    let mut bounds = bounds();
    bounds.small.total = Duration::from_millis(300);
    let error = run(&home, &Request::default(), &trust(&server, &signer), &bounds).unwrap_err();
    assert!(matches!(error, UpdateError::Read(ReleaseError::Unreachable(_))), "{error}");
}

#[test]
fn a_redirect_on_the_same_server_is_followed() {
    let (home, signer) = (Home::new(), Signer::new());
    let server = Server::new(vec![release("1.3.0", &signer)], Lie::MovedTo("/kept"));
    let outcome = run(&home, &Request::default(), &trust(&server, &signer), &bounds());
    assert!(matches!(outcome, Ok(Outcome::Updated { .. })), "{outcome:?}");
}

#[test]
fn a_program_that_does_not_work_here_is_not_put_in_place() {
    for (program, expected) in [
        ("#!/bin/sh\necho agentos 1.2.9\n", "it says `agentos 1.2.9`"),
        ("#!/bin/sh\necho broken >&2; exit 1\n", "it says `broken`"),
        ("#!/no/such/interpreter\n", "cannot be started"),
        ("\u{7f}ELF of another machine", "cannot be started"),
    ] {
        let (home, signer) = (Home::new(), Signer::new());
        let release = server::release_with("1.3.0", program.as_bytes(), &signer);
        let server = Server::new(vec![release], Lie::None);
        let error =
            run(&home, &Request::default(), &trust(&server, &signer), &bounds()).unwrap_err();
        assert!(
            matches!(&error, UpdateError::Broken(why) if why.contains(expected)),
            "{program}: {error}"
        );
        assert!(home.is_untouched(), "{:?}", home.names());
    }
}

#[test]
fn a_folder_with_the_files_of_a_release_does_instead_of_a_server() {
    let (home, signer) = (Home::new(), Signer::new());
    let nobody = Server::new(Vec::new(), Lie::None);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &release("1.3.0", &signer).files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let from = Place::named(folder.path().to_str().unwrap()).unwrap();
    let request = Request { from: Some(from), ..Request::default() };
    let trust = trust(&nobody, &signer);
    assert!(matches!(run(&home, &request, &trust, &bounds()), Ok(Outcome::Updated { .. })));
    assert_eq!(nobody.asked(), Vec::<String>::new());
    let stranger =
        Trust { key: Trust::of("a/b", &Signer::new().public(), TARGET).unwrap().key, ..trust };
    let error = run(&Home::new(), &request, &stranger, &bounds()).unwrap_err();
    assert!(matches!(error, UpdateError::Untrusted(_)), "{error}");
}

#[test]
fn one_update_at_a_time_is_at_work() {
    let (home, signer) = (Home::new(), Signer::new());
    let server = Server::new(vec![release("1.3.0", &signer)], Lie::None);
    let lock = home.dir.path().join(".agentos.update.lock");
    let held = Lock::try_acquire(&lock).unwrap().unwrap();
    let error = run(&home, &Request::default(), &trust(&server, &signer), &bounds()).unwrap_err();
    assert!(matches!(error, UpdateError::Busy { .. }), "{error}");
    drop(held);
    assert!(run(&home, &Request::default(), &trust(&server, &signer), &bounds()).is_ok());
}

#[test]
fn a_program_of_a_package_or_in_a_folder_that_is_not_there_is_refused_before_anything_is_asked() {
    let signer = Signer::new();
    let server = Server::new(vec![release("1.3.0", &signer)], Lie::None);
    let trust = trust(&server, &signer);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for path in ["/usr/bin/agentos", "/proc/self/agentos"] {
        let installed = Installed { path: path.into(), version: version("1.2.0") };
        let request = Request::default();
        let error = runtime.block_on(update(&request, &installed, &trust, &bounds()));
        let error = error.unwrap_err();
        assert!(
            matches!(error, UpdateError::Kept { .. } | UpdateError::NotOurs { .. }),
            "{path}: {error}"
        );
    }
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[test]
fn a_program_built_from_source_says_so_and_how_it_is_updated() {
    let world = World::new();
    for line in ["self-update", "self-update --check", "self-update --to 1.0.0 --from elsewhere"] {
        let run = world.run(line);
        assert_eq!(run.code, Some(2), "{line}: {}", run.stderr);
        insta::allow_duplicates! {
            insta::assert_snapshot!(run.stderr, @r"
            error: this program was built from source, and no release takes its place
            hint: update the source and build it again: `git pull --ff-only`, then `cargo build --release --locked`; docs/release.md tells how a release is installed
            ");
        }
    }
    assert_eq!(world.run("self-update --to newest").code, Some(2));
    assert_eq!(world.run("self-update --from http://mirror.example.com/x").code, Some(2));
}
