//! The scripts that make a release and the one that installs it, run as they are: what they sign is what `self-update` takes, and what
//! is not as it was released is not installed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use agentos::release::PublicKey;

use crate::self_update::server::{self, Lie, Server, Signer, TARGET, program_of, release};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether a program is there; what needs another one is left out, and says so.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
fn has(program: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !is_there {
        eprintln!("left out: `{program}` is not there");
    }
    is_there
}

/// A command without what the operator has set.
fn command(program: &str) -> Command {
    let mut command = Command::new(project().join(program));
    let path = std::env::var("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("SOURCE_DATE_EPOCH", "1700000000");
    command.current_dir(project());
    command
}

#[track_caller]
fn ok(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn write_program(path: &Path, bytes: &[u8]) {
    // By a program of its own: what this process has open for writing another test's child may hold when it is to be executed.
    let draft = path.with_extension("draft");
    fs::write(&draft, bytes).unwrap();
    let script = "cp \"$1\" \"$2\" && chmod 755 \"$2\" && rm \"$1\"";
    let made = Command::new("/bin/sh").args(["-c", script, "sh"]).args([&draft, path]).status();
    assert!(made.unwrap().success());
}

/// A secret key as a file, and its other half in one line.
fn key_in(folder: &Path) -> (PathBuf, String) {
    let key = folder.join("key.pem");
    let made = Command::new("openssl")
        .args(["genpkey", "-algorithm", "ed25519", "-out"])
        .arg(&key)
        .output()
        .unwrap();
    ok(&made);
    let public = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&key).output();
    (key, ok(&public.unwrap()).lines().nth(1).unwrap().to_owned())
}

#[test]
fn what_the_scripts_sum_and_sign_is_verified_by_them_and_by_the_program() {
    if !has("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("agentos-1.3.0-x86_64-unknown-linux-musl"), program_of("1.3.0")).unwrap();
    fs::write(out.join("agentos_1.3.0-rc.1_amd64.deb"), "a package").unwrap();
    let (key, public) = key_in(folder.path());
    ok(&command("bin/release/sums").arg(&out).output().unwrap());
    let mut sign = command("bin/release/sign");
    sign.arg(&out).env("AGENTOS_RELEASE_SIGNING_KEY", fs::read_to_string(&key).unwrap());
    ok(&sign.env("AGENTOS_RELEASE_KEY", &public).output().unwrap());
    let verify = || command("bin/release/verify").arg(&out).arg(&public).output().unwrap();
    assert_eq!(ok(&verify()).matches(": OK").count(), 2);
    let list = fs::read(out.join("SHA256SUMS")).unwrap();
    let signature = fs::read(out.join("SHA256SUMS.sig")).unwrap();
    assert!(PublicKey::parse(&public).unwrap().has_signed(&list, &signature));
    assert!(agentos::domain::release::Sums::parse(str::from_utf8(&list).unwrap()).is_ok());

    let (other_key, other) = key_in(&out);
    fs::remove_file(&other_key).unwrap();
    let by_other = command("bin/release/verify").arg(&out).arg(&other).output().unwrap();
    assert!(refused(&by_other).contains("no signature of SHA256SUMS by this key"));
    let mut wrong = command("bin/release/sign");
    wrong.arg(&out).arg(&key).env("AGENTOS_RELEASE_KEY", &other);
    assert!(refused(&wrong.output().unwrap()).contains("not the other half"));
    fs::write(out.join("agentos_1.3.0-rc.1_amd64.deb"), "another package").unwrap();
    refused(&verify());
    fs::write(out.join("a name"), "").unwrap();
    let names = command("bin/release/sums").arg(&out).output().unwrap();
    assert!(refused(&names).contains("no name of a release's file"));
}

#[test]
fn a_release_is_verified_by_hand_as_the_document_says() {
    if !has("openssl") {
        return;
    }
    let document = fs::read_to_string(project().join("docs/release.md")).unwrap();
    let block = document.split("## Verify by hand").nth(1).unwrap();
    let block = block.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let (asks_github, here): (Vec<&str>, Vec<&str>) =
        block.lines().partition(|line| line.starts_with("gh "));
    assert_eq!((asks_github.len(), here.len()), (1, 3), "{block}");
    let signer = Signer::new();
    let try_in = |spoiled: Option<&str>| {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in &release("1.3.0", &signer).files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        if let Some(name) = spoiled {
            fs::write(folder.path().join(name), "something else").unwrap();
        }
        let mut shell = Command::new("/bin/sh");
        shell.args(["-ec", &here.join("\n")]).env("KEY", signer.public());
        shell.current_dir(folder.path()).output().unwrap()
    };
    let said = ok(&try_in(None));
    assert!(said.contains("Signature Verified Successfully") && said.contains(": OK"), "{said}");
    let program = format!("agentos-1.3.0-{TARGET}");
    for spoiled in ["SHA256SUMS", "SHA256SUMS.sig", program.as_str()] {
        assert!(!try_in(Some(spoiled)).status.success(), "{spoiled}");
    }
}

#[test]
fn a_tag_that_is_not_the_version_is_no_release() {
    let version = ok(&command("bin/release/version").output().unwrap());
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let said = refused(&command("bin/release/version").arg("v99.0.0").output().unwrap());
    assert!(said.contains(&format!("the tag v99.0.0 is not v{version}")), "{said}");
    let notes = ok(&command("bin/release/notes").arg("Unreleased").output().unwrap());
    assert!(notes.starts_with("### Added") && !notes.contains("\n## "), "{notes}");
    let said = refused(&command("bin/release/notes").arg("99.0.0").output().unwrap());
    assert!(said.contains("says nothing about [99.0.0]"), "{said}");
}

#[test]
fn a_build_for_a_release_needs_a_repository_with_a_key_that_is_one() {
    let whole = Signer::new().public();
    for (repository, key, expected) in [
        ("acme/agentos", "", "is set without the other"),
        ("", whole.as_str(), "is set without the other"),
        ("acme/agentos", "c3NoLWVkMjU1MTk=", "no Ed25519 key"),
        ("acme/agentos", &whole[..40], "cut off"),
    ] {
        let out = tempfile::tempdir().unwrap();
        let mut build = command("bin/release/build");
        build.arg(TARGET).arg(out.path());
        build.env("AGENTOS_RELEASE_REPOSITORY", repository).env("AGENTOS_RELEASE_KEY", key);
        let said = refused(&build.output().unwrap());
        assert!(said.contains(expected), "{repository} {key}: {said}");
    }
}

#[test]
fn the_package_has_program_pages_completions_and_documents_and_is_made_the_same_twice() {
    if !has("dpkg-deb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("agentos");
    let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_agentos"));
    write_program(&program, script.as_bytes());
    let pack = |out: &str| {
        let mut deb = command("bin/release/deb");
        deb.arg(&program).arg("amd64").arg(folder.path().join(out));
        PathBuf::from(ok(&deb.env("AGENTOS_RELEASE_REPOSITORY", "acme/agentos").output().unwrap()))
    };
    let (first, second) = (pack("one"), pack("two"));
    assert_eq!(fs::read(&first).unwrap(), fs::read(second).unwrap());
    let tree = folder.path().join("tree");
    let unpacked = Command::new("dpkg-deb").arg("-x").args([&first, &tree]).output().unwrap();
    ok(&unpacked);
    let installed = tree.join("usr/bin/agentos");
    assert_eq!(fs::metadata(&installed).unwrap().permissions().mode() & 0o777, 0o755);
    let said = Command::new(&installed).arg("--version").output().unwrap();
    assert_eq!(ok(&said), concat!("agentos ", env!("CARGO_PKG_VERSION")));
    for file in [
        "usr/share/man/man1/agentos.1.gz",
        "usr/share/man/man1/agentos-self-update.1.gz",
        "usr/share/bash-completion/completions/agentos",
        "usr/share/zsh/vendor-completions/_agentos",
        "usr/share/fish/vendor_completions.d/agentos.fish",
        "usr/share/doc/agentos/copyright",
        "usr/share/doc/agentos/changelog.gz",
        "usr/share/doc/agentos/README.md",
        "usr/share/doc/agentos/docs/release.md",
    ] {
        assert!(fs::metadata(tree.join(file)).unwrap().len() > 0, "{file}");
    }
    let control = Command::new("dpkg-deb").arg("-f").arg(&first).output().unwrap();
    let control = ok(&control);
    assert!(control.contains("Depends: git (>= 1:2.38), ca-certificates\n"), "{control}");
    assert!(control.contains("Maintainer: acme <acme@users.noreply.github.com>\n"), "{control}");
    let wrong = command("bin/release/deb").arg(&program).args(["riscv64", "out"]).output().unwrap();
    assert!(refused(&wrong).contains("no architecture"));
}

/// Where `install.sh` is tried, with the programs that it may use.
struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    /// One on which these programs are missing.
    fn without(missing: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("programs");
        fs::create_dir(&bin).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        for name in [
            "sh",
            "awk",
            "cat",
            "chmod",
            "cp",
            "curl",
            "cut",
            "git",
            "grep",
            "mkdir",
            "mktemp",
            "mv",
            "openssl",
            "rm",
            "sed",
            "sha256sum",
            "tr",
            "uname",
            "wc",
            "wget",
        ] {
            let found = std::env::split_paths(&path).map(|folder| folder.join(name));
            if let Some(program) = found.into_iter().find(|program| program.is_file())
                && !missing.contains(&name)
            {
                std::os::unix::fs::symlink(program, bin.join(name)).unwrap();
            }
        }
        Self { dir }
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join("home/.local/bin/agentos")
    }

    fn install(&self, arguments: &[&str]) -> Output {
        let mut install = command("bin/install.sh");
        install.env("PATH", self.dir.path().join("programs"));
        install.env("HOME", self.dir.path().join("home")).env("TMPDIR", self.dir.path());
        install.args(arguments).output().unwrap()
    }

    /// What lies there but for what was there before.
    fn leftovers(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !["home", "programs"].contains(&name.as_str())).collect()
    }
}

/// Where the files of 1.3.0 are on a server.
fn folder_of(server: &Server) -> String {
    format!("{}/acme/agentos/releases/download/v1.3.0", server.url())
}

#[test]
fn the_install_script_installs_what_was_signed_with_curl_and_with_wget() {
    let signer = Signer::new();
    let server = Server::new(vec![release("1.3.0", &signer)], Lie::None);
    for missing in ["wget", "curl"] {
        let machine = Machine::without(&[missing]);
        if !has(if missing == "wget" { "curl" } else { "wget" }) {
            continue;
        }
        let installed =
            machine.install(&["--from", &folder_of(&server), "--key", &signer.public()]);
        ok(&installed);
        let said = String::from_utf8_lossy(&installed.stderr);
        assert_eq!(fs::read(machine.program()).unwrap(), program_of("1.3.0"));
        assert_eq!(fs::metadata(machine.program()).unwrap().permissions().mode() & 0o777, 0o755);
        assert!(said.contains("agentos demo") && said.contains("put it on your PATH"), "{said}");
        assert_eq!(said.contains("the signature of the release holds"), has("openssl"), "{said}");
        assert_eq!(machine.leftovers(), Vec::<String>::new());
    }
}

#[test]
fn the_install_script_puts_nothing_in_place_that_is_not_what_was_released() {
    if !has("curl") {
        return;
    }
    for (lie, expected) in [
        (
            Lie::Program(b"#!/bin/sh\necho agentos 1.3.0\n# more\n".to_vec()),
            "does not have the SHA-256",
        ),
        (Lie::HalfOfTheProgram, "was not downloaded"),
        (Lie::Missing("SHA256SUMS"), "was not downloaded"),
        (Lie::Missing(TARGET), "was not downloaded"),
        (Lie::SignedBySomebodyElse, "the signature of the release does not hold"),
        (Lie::Html, "the signature of the release does not hold"),
        (Lie::Redirect("https://127.0.0.1:1/x"), "was not downloaded"),
    ] {
        if matches!(lie, Lie::SignedBySomebodyElse | Lie::Html) && !has("openssl") {
            continue;
        }
        let told = format!("{lie:?}");
        let signer = Signer::new();
        let server = Server::new(vec![release("1.3.0", &signer)], lie);
        let machine = Machine::without(&[]);
        let tried = machine.install(&["--from", &folder_of(&server), "--key", &signer.public()]);
        let said = refused(&tried);
        assert!(said.contains(expected), "{told}: {said}");
        assert!(!machine.program().exists(), "{told}");
        assert_eq!(machine.leftovers(), Vec::<String>::new(), "{told}");
    }
}

#[test]
fn the_install_script_says_what_it_could_not_verify_and_what_it_will_not_do() {
    let signer = Signer::new();
    let folder = tempfile::tempdir().unwrap();
    let files: BTreeMap<String, Vec<u8>> = release("1.3.0", &signer).files;
    for (name, bytes) in &files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let from = folder.path().to_str().unwrap();
    let machine = Machine::without(&["openssl"]);
    let installed = machine.install(&["--from", from, "--key", &signer.public()]);
    ok(&installed);
    let said = String::from_utf8_lossy(&installed.stderr);
    assert!(said.contains("warning: this openssl cannot verify the signature"), "{said}");
    let installed = Machine::without(&[]).install(&["--from", from]);
    assert!(String::from_utf8_lossy(&installed.stderr).contains("warning: without a key"));
    for (arguments, expected) in [
        (vec!["--from", from, "--version", "1.4.0"], "the release there is 1.3.0"),
        (vec!["--from", "http://mirror.example.com/x"], "only https addresses are"),
        (vec!["--from", "/no/such/folder"], "there is no SHA256SUMS"),
        (vec!["--version", "1; rm"], "is no version"),
        (vec!["--from"], "needs a value"),
        (vec!["--else"], "there is no option --else"),
        (vec![], "that of the source"),
    ] {
        let said = refused(&Machine::without(&[]).install(&arguments));
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn the_install_script_knows_the_machines_that_releases_are_for() {
    let signer = Signer::new();
    let folder = tempfile::tempdir().unwrap();
    let target = "riscv64gc-unknown-none";
    let list = format!("{}  agentos-1.3.0-{target}\n", "0".repeat(64));
    for (name, bytes) in &server::release_of("1.3.0", &list, &signer).files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    for (system, machine, expected) in [
        ("Linux", "x86_64", "the release has no program for x86_64-unknown-linux-musl"),
        ("Linux", "aarch64", "the release has no program for aarch64-unknown-linux-musl"),
        ("Linux", "riscv64", "there is no release for riscv64"),
        ("Darwin", "arm64", "the release has no program for aarch64-apple-darwin"),
        ("Darwin", "x86_64", "the release has no program for x86_64-apple-darwin"),
        ("FreeBSD", "amd64", "there is no release for FreeBSD"),
    ] {
        let place = Machine::without(&["uname"]);
        let script =
            format!("#!/bin/sh\ncase $1 in -s) echo {system} ;; *) echo {machine} ;; esac\n");
        write_program(&place.dir.path().join("programs/uname"), script.as_bytes());
        let from = folder.path().to_str().unwrap();
        let said = refused(&place.install(&["--from", from, "--key", &signer.public()]));
        assert!(said.contains(expected), "{system} {machine}: {said}");
    }
}

#[test]
fn a_program_of_somebody_else_in_a_signed_list_does_not_pass_for_this_one() {
    let signer = Signer::new();
    let folder = tempfile::tempdir().unwrap();
    let other = server::release_with("1.3.0", b"#!/bin/sh\necho other 1.3.0\n", &signer);
    for (name, bytes) in &other.files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let machine = Machine::without(&[]);
    let from = folder.path().to_str().unwrap();
    let said = refused(&machine.install(&["--from", from, "--key", &signer.public()]));
    assert!(said.contains("does not work on this machine"), "{said}");
    assert!(!machine.program().exists());
}

#[test]
fn the_install_script_of_a_release_knows_its_repository_and_key() {
    let out = tempfile::tempdir().unwrap();
    let key = Signer::new().public();
    let mut installer = command("bin/release/installer");
    installer.arg(out.path());
    installer.env("AGENTOS_RELEASE_REPOSITORY", "acme/agentos").env("AGENTOS_RELEASE_KEY", &key);
    ok(&installer.output().unwrap());
    let text = fs::read_to_string(out.path().join("install.sh")).unwrap();
    assert!(text.contains("\nrepository='acme/agentos'\n"), "{text}");
    assert!(text.contains(&format!("\nkey='{key}'\n")), "{text}");
    for (repository, key) in [("acme", key.as_str()), ("a/b/c", &key), ("a'/b", &key), ("a/b", "'")]
    {
        let mut installer = command("bin/release/installer");
        installer.arg(out.path()).env("AGENTOS_RELEASE_REPOSITORY", repository);
        refused(&installer.env("AGENTOS_RELEASE_KEY", key).output().unwrap());
    }
}
