//! Says where the program lies that is tested: what cargo says itself to the tests of the program's own package.

fn main() {
    println!("cargo:rerun-if-env-changed=AGENTOS_POWER_PROGRAM");
    let program = std::env::var("AGENTOS_POWER_PROGRAM").unwrap_or_default();
    println!("cargo:rustc-env=CARGO_BIN_EXE_agentos={program}");
}
