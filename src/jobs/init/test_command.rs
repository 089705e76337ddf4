//! Which command tests a repository, told by what is committed in it. Pure: texts of the repository are looked at, and nothing of them but
//! the presence of known words gets into a command.

use std::collections::BTreeMap;

use serde_json::Value;

/// The files that are looked into.
pub(super) const FILES: [&str; 24] = [
    "Makefile",
    "makefile",
    "GNUmakefile",
    "justfile",
    "Justfile",
    "test.sh",
    "tests/run.sh",
    "script/test",
    "bin/test",
    "Cargo.toml",
    "package.json",
    "deno.json",
    "deno.jsonc",
    "pyproject.toml",
    "pytest.ini",
    "setup.cfg",
    "tox.ini",
    "manage.py",
    "go.mod",
    "mix.exs",
    "Rakefile",
    "Gemfile",
    "composer.json",
    "requirements.txt",
];

/// A command that tests the repository, and what told us.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Candidate {
    /// The command, for the shell.
    pub command: String,
    /// The file that told.
    pub found_in: String,
}

/// What is committed.
struct Tree<'a> {
    top: &'a [String],
    texts: &'a BTreeMap<String, String>,
}

impl<'a> Tree<'a> {
    fn has(&self, name: &str) -> bool {
        self.top.iter().any(|known| known == name)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.texts.get(name).map(String::as_str)
    }

    fn says(&self, name: &str, word: &str) -> bool {
        self.text(name).is_some_and(|text| text.contains(word))
    }
}

/// Looks for one kind of test: its command, and where it was found.
type Maker = fn(&Tree<'_>) -> Option<(String, &'static str)>;

/// The commands that may test a repository, the likeliest first: what its authors named so themselves, then what their tools do.
pub(super) fn candidates(top: &[String], texts: &BTreeMap<String, String>) -> Vec<Candidate> {
    let tree = Tree { top, texts };
    let makers: [Maker; 14] =
        [make, just, script, cargo, node, deno, python, go, elixir, jvm, ruby, php, dotnet, others];
    let found = makers.iter().filter_map(|maker| maker(&tree));
    found.map(|(command, found_in)| Candidate { command, found_in: found_in.to_owned() }).collect()
}

fn make(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    let file = ["GNUmakefile", "makefile", "Makefile"]
        .into_iter()
        .find(|name| tree.text(name).is_some())?;
    let target = ["test", "check"].into_iter().find(|target| {
        tree.text(file).is_some_and(|text| text.lines().any(|line| is_target(line, target)))
    })?;
    Some((format!("make {target}"), file))
}

/// Whether a line begins the rule of a target.
fn is_target(line: &str, target: &str) -> bool {
    let Some((names, behind)) = line.split_once(':') else { return false };
    let is_assignment = behind.trim_start_matches(':').starts_with('=');
    !line.starts_with(['\t', ' ', '#'])
        && !is_assignment
        && names.split_whitespace().any(|n| n == target)
}

fn just(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    let file = ["justfile", "Justfile"].into_iter().find(|name| tree.text(name).is_some())?;
    let is_recipe = |line: &str| {
        let Some((head, behind)) = line.split_once(':') else { return false };
        let name = head.trim_start_matches('@').split_whitespace().next();
        !line.starts_with([' ', '\t', '#']) && !behind.starts_with('=') && name == Some("test")
    };
    tree.text(file)?.lines().any(is_recipe).then(|| ("just test".to_owned(), file))
}

fn script(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    let found = ["test.sh", "tests/run.sh", "script/test", "bin/test"]
        .into_iter()
        .find(|name| tree.text(name).is_some())?;
    let first = tree.text(found)?.lines().next().unwrap_or_default();
    let shell = if first.starts_with("#!") && first.contains("bash") { "bash" } else { "sh" };
    let is_script = found.strip_suffix(".sh").is_some();
    let command = if is_script { format!("{shell} {found}") } else { found.to_owned() };
    Some((command, found))
}

