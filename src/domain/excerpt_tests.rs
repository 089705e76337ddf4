//! Logs as the usual tools write them.

use proptest::prelude::*;

use super::*;

/// A log as GitHub Actions keeps it.
fn stamped(lines: &str) -> String {
    let stamped = lines.lines().map(|line| format!("2026-01-05T09:00:00.1234567Z {line}\r\n"));
    format!("\u{feff}{}", stamped.collect::<Vec<_>>().concat())
}

fn noise(from: usize, to: usize) -> String {
    let lines: Vec<String> =
        (from..to).map(|n| format!("test quiet::number_{n} ... ok\n")).collect();
    lines.concat()
}

const CARGO: &str = "##[group]Run cargo test
\u{1b}[36;1mcargo test\u{1b}[0m
##[endgroup]
\u{1b}[1m\u{1b}[32m   Compiling\u{1b}[0m shop v0.1.0 (/home/runner/shop)
running 61 tests
";

const CARGO_END: &str = "test cart::sums_up ... FAILED
failures:

---- cart::sums_up stdout ----

thread 'cart::sums_up' (4711) panicked at src/cart.rs:42:9:
assertion `left == right` failed
  left: 3
 right: 4
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    cart::sums_up

test result: FAILED. 60 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s

error: test failed, to rerun pass `--lib`
##[error]Process completed with exit code 101.
Post job cleanup.
[command]/usr/bin/git version
";

#[test]
fn of_cargo_the_failed_test_and_its_assertion_are_kept() {
    let log = stamped(&[CARGO, &noise(0, 60), CARGO_END].concat());
    insta::assert_snapshot!(of_log(&log, 4000), @r"
    … (59 lines)
    test quiet::number_55 ... ok
    test quiet::number_56 ... ok
    test quiet::number_57 ... ok
    test quiet::number_58 ... ok
    test quiet::number_59 ... ok
    test cart::sums_up ... FAILED
    failures:
    ---- cart::sums_up stdout ----
    thread 'cart::sums_up' (4711) panicked at src/cart.rs:42:9:
    assertion `left == right` failed
      left: 3
     right: 4
    note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
    failures:
        cart::sums_up
    test result: FAILED. 60 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
    error: test failed, to rerun pass `--lib`
    Error: Process completed with exit code 101.
    Post job cleanup.
    [command]/usr/bin/git version
    ");
}

const COMPILER: &str = "   Compiling shop v0.1.0
error[E0308]: mismatched types
  --> src/cart.rs:7:5
   |
6  | fn sum() -> u32 {
   |             --- expected `u32` because of return type
7  |     \"three\"
   |     ^^^^^^^ expected `u32`, found `&str`
";

#[test]
fn the_first_error_stands_first_however_long_the_log_goes_on() {
    let log = [COMPILER, &noise(0, 5000), "error: could not compile `shop`\n"].concat();
    insta::assert_snapshot!(of_log(&log, 1500), @r#"
       Compiling shop v0.1.0
    error[E0308]: mismatched types
      --> src/cart.rs:7:5
       |
    6  | fn sum() -> u32 {
       |             --- expected `u32` because of return type
    7  |     "three"
       |     ^^^^^^^ expected `u32`, found `&str`
    test quiet::number_0 ... ok
    … (4985 lines)
    test quiet::number_4986 ... ok
    test quiet::number_4987 ... ok
    test quiet::number_4988 ... ok
    test quiet::number_4989 ... ok
    test quiet::number_4990 ... ok
    test quiet::number_4991 ... ok
    test quiet::number_4992 ... ok
    test quiet::number_4993 ... ok
    test quiet::number_4994 ... ok
    test quiet::number_4995 ... ok
    test quiet::number_4996 ... ok
    test quiet::number_4997 ... ok
    test quiet::number_4998 ... ok
    test quiet::number_4999 ... ok
    error: could not compile `shop`
    "#);
}

const PYTEST: &str =
    "============================= test session starts ==============================
collected 2 items

tests/test_cart.py .F                                                    [100%]

=================================== FAILURES ===================================
__________________________________ test_total __________________________________

    def test_total():
>       assert total([1, 2]) == 4
E       assert 3 == 4
E        +  where 3 = total([1, 2])

tests/test_cart.py:8: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 3 == 4
========================= 1 failed, 1 passed in 0.02s ==========================
##[error]Process completed with exit code 1.
";

#[test]
fn of_pytest_the_assertion_is_kept() {
    let log = stamped(&[&noise(0, 300), PYTEST, &noise(0, 40)].concat());
    insta::assert_snapshot!(of_log(&log, 2000), @r"
    … (306 lines)
    >       assert total([1, 2]) == 4
    E       assert 3 == 4
    E        +  where 3 = total([1, 2])
    tests/test_cart.py:8: AssertionError
    =========================== short test summary info ============================
    FAILED tests/test_cart.py::test_total - assert 3 == 4
    ========================= 1 failed, 1 passed in 0.02s ==========================
    Error: Process completed with exit code 1.
    test quiet::number_0 ... ok
    test quiet::number_1 ... ok
    test quiet::number_2 ... ok
    test quiet::number_3 ... ok
    test quiet::number_4 ... ok
    test quiet::number_5 ... ok
    test quiet::number_6 ... ok
    … (13 lines)
    test quiet::number_20 ... ok
    test quiet::number_21 ... ok
    test quiet::number_22 ... ok
    test quiet::number_23 ... ok
    test quiet::number_24 ... ok
    test quiet::number_25 ... ok
    test quiet::number_26 ... ok
    test quiet::number_27 ... ok
    test quiet::number_28 ... ok
    test quiet::number_29 ... ok
    test quiet::number_30 ... ok
    test quiet::number_31 ... ok
    test quiet::number_32 ... ok
    test quiet::number_33 ... ok
    test quiet::number_34 ... ok
    test quiet::number_35 ... ok
    test quiet::number_36 ... ok
    test quiet::number_37 ... ok
    test quiet::number_38 ... ok
    test quiet::number_39 ... ok
    ");
}

const JEST: &str = "> shop@1.0.0 test
> jest

FAIL src/cart.test.js
  cart
    \u{1b}[31m✕\u{1b}[39m sums up (3 ms)

  ● cart › sums up

    expect(received).toBe(expected) // Object.is equality

    Expected: 4
    Received: 3

      3 | test('sums up', () => {
    > 4 |   expect(total([1, 2])).toBe(4);
        |                         ^
      5 | });

      at Object.<anonymous> (src/cart.test.js:4:25)

Test Suites: 1 failed, 1 total
Tests:       1 failed, 1 total
npm error Lifecycle script `test` failed with error:
npm error code 1
";

#[test]
fn of_jest_what_was_expected_and_received_is_kept() {
    let log = stamped(&[&noise(0, 300), JEST].concat());
    insta::assert_snapshot!(of_log(&log, 3000), @r"
    … (298 lines)
    test quiet::number_298 ... ok
    test quiet::number_299 ... ok
    > shop@1.0.0 test
    > jest
    FAIL src/cart.test.js
      cart
        ✕ sums up (3 ms)
      ● cart › sums up
        expect(received).toBe(expected) // Object.is equality
        Expected: 4
        Received: 3
          3 | test('sums up', () => {
        > 4 |   expect(total([1, 2])).toBe(4);
            |                         ^
          5 | });
          at Object.<anonymous> (src/cart.test.js:4:25)
    Test Suites: 1 failed, 1 total
    Tests:       1 failed, 1 total
    npm error Lifecycle script `test` failed with error:
    npm error code 1
    ");
}

const GO: &str = "=== RUN   TestTotal
    cart_test.go:9: total = 3, want 4
--- FAIL: TestTotal (0.00s)
FAIL
FAIL\tacme.example/shop\t0.002s
ok  \tacme.example/shop/till\t0.001s
FAIL
";

#[test]
fn of_go_the_failed_test_is_kept() {
    let log = stamped(&[&noise(0, 300), GO].concat());
    insta::assert_snapshot!(of_log(&log, 1200), @r"
    … (294 lines)
    test quiet::number_294 ... ok
    test quiet::number_295 ... ok
    test quiet::number_296 ... ok
    test quiet::number_297 ... ok
    test quiet::number_298 ... ok
    test quiet::number_299 ... ok
    === RUN   TestTotal
        cart_test.go:9: total = 3, want 4
    --- FAIL: TestTotal (0.00s)
    FAIL
    FAIL	acme.example/shop	0.002s
    ok  	acme.example/shop/till	0.001s
    FAIL
    ");
}

#[test]
fn a_log_without_any_error_is_its_end() {
    let log = noise(0, 100);
    assert_eq!(of_log(&log, 10_000).lines().count(), 1 + TAIL);
    assert_eq!(of_log("\n\n \n", 1000), "");
    assert_eq!(of_log("", 1000), "");
}

proptest! {
    #[test]
    fn an_excerpt_is_bounded_and_shows_nothing_that_steers(log in "(error: x|[a-z\u{1b}\u{7}\\[ä]|\n|\r\n|<!-- x -->){0,300}", most in 64_usize..600) {
        let excerpt = of_log(&log, most);
        prop_assert!(excerpt.len() <= most, "{} > {most}: {excerpt:?}", excerpt.len());
        prop_assert!(!excerpt.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
    }
}
