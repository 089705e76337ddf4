//! The command line about itself: completions, manual pages, and the reference in `docs/commands.md`; all made from the definitions that
//! parse arguments.

use clap::{Command, CommandFactory};
use clap_complete::generate;

use super::args::{Cli, Completions, Man, Shell};
use super::fault::Fault;
use super::output::Output;
use crate::sys::files;

/// The name of the program.
const NAME: &str = "agentos";

pub(super) fn completions(options: Completions, output: &Output) -> Result<u8, Fault> {
    let mut script = Vec::new();
    let mut command = for_people();
    match options.shell {
        Shell::Bash => generate(clap_complete::Shell::Bash, &mut command, NAME, &mut script),
        Shell::Elvish => generate(clap_complete::Shell::Elvish, &mut command, NAME, &mut script),
        Shell::Fish => generate(clap_complete::Shell::Fish, &mut command, NAME, &mut script),
        Shell::Power => {
            generate(clap_complete::Shell::PowerShell, &mut command, NAME, &mut script);
        }
        Shell::Zsh => generate(clap_complete::Shell::Zsh, &mut command, NAME, &mut script),
    }
    print(&script, output)
}

pub(super) fn man(options: &Man, output: &Output) -> Result<u8, Fault> {
    let mut root = for_people();
    root.build();
    let Some(dir) = &options.dir else {
        return print(&page(&root, NAME)?, output);
    };
    files::make_dir(dir)?;
    let mut written = Vec::new();
    for (name, command) in pages(&root, NAME) {
        let path = dir.join(format!("{name}.1"));
        files::replace(&path, &page(command, &name)?)?;
        written.push(path.display().to_string());
    }
    if output.is_json() {
        output.json(&serde_json::json!({ "written": written }));
    } else {
        for path in &written {
            output.line(path);
        }
    }
    Ok(0)
}

/// The command line without what is not for people: generators do not all leave it out.
fn for_people() -> Command {
    let whole = Cli::command();
    let shown = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let (shown, arguments): (Vec<_>, Vec<_>) =
        (shown.collect(), whole.get_arguments().cloned().collect());
    let mut command = Command::new(NAME).args(arguments).subcommands(shown);
    command =
        command.disable_help_subcommand(true).propagate_version(true).subcommand_required(true);
    command = command.version(env!("CARGO_PKG_VERSION"));
    if let Some(about) = whole.get_about() {
        command = command.about(about.clone());
    }
    match whole.get_long_about() {
        Some(about) => command.long_about(about.clone()),
        None => command,
    }
}

/// What was made by a generator ends with its last line.
fn print(bytes: &[u8], output: &Output) -> Result<u8, Fault> {
    let text = String::from_utf8_lossy(bytes);
    if output.is_json() {
        return Err(Fault::usage("this is no data for `--json`").hint("leave `--json` away"));
    }
    output.line(text.trim_end());
    Ok(0)
}

/// A command and those below it, each with its full name.
fn pages<'a>(command: &'a Command, name: &str) -> Vec<(String, &'a Command)> {
    let mut all = vec![(name.to_owned(), command)];
    for below in command.get_subcommands() {
        all.extend(pages(below, &format!("{name}-{}", below.get_name())));
    }
    all
}

fn page(command: &Command, name: &str) -> Result<Vec<u8>, Fault> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .title(name)
        .render(&mut page)
        .map_err(|error| Fault::failed(format!("cannot make the page of `{name}`: {error}")))?;
    Ok(page)
}

/// Every command with its help, as one document; held against `docs/commands.md` by a test.
#[cfg(test)]
fn document() -> String {
    use std::fmt::Write as _;
    let mut root = for_people().term_width(100);
    root.build();
    let mut text = String::from(concat!(
        "# Commands\n\n",
        "Made from the program's own help, as `agentos COMMAND --help` prints it; a test holds it. The options of every command\n",
        "(`--config`, `--root`, `--json`, `-v`, `-q`, `--color`) are listed once, at the top.\n"
    ));
    for (name, command) in pages(&root, NAME) {
        let mut command = command.clone();
        if name != NAME {
            for id in ["config", "root", "json", "verbose", "quiet", "color"] {
                if command.get_arguments().any(|argument| argument.get_id() == id) {
                    command = command.mut_arg(id, |argument| argument.hide(true));
                }
            }
        }
        let mut help = command.render_help().to_string();
        if name == NAME {
            help = command.render_long_help().to_string();
        }
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let title = name.replace('-', " ");
        // A command of two words has a hyphen of its own.
        let title = title.replace("pr monitor", "pr-monitor");
        let _infallible =
            writeln!(text, "\n## {title}\n\n```text\n{}\n```", help.join("\n").trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test may write the document anew")]
    fn the_reference_is_what_the_program_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");
        let made = document();
        if std::env::var_os("AGENTOS_WRITE_DOCS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            made == kept,
            "docs/commands.md is not what the program says: `AGENTOS_WRITE_DOCS=1 cargo test --lib reference::` writes it anew"
        );
    }

    /// The commands that stand in the sentences and tables of a document: `agentos …` in one line. Those in blocks are run by other tests.
    fn told(document: &str) -> Vec<String> {
        let mut told = Vec::new();
        let mut in_block = false;
        for line in document.lines() {
            if line.trim_start().starts_with("```") {
                in_block = !in_block;
            } else if !in_block {
                let spans = line.split('`').skip(1).step_by(2);
                told.extend(spans.filter(|span| span.starts_with("agentos ")).map(str::to_owned));
            }
        }
        told
    }

    /// The words of a command as a shell would hand them over; a name in capitals stands for this value.
    fn words(command: &str, value: &str) -> Vec<String> {
        let parts = command.split('"').enumerate();
        let parts = parts.flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        let is_name = |word: &str| word.chars().all(|c| c.is_ascii_uppercase() || c == '/');
        parts.map(|word| if is_name(&word) { value.to_owned() } else { word }).collect()
    }

    #[test]
    fn every_command_that_the_documents_tell_can_be_given() {
        use clap::Parser;
        use clap::error::ErrorKind as Kind;
        let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = vec![project.join("README.md"), project.join("CODEBASE.md")];
        for folder in ["docs", "docs/guides"] {
            let entries = std::fs::read_dir(project.join(folder)).unwrap();
            files.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| {
                path.extension().is_some_and(|kind| kind == "md")
                    && !path.ends_with("docs/commands.md")
            }));
        }
        let mut seen = 0;
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for command in
                told(&text).into_iter().filter(|command| !command.contains(['…', '|', '$']))
            {
                // A command that is only mentioned may lack what it needs.
                let can_be_given = ["7", "web-7", "acme/web"].into_iter().any(|value| {
                    Cli::try_parse_from(words(&command, value)).err().is_none_or(|error| {
                        matches!(
                            error.kind(),
                            Kind::DisplayHelp
                                | Kind::DisplayVersion
                                | Kind::MissingSubcommand
                                | Kind::MissingRequiredArgument
                                | Kind::DisplayHelpOnMissingArgumentOrSubcommand
                        )
                    })
                });
                assert!(can_be_given, "{}: `{command}`", file.display());
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn the_definitions_hang_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_page_and_hidden_ones_have_none() {
        let mut root = for_people();
        root.build();
        let names: Vec<String> = pages(&root, NAME).into_iter().map(|page| page.0).collect();
        assert!(names.contains(&"agentos-cron-install".to_owned()), "{names:?}");
        assert!(!names.iter().any(|name| name.contains("supervise")), "{names:?}");
    }
}