fn cargo(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    tree.text("Cargo.toml")?;
    let locked = if tree.has("Cargo.lock") { " --locked" } else { "" };
    let all = if tree.says("Cargo.toml", "[workspace]") { " --workspace" } else { "" };
    Some((format!("cargo test{all}{locked}"), "Cargo.toml"))
}

fn node(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    let package: Value = serde_json::from_str(tree.text("package.json")?).ok()?;
    let test = package.get("scripts")?.get("test")?.as_str()?;
    if test.trim().is_empty() || test.contains("no test specified") {
        return None;
    }
    let named = package.get("packageManager").and_then(Value::as_str).unwrap_or_default();
    let uses = |program: &str, locks: &[&str]| {
        named.split('@').next() == Some(program) || locks.iter().any(|lock| tree.has(lock))
    };
    let (install, run) = if uses("pnpm", &["pnpm-lock.yaml"]) {
        ("pnpm install --frozen-lockfile", "pnpm test")
    } else if uses("yarn", &["yarn.lock"]) {
        let is_new = tree.has(".yarnrc.yml");
        (
            if is_new { "yarn install --immutable" } else { "yarn install --frozen-lockfile" },
            "yarn test",
        )
    } else if uses("bun", &["bun.lock", "bun.lockb"]) {
        ("bun install --frozen-lockfile", "bun run test")
    } else if tree.has("package-lock.json") || tree.has("npm-shrinkwrap.json") {
        ("npm ci", "npm test")
    } else {
        ("npm install --no-package-lock", "npm test")
    };
    let needs = |key: &str| {
        package.get(key).and_then(Value::as_object).is_some_and(|names| !names.is_empty())
    };
    // Checks run in a clean checkout, where nothing is installed yet.
    let has_needs = ["dependencies", "devDependencies"].into_iter().any(needs);
    let command = if has_needs { format!("{install} && {run}") } else { run.to_owned() };
    Some((command, "package.json"))
}

fn deno(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    let file = ["deno.json", "deno.jsonc"].into_iter().find(|name| tree.text(name).is_some())?;
    let settings: Option<Value> = serde_json::from_str(tree.text(file)?).ok();
    let has_task = settings.is_some_and(|all| all.pointer("/tasks/test").is_some());
    Some((if has_task { "deno task test" } else { "deno test" }.to_owned(), file))
}

fn python(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    let mentions = ["pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", "requirements.txt"]
        .into_iter()
        .find(|name| {
            *name == "pytest.ini" && tree.text(name).is_some() || tree.says(name, "pytest")
        });
    if let Some(file) = mentions {
        let command = if tree.has("uv.lock") {
            "uv run pytest"
        } else if tree.has("poetry.lock") {
            "poetry install && poetry run pytest"
        } else if tree.has("pdm.lock") {
            "pdm install && pdm run pytest"
        } else {
            "python3 -m pytest"
        };
        return Some((command.to_owned(), file));
    }
    if tree.text("tox.ini").is_some() {
        return Some(("tox".to_owned(), "tox.ini"));
    }
    if tree.says("manage.py", "django") {
        return Some(("python3 manage.py test".to_owned(), "manage.py"));
    }
    let has_tests = tree.has("tests") || tree.has("test");
    let file = ["pyproject.toml", "setup.cfg"].into_iter().find(|name| tree.text(name).is_some());
    file.filter(|_| has_tests).map(|file| ("python3 -m unittest discover".to_owned(), file))
}

fn go(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    tree.text("go.mod").map(|_| ("go test ./...".to_owned(), "go.mod"))
}

fn elixir(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    tree.text("mix.exs")?;
    let get = if tree.has("mix.lock") { "mix deps.get && " } else { "" };
    Some((format!("{get}mix test"), "mix.exs"))
}

fn jvm(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    [
        ("gradlew", "./gradlew test"),
        ("build.gradle", "gradle test"),
        ("build.gradle.kts", "gradle test"),
        ("mvnw", "./mvnw --batch-mode test"),
        ("pom.xml", "mvn --batch-mode test"),
        ("build.sbt", "sbt test"),
    ]
    .into_iter()
    .find(|(name, _)| tree.has(name))
    .map(|(name, command)| (command.to_owned(), name))
}

