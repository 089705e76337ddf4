//! libFuzzer on the target `log_excerpt`.
#![no_main]

#[path = "../targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::run("log_excerpt", input));
