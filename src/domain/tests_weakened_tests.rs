//! What counts as a weakened test, line by line.

use super::*;

fn file(path: &str, added: &str, removed: &str) -> ChangedText {
    let lines = |text: &str| text.lines().map(str::to_owned).collect();
    ChangedText {
        path: path.to_owned(),
        was: None,
        is_deleted: false,
        added: lines(added),
        removed: lines(removed),
    }
}

#[track_caller]
fn why(path: &str, added: &str, removed: &str) -> Option<String> {
    weakened(&[file(path, added, removed)])
}

#[test]
fn test_files_are_known_by_the_conventions_of_many_languages() {
    for path in [
        "tests/cart.rs",
        "src/cart_test.go",
        "src/cart.test.ts",
        "app/cart.spec.js",
        "spec/models/cart_spec.rb",
        "test_cart.py",
        "pkg/test_cart.py",
        "conftest.py",
        "src/test/java/CartTest.java",
        "CartTests.swift",
        "src/__tests__/cart.tsx",
        "e2e/cart.ts",
        "test.sh",
        "tests/run.sh",
        "Cart.Tests/CartSpec.cs",
        "src/cart_tests.rs",
    ] {
        assert!(is_test(path), "{path}");
    }
    for path in [
        "src/cart.rs",
        "src/contest.py",
        "latest.go",
        "docs/testing.md",
        "tests/fixtures/cart.rs",
        "tests/data/a.json",
        "src/attestation.ts",
        "README.md",
        "Test",
        "src/protest.rs",
        "",
        "src/snapshots/test_a.snap",
    ] {
        assert!(!is_test(path), "{path}");
    }
}

#[test]
fn a_test_file_that_goes_is_named() {
    let gone = ChangedText { is_deleted: true, ..file("tests/cart.rs", "", "#[test]") };
    let expected = "it deletes the test file `tests/cart.rs`";
    assert_eq!(weakened(std::slice::from_ref(&gone)).as_deref(), Some(expected));
    let code = ChangedText { path: "src/cart.rs".to_owned(), ..gone };
    assert_eq!(weakened(&[code]), None);
    let moved =
        |from: &str, to: &str| ChangedText { was: Some(from.to_owned()), ..file(to, "", "") };
    let found = weakened(&[moved("tests/cart.py", "old/cart.txt")]).unwrap();
    assert_eq!(found, "it makes `old/cart.txt` of the test file `tests/cart.py`");
    assert_eq!(weakened(&[moved("tests/cart.py", "tests/basket.py")]), None);
    assert_eq!(weakened(&[moved("src/cart.py", "src/basket.py")]), None);
}

#[test]
fn each_language_has_its_ways_to_skip_a_test() {
    for (path, line) in [
        ("tests/a.rs", "#[ignore]"),
        ("src/a.rs", "    #[ignore = \"flaky\"]"),
        ("tests/a.rs", "#[cfg_attr(target_os = \"linux\", ignore)]"),
        ("tests/a.rs", "#[should_panic]"),
        ("test_a.py", "@pytest.mark.skip(reason=\"x\")"),
        ("test_a.py", "@pytest.mark.skipif(True)"),
        ("test_a.py", "@pytest.mark.xfail"),
        ("test_a.py", "@unittest.skip('x')"),
        ("test_a.py", "    pytest.skip('later')"),
        ("test_a.py", "        self.skipTest('x')"),
        ("a.test.ts", "it.skip('adds', () => {})"),
        ("a.test.ts", "test.only('adds', () => {})"),
        ("a.test.ts", "describe.skip('cart', () => {})"),
        ("a.test.ts", "xit('adds', () => {})"),
        ("a.test.ts", "fdescribe('cart', () => {})"),
        ("a.test.ts", "test.todo('adds')"),
        ("a_test.go", "\tt.Skip(\"later\")"),
        ("a_test.go", "\tt.Skipf(\"later\")"),
        ("src/test/java/ATest.java", "@Disabled"),
        ("src/test/java/ATest.java", "@Ignore(\"x\")"),
        ("A.Tests/ATests.cs", "[Fact(Skip = \"later\")]"),
        ("a_test.cc", "  GTEST_SKIP();"),
        ("ATests.swift", "throw XCTSkip()"),
        ("tests/ATest.php", "$this->markTestSkipped();"),
        ("spec/a_spec.rb", "  pending 'later'"),
        ("a.test.js", "/* istanbul ignore next */"),
    ] {
        let found = why(path, line, "").unwrap_or_default();
        assert!(found.starts_with(&format!("it skips tests in `{path}`")), "{line}: {found}");
        assert_eq!(why(path, line, line), None, "it only moved: {line}");
        let taken_back = why(path, "", line).unwrap_or_default();
        assert!(!taken_back.starts_with("it skips"), "{line}: {taken_back}");
    }
    assert_eq!(why("src/a.ts", "it.skip('no test file')", ""), None);
    assert_eq!(why("a.test.ts", "submit('a form')\nexit(1)\nprofit(2)", ""), None);
}

