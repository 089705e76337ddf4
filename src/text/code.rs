//! What a line of code says of tests, in the languages that agents are asked to write. By its words alone, without a grammar.

use std::sync::LazyLock;

use regex::Regex;

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants that a test of this module compiles"
)]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// A line that checks something.
static ASSERTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
        \b(?:debug_)?assert\w*!?\s*[\(\s] | \bexpect\s*\( | \bexpect_\w+\s*\( | \.should\b
        | \bt\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\b | \b(?:require|assert)\.\w+\s*\(
        | \bXCTAssert\w*\s*\( | \bEXPECT_\w+\s*\( | \bASSERT_\w+\s*\( | \bREQUIRE\s*\( | \bCHECK\s*\(
        | \bself\.(?:assert|fail)\w*\s*\( | \bAssert\.\w+ | \bassertThat\b | \bverify\s*\(
        | ^\s*(?:\[\[?\s.*\]|test\s+[!\x22$\-])",
    )
});

/// The head of a test.
static TEST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
        \#\[(?:\w+::)*test\b | \#\[rstest\b | ^\s*(?:async\s+)?def\s+test_\w+ | ^\s*func\s+(?:Test|Fuzz)\w+\s*\(
        | ^\s*(?:it|test|specify|scenario)(?:\.each\b.*)?\s*[\(\s]\s*['\x22`]
        | @(?:Test|ParameterizedTest)\b | ^\s*public\s+(?:static\s+)?(?:function|void)\s+test\w*
        | \bTEST(?:_F|_P)?\s*\( | \bTEST_CASE\s*\( | ^\s*func\s+test\w+\s*\( | \[(?:Fact|Theory|Test|TestMethod)\b",
    )
});

/// A marker that keeps tests from being run, or lets only one run.
static SKIPPED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
        \#\[ignore\b | \#\[cfg_attr\(.*\bignore\b | \#\[should_panic\b
        | @(?:pytest\.mark\.(?:skip|skipif|xfail)|unittest\.(?:skip\w*|expectedFailure)|skip\w*\()
        | \bpytest\.skip\s*\( | \bself\.skipTest\s*\( | \bpytest\.importorskip\s*\( | \braise\s+(?:unittest\.)?SkipTest
        | \b(?:it|test|describe|context|suite)\.(?:skip|only|todo|failing)\b | ^\s*(?:xit|xdescribe|xtest|fit|fdescribe|xcontext)\s*\(
        | \bt\.(?:Skip|Skipf|SkipNow)\s*\( | @(?:Disabled|Ignore)\b | \[Ignore\b | Skip\s*=\s*\x22
        | \bGTEST_SKIP\b | \bXCTSkip\b | \bmarkTestSkipped\b | \bmarkTestIncomplete\b | ^\s*(?:pending|skip)\s+['\x22]
        | (?:istanbul|c8|v8)\s+ignore | pragma:\s*no\s+cover",
    )
});

/// Whether a line checks something.
pub fn checks_something(line: &str) -> bool {
    ASSERTION.is_match(line)
}

/// Whether a line is the head of a test.
pub fn starts_a_test(line: &str) -> bool {
    TEST.is_match(line)
}

/// Whether a line keeps tests from being run, or lets only some of them run.
pub fn skips_a_test(line: &str) -> bool {
    SKIPPED.is_match(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_say_several_things_of_tests_or_none() {
        let says = |line: &str| [checks_something(line), starts_a_test(line), skips_a_test(line)];
        for (line, expected) in [
            ("#[test]", [false, true, false]),
            ("#[ignore = \"slow\"]", [false, false, true]),
            ("assert_eq!(1, 1);", [true, false, false]),
            ("it.skip('adds', () => expect(1).toBe(1))", [true, false, true]),
            ("let total = a + b;", [false, false, false]),
            ("", [false, false, false]),
        ] {
            assert_eq!(says(line), expected, "{line}");
        }
    }
}
