//! Releases on a server of this machine, signed by a key of the test, and the lies that such a server may tell.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use agentos::text::hash::sha256_hex;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

/// The kind of machine that the tests play: this one, as releases name it.
#[cfg(not(target_arch = "aarch64"))]
pub(crate) const TARGET: &str = "x86_64-unknown-linux-musl";
#[cfg(target_arch = "aarch64")]
pub(crate) const TARGET: &str = "aarch64-unknown-linux-musl";

/// What stands before the key in the form that is compiled in.
const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Who signs releases.
pub(crate) struct Signer(Ed25519KeyPair);

impl Signer {
    pub(crate) fn new() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    /// The other half of the key, as it is compiled in.
    pub(crate) fn public(&self) -> String {
        BASE64_STANDARD.encode([&PREFIX, self.0.public_key().as_ref()].concat())
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

/// A release on the server.
#[derive(Clone)]
pub(crate) struct Release {
    version: &'static str,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// A program that says its version, and nothing else.
pub(crate) fn program_of(version: &str) -> Vec<u8> {
    format!("#!/bin/sh\necho 'agentos {version}'\n").into_bytes()
}

pub(crate) fn release(version: &'static str, signer: &Signer) -> Release {
    release_with(version, &program_of(version), signer)
}

/// A release whose program is this one.
pub(crate) fn release_with(version: &'static str, program: &[u8], signer: &Signer) -> Release {
    let list = format!("{}  agentos-{version}-{TARGET}\n", sha256_hex(program));
    let mut release = release_of(version, &list, signer);
    release.files.insert(format!("agentos-{version}-{TARGET}"), program.to_vec());
    release
}

/// A release that has a signed list and nothing else.
pub(crate) fn release_of(version: &'static str, list: &str, signer: &Signer) -> Release {
    let mut files = BTreeMap::new();
    files.insert("SHA256SUMS".to_owned(), list.as_bytes().to_vec());
    files.insert("SHA256SUMS.sig".to_owned(), signer.sign(list.as_bytes()));
    Release { version, files }
}

/// What is wrong with a server.
#[derive(Debug, Clone)]
pub(crate) enum Lie {
    /// Nothing is.
    None,
    /// Whatever version is asked for, it answers with this one.
    Always(&'static str),
    /// The program is this instead.
    Program(Vec<u8>),
    /// This file is that instead.
    File(&'static str, Vec<u8>),
    /// The list is signed by another key.
    SignedBySomebodyElse,
    /// A friendly page for everything.
    Html,
    /// Files that end so are not there.
    Missing(&'static str),
    /// The program has no end.
    Endless,
    /// The program breaks off.
    HalfOfTheProgram,
    /// Everything is elsewhere.
    Redirect(&'static str),
    /// Everything is below another folder of this server.
    MovedTo(&'static str),
    /// It has nothing to give but this status.
    Status(u16),
    /// It hangs up without an answer.
    Nothing,
    /// It never answers.
    Hangs,
}

/// A server of releases; it ends with the test's process.
pub(crate) struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves these releases, the last of which is the newest, and lies.
    pub(crate) fn new(releases: Vec<Release>, lie: Lie) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let notes = Arc::clone(&asked);
        thread::spawn(move || {
            let mut held = Vec::new();
            for mut stream in listener.incoming().flatten() {
                let Some(path) = path_of(&mut stream) else { continue };
                notes.lock().unwrap().push(path.clone());
                if matches!(lie, Lie::Hangs) {
                    held.push(stream);
                } else {
                    // The other end may have heard enough.
                    drop(stream.write_all(&answer(&releases, &lie, &path)));
                }
            }
        });
        Self { url, asked }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn path_of(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut byte = [0_u8; 1];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    assert!(!request.to_ascii_lowercase().contains("authorization"), "{request}");
    request.split(' ').nth(1).map(str::to_owned)
}

fn whole(bytes: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", bytes.len());
    [head.as_bytes(), bytes].concat()
}

fn bare(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
}

fn answer(releases: &[Release], lie: &Lie, path: &str) -> Vec<u8> {
    let file = path.rsplit('/').next().unwrap_or_default();
    let is_program = file.ends_with(TARGET);
    match lie {
        Lie::Program(bytes) if is_program => return whole(bytes),
        Lie::File(name, bytes) if file == *name => return whole(bytes),
        Lie::SignedBySomebodyElse if file == "SHA256SUMS.sig" => {
            let list = found(releases, None, path.replace(".sig", "").as_str()).unwrap();
            return whole(&Signer::new().sign(&list));
        }
        Lie::Html => return whole(b"<!doctype html><p>Sign in to go on</p>"),
        Lie::Missing(end) if file.ends_with(end) => return bare("404 Not Found"),
        Lie::Endless if is_program => {
            let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            return [head.to_vec(), vec![b'x'; 1 << 20]].concat();
        }
        Lie::HalfOfTheProgram if is_program => {
            let whole = whole(&found(releases, None, path).unwrap());
            return whole[..whole.len() - 10].to_vec();
        }
        Lie::Redirect(place) => return bare(&format!("302 Found\r\nlocation: {place}")),
        Lie::MovedTo(folder) if !path.starts_with(folder) => {
            return bare(&format!("302 Found\r\nlocation: {folder}{path}"));
        }
        Lie::Status(status) => return bare(&format!("{status} No")),
        Lie::Nothing => return Vec::new(),
        _ => {}
    }
    let always = if let Lie::Always(version) = lie { Some(*version) } else { None };
    found(releases, always, path).map_or_else(|| bare("404 Not Found"), |bytes| whole(&bytes))
}

/// Finds what a path names.
fn found(releases: &[Release], always: Option<&str>, path: &str) -> Option<Vec<u8>> {
    let below = path.split("/acme/agentos/releases/").nth(1)?;
    let (release, file) = if let Some(file) = below.strip_prefix("latest/download/") {
        (releases.last(), file)
    } else {
        let (version, file) = below.strip_prefix("download/v")?.split_once('/')?;
        let wanted = always.unwrap_or(version);
        (releases.iter().find(|release| release.version == wanted), file)
    };
    release?.files.get(file).cloned()
}