#[test]
fn fewer_tests_are_named_in_every_language() {
    for (path, line) in [
        ("tests/a.rs", "#[test]"),
        ("src/a.rs", "    #[tokio::test]"),
        ("tests/a.rs", "#[rstest]"),
        ("test_a.py", "def test_adds():"),
        ("test_a.py", "    async def test_adds(self):"),
        ("a_test.go", "func TestAdds(t *testing.T) {"),
        ("a.test.ts", "  it('adds', () => {"),
        ("a.test.ts", "test(`adds`, () => {"),
        ("a.test.ts", "test.each([1, 2])('adds %i', () => {"),
        ("spec/a_spec.rb", "  it 'adds' do"),
        ("ATest.java", "    @Test"),
        ("tests/ATest.php", "    public function testAdds(): void"),
        ("a_test.cc", "TEST_F(Cart, Adds) {"),
        ("ATests.swift", "    func testAdds() {"),
        ("ATests.cs", "    [Fact]"),
    ] {
        let found = why(path, "", line).unwrap_or_default();
        assert_eq!(found, format!("it has fewer tests in `{path}`: 1 go, 0 come"), "{line}");
        assert_eq!(why(path, line, ""), None, "more is welcome: {line}");
        assert_eq!(why(path, line, line), None, "it is edited: {line}");
    }
    assert_eq!(why("src/a.py", "", "def test_adds():"), None, "no test file");
}

#[test]
fn fewer_assertions_are_named_in_test_files_alone() {
    for (path, line) in [
        ("tests/a.rs", "    assert_eq!(add(1, 2), 3);"),
        ("tests/a.rs", "    debug_assert!(x);"),
        ("test_a.py", "    assert add(1, 2) == 3"),
        ("test_a.py", "        self.assertEqual(add(1, 2), 3)"),
        ("a_test.go", "\t\tt.Errorf(\"no\")"),
        ("a_test.go", "\trequire.NoError(t, err)"),
        ("a.test.ts", "    expect(add(1, 2)).toBe(3)"),
        ("a.test.ts", "    cart.should.be.empty"),
        ("ATest.java", "        assertThat(cart).isEmpty();"),
        ("a_test.cc", "  EXPECT_EQ(1, 2);"),
        ("ATests.swift", "        XCTAssertEqual(1, 2)"),
        ("ATests.cs", "        Assert.Equal(1, 2);"),
        ("tests/run.sh", "[ \"$total\" = 3 ] || exit 1"),
        ("tests/run.sh", "test -e out.txt || exit 1"),
    ] {
        let found = why(path, "let x = 1;", line).unwrap_or_default();
        let expected = format!("it has fewer assertions in `{path}`: 1 lines with one go, 0 come");
        assert_eq!(found, expected, "{line}");
        assert_eq!(why(path, line, line), None, "it is edited: {line}");
    }
    assert_eq!(why("src/a.rs", "", "    assert!(x);"), None, "code may assert less");
    assert_eq!(why("tests/a.rs", "", "    let x = 1;"), None, "fewer lines are no weaker test");
}

#[test]
fn each_file_counts_by_itself_and_the_first_reason_is_told() {
    let elsewhere =
        [file("tests/a.rs", "", "assert!(a);"), file("tests/b.rs", "assert!(b);\nassert!(c);", "")];
    assert!(weakened(&elsewhere).unwrap().contains("tests/a.rs"));
    assert_eq!(weakened(&[]), None);
}