fn ruby(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    let bundled = tree.text("Gemfile").is_some();
    let by = if bundled { "bundle exec " } else { "" };
    let install = if bundled { "bundle install && " } else { "" };
    if tree.has(".rspec") || (tree.has("spec") && tree.says("Gemfile", "rspec")) {
        return Some((format!("{install}{by}rspec"), if bundled { "Gemfile" } else { ".rspec" }));
    }
    let has_task = ["TestTask", "task :test", "task test", "RSpec", "minitest"]
        .iter()
        .any(|word| tree.says("Rakefile", word));
    has_task.then(|| (format!("{install}{by}rake test"), "Rakefile"))
}

fn php(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    let composer: Value = serde_json::from_str(tree.text("composer.json")?).ok()?;
    let install = "composer install --no-interaction";
    if composer.pointer("/scripts/test").is_some() {
        return Some((format!("{install} && composer test"), "composer.json"));
    }
    let found = ["phpunit.xml", "phpunit.xml.dist"].into_iter().find(|name| tree.has(name))?;
    Some((format!("{install} && vendor/bin/phpunit"), found))
}

fn dotnet(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    let ends = |end: &str| tree.top.iter().any(|name| name.ends_with(end));
    [".sln", ".slnx", ".csproj", ".fsproj"]
        .into_iter()
        .find(|end| ends(end))
        .map(|end| ("dotnet test".to_owned(), end))
}

