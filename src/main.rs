//! The binary: the command line comes last.

fn main() {}
