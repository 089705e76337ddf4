//! The command line about itself: completions that the shells accept, manual pages that `man` can show.

use std::fs;
use std::process::Command;

use crate::support::World;

fn printed(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_agentos"))
        .args(words)
        .env_clear()
        .current_dir("/")
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_shell_gets_its_completions_without_a_configuration() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("pr-monitor") && script.contains("install"), "{shell}: {script}");
        assert!(
            !script.replace("supervised_first", "").contains("supervise"),
            "{shell} offers what is not for people"
        );
    }
}

#[test]
fn bash_completes_a_command() {
    let Some(bash) =
        ["/bin/bash", "/usr/bin/bash"].into_iter().find(|path| fs::exists(path).unwrap())
    else {
        return;
    };
    let world = World::new();
    world.write("agentos.bash", &printed(&["completions", "bash"]));
    let script = ". ./agentos.bash; COMP_WORDS=(agentos cron in); COMP_CWORD=2; _agentos agentos in cron; echo \"${COMPREPLY[@]}\"";
    let output =
        Command::new(bash).args(["-c", script]).current_dir(world.root()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "install");
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH agentos 1") && page.contains("Exit codes"), "{page}");
    let world = World::new();
    let listed = world.run("man --dir man").ok().stdout;
    let pages: Vec<_> = fs::read_dir(world.path("man")).unwrap().flatten().collect();
    assert_eq!(pages.len(), listed.lines().count());
    for name in ["agentos", "agentos-pr-monitor", "agentos-cron-install", "agentos-task-show"] {
        let text = world.read(&format!("man/{name}.1"));
        assert!(text.contains(&format!(".TH {name} 1")), "{name}: {text}");
    }
    assert!(!world.path("man/agentos-supervise.1").exists());
}

#[test]
fn what_is_no_data_has_no_json() {
    let world = World::new();
    assert!(world.run("--json completions bash").code(2).stderr.contains("--json"));
    assert!(world.run("--json man").code(2).stderr.contains("--json"));
    drop(world.run("completions tcsh").code(2));
}