fn others(tree: &Tree<'_>) -> Option<(String, &'static str)> {
    [
        ("Package.swift", "swift test"),
        ("pubspec.yaml", "dart test"),
        ("build.zig", "zig build test"),
        ("stack.yaml", "stack test"),
        ("cabal.project", "cabal test all"),
        ("dune-project", "dune test"),
        ("rebar.config", "rebar3 eunit"),
        ("BUILD.bazel", "bazel test //..."),
    ]
    .into_iter()
    .find(|(name, _)| tree.has(name))
    .map(|(name, command)| (command.to_owned(), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first command for these files; those without a text are only there.
    fn first(files: &[(&str, &str)]) -> Option<String> {
        all(files).into_iter().next()
    }

    fn all(files: &[(&str, &str)]) -> Vec<String> {
        let top: Vec<String> =
            files.iter().map(|(name, _)| name.split('/').next().unwrap().to_owned()).collect();
        let texts =
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        candidates(&top, &texts).into_iter().map(|found| found.command).collect()
    }

    #[test]
    fn each_ecosystem_is_known_by_its_files() {
        for (files, expected) in [
            (&[("Cargo.toml", "[package]")][..], "cargo test"),
            (
                &[("Cargo.toml", "[workspace]"), ("Cargo.lock", "")],
                "cargo test --workspace --locked",
            ),
            (&[("go.mod", "module x")], "go test ./..."),
            (&[("mix.exs", ""), ("mix.lock", "")], "mix deps.get && mix test"),
            (&[("gradlew", ""), ("build.gradle", "")], "./gradlew test"),
            (&[("build.gradle.kts", "")], "gradle test"),
            (&[("mvnw", ""), ("pom.xml", "")], "./mvnw --batch-mode test"),
            (&[("pom.xml", "")], "mvn --batch-mode test"),
            (&[("pyproject.toml", "[tool.pytest.ini_options]")], "python3 -m pytest"),
            (&[("pytest.ini", "")], "python3 -m pytest"),
            (&[("pyproject.toml", "pytest"), ("uv.lock", "")], "uv run pytest"),
            (
                &[("requirements.txt", "pytest==8"), ("poetry.lock", "")],
                "poetry install && poetry run pytest",
            ),
            (&[("tox.ini", "[tox]")], "tox"),
            (&[("pyproject.toml", "[project]"), ("tests", "")], "python3 -m unittest discover"),
            (&[("manage.py", "import django")], "python3 manage.py test"),
            (&[("Gemfile", "gem 'rspec'"), (".rspec", "")], "bundle install && bundle exec rspec"),
            (&[("Rakefile", "Rake::TestTask.new")], "rake test"),
            (
                &[("composer.json", r#"{"scripts": {"test": "x"}}"#)],
                "composer install --no-interaction && composer test",
            ),
            (
                &[("composer.json", "{}"), ("phpunit.xml.dist", "")],
                "composer install --no-interaction && vendor/bin/phpunit",
            ),
            (&[("App.sln", "")], "dotnet test"),
            (&[("deno.json", r#"{"tasks": {"test": "x"}}"#)], "deno task test"),
            (&[("deno.jsonc", "// c\n{}")], "deno test"),
            (&[("Package.swift", "")], "swift test"),
            (&[("test.sh", "test -e x")], "sh test.sh"),
            (&[("tests/run.sh", "#!/usr/bin/env bash")], "bash tests/run.sh"),
            (&[("script/test", "#!/bin/sh")], "script/test"),
        ] {
            assert_eq!(first(files).as_deref(), Some(expected), "{files:?}");
        }
    }

    #[test]
    fn a_package_is_tested_by_the_program_of_its_lock_file() {
        let test = r#"{"scripts": {"test": "vitest"}, "devDependencies": {"vitest": "1"}}"#;
        for (lock, expected) in [
            ("package-lock.json", "npm ci && npm test"),
            ("pnpm-lock.yaml", "pnpm install --frozen-lockfile && pnpm test"),
            ("yarn.lock", "yarn install --frozen-lockfile && yarn test"),
            ("bun.lock", "bun install --frozen-lockfile && bun run test"),
            ("other", "npm install --no-package-lock && npm test"),
        ] {
            assert_eq!(first(&[("package.json", test), (lock, "")]).as_deref(), Some(expected));
        }
        let named = r#"{"scripts": {"test": "x"}, "packageManager": "pnpm@9.1.0"}"#;
        assert_eq!(first(&[("package.json", named)]).as_deref(), Some("pnpm test"));
        for none in [
            r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#,
            r#"{"scripts": {}}"#,
            r#"{"scripts": {"test": 7}}"#,
            r#"{"scripts": []}"#,
            "{",
            "",
        ] {
            assert_eq!(first(&[("package.json", none)]), None, "{none}");
        }
    }

    #[test]
    fn nothing_that_a_repository_says_becomes_a_part_of_the_command() {
        let hostile = r#"{"scripts": {"test": "$(touch x); `id`\n'\""}, "packageManager": "pnpm;touch x@1", "dependencies": {"$(id)": "1"}}"#;
        assert_eq!(
            first(&[("package.json", hostile)]).as_deref(),
            Some("npm install --no-package-lock && npm test")
        );
        assert_eq!(first(&[("$(touch x).sln", "")]).as_deref(), Some("dotnet test"));
    }

    #[test]
    fn a_target_is_a_rule_and_no_variable_comment_or_command() {
        for (text, expected) in [
            ("test: build\n\tgo test\n", Some("make test")),
            ("check::\n\ttrue\n", Some("make check")),
            ("all test: x\n", Some("make test")),
            ("check:\ntest:\n", Some("make test")),
            ("test := 1\n", None),
            ("test ::= 1\n", None),
            ("# test: x\n", None),
            ("\ttest: x\n", None),
            (".PHONY: test\n", None),
            ("tests: x\n", None),
        ] {
            assert_eq!(first(&[("Makefile", text)]).as_deref(), expected, "{text}");
        }
        assert_eq!(first(&[("justfile", "test *args:\n  x")]).as_deref(), Some("just test"));
        assert_eq!(first(&[("justfile", "test := 'x'")]), None);
    }

    #[test]
    fn what_the_authors_named_comes_before_what_their_tools_do() {
        let files = [("Makefile", "test:\n"), ("go.mod", ""), ("Cargo.toml", "")];
        assert_eq!(all(&files), ["make test", "cargo test", "go test ./..."]);
        assert!(all(&[("README.md", "test")]).is_empty());
    }
}
