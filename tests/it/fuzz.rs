//! The fuzz targets on the kept corpus, and on what is made of it by cutting and joining: no tool is needed, and what was found once is
//! found again (`bin/check fuzz` lets libFuzzer think of more).

#[path = "../../fuzz/targets/mod.rs"]
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use targets::{TARGETS, Target};

/// The kept corpus of all targets has at most so many bytes.
const MOST_BYTES: u64 = 1 << 20;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The kept inputs of a target, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder().join("corpus").join(target));
    let entries = entries.unwrap_or_else(|error| panic!("no corpus for `{target}`: {error}"));
    let mut inputs: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap())
        })
        .collect();
    inputs.sort();
    inputs
}

/// Runs a target, and names the input that it fails on.
#[track_caller]
fn holds((name, target): Target, told: &str, input: &[u8]) {
    let ended = catch_unwind(|| target(input));
    assert!(ended.is_ok(), "{name}: {told} breaks it: {:?}", String::from_utf8_lossy(input));
}

#[test]
fn every_parser_of_outside_text_holds_on_the_kept_corpus() {
    for target in TARGETS {
        let inputs = corpus(target.0);
        assert!(inputs.len() >= 2, "{}: a corpus of {}", target.0, inputs.len());
        for (file, input) in inputs {
            holds(target, &file, &input);
        }
    }
}

#[test]
fn every_parser_of_outside_text_holds_where_the_corpus_is_cut_and_joined() {
    for target in TARGETS {
        let inputs = corpus(target.0);
        for (at, (file, input)) in inputs.iter().enumerate() {
            let (other, _) = inputs[(at + 1) % inputs.len()]
                .1
                .split_at(inputs[(at + 1) % inputs.len()].1.len() / 2);
            for part in 1..8 {
                let (begin, end) = input.split_at(input.len() * part / 8);
                holds(target, &format!("{file}, its beginning"), begin);
                holds(target, &format!("{file}, its end"), end);
                holds(target, &format!("{file}, with another"), &[begin, other, end].concat());
            }
        }
    }
}

/// Numbers that are the same each time: a test that fails has to fail again.
struct Dice(u64);

impl Dice {
    fn of(target: &str) -> Self {
        Self(target.bytes().fold(0x9E37_79B9_7F4A_7C15, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        }))
    }

    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (below.max(1) as u64)).unwrap()
    }

    /// A piece of an input, of at most so many bytes.
    fn piece<'a>(&mut self, input: &'a [u8], most: usize) -> &'a [u8] {
        let begin = self.roll(input.len());
        let end = begin + self.roll(most.min(input.len() - begin) + 1);
        &input[begin..end]
    }
}

/// An input with a few changes: pieces that go, come twice or come from another input, bytes that become others.
fn changed(dice: &mut Dice, inputs: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut input = inputs[dice.roll(inputs.len())].1.clone();
    input.truncate(2048);
    for _ in 0..=dice.roll(4) {
        let other = &inputs[dice.roll(inputs.len())].1;
        let at = dice.roll(input.len() + 1);
        match dice.roll(5) {
            0 if !input.is_empty() => {
                let end = at + dice.roll((input.len() - at).min(40) + 1);
                input.drain(at..end);
            }
            1 if at < input.len() => input[at] = u8::try_from(dice.roll(256)).unwrap(),
            2 => {
                let marks = b"\n\r\t\0 #-`~<>&:;\"'{}[]|*_/\\.$%@=!\x1b\xe2\x80\xae";
                input.insert(at, marks[dice.roll(marks.len())]);
            }
            3 => {
                let piece = dice.piece(&input.clone(), 200).to_vec();
                input.splice(at..at, piece);
            }
            _ => {
                input.splice(at..at, dice.piece(other, 200).to_vec());
            }
        }
    }
    input
}

#[test]
fn every_parser_of_outside_text_holds_on_what_chance_makes_of_the_corpus() {
    let rounds = std::env::var("AGENTOS_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let wanted = std::env::var("AGENTOS_FUZZ_TARGETS").unwrap_or_default();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.split(' ').any(|one| one == name);
    for target in TARGETS.into_iter().filter(|(name, _)| is_wanted(name)) {
        let inputs = corpus(target.0);
        let mut dice = Dice::of(target.0);
        for round in 0..rounds.unwrap_or(100) {
            holds(target, &format!("round {round}"), &changed(&mut dice, &inputs));
        }
    }
}

#[test]
fn every_target_has_its_binary_and_the_corpus_stays_small() {
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let mut bytes = 0;
    for (name, _) in TARGETS {
        let binary = folder().join(format!("fuzz_targets/{name}.rs"));
        let text = fs::read_to_string(&binary).unwrap_or_default();
        assert!(text.contains(&format!("targets::run(\"{name}\", input)")), "{}", binary.display());
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml: {name}");
        bytes += corpus(name).iter().map(|(_, input)| input.len() as u64).sum::<u64>();
    }
    let kept = fs::read_dir(folder().join("corpus")).unwrap().count();
    assert_eq!(kept, TARGETS.len(), "a corpus for each target and no other");
    assert!(bytes < MOST_BYTES, "{bytes} bytes of corpus");
}

#[test]
#[should_panic(expected = "there is no target")]
fn a_target_that_is_not_there_is_a_mistake() {
    targets::run("nothing", b"");
}
