//! `agentos drill`: runs operator drills in a temporary folder and tells how each ended.

use serde_json::json;

use super::args::Drill;
use super::demo;
use super::fault::Fault;
use super::output::{Output, table};
use super::wire::Wiring;
use crate::jobs::drill::{self, DRILLS, Ending, Setting};
use crate::sys::files;

pub(super) fn run(wiring: &Wiring, options: &Drill, output: &Output) -> Result<u8, Fault> {
    if options.list {
        list(output);
        return Ok(0);
    }
    let drills = drill::named(&options.names).map_err(|name| {
        let shown = crate::text::clean::one_line(&name, 40);
        Fault::usage(format!("`{shown}` is not a drill")).hint("`agentos drill --list` shows all")
    })?;
    let program = Wiring::helper()?.program;
    let path = wiring.environment.get("PATH").unwrap_or("/usr/bin:/bin").to_owned();
    let dir = demo::temporary(wiring, "drill")?;
    let setting = Setting { dir: dir.clone(), program, path, stop: wiring.stop.clone() };
    let endings = drill::run(&setting, &drills, &mut |ending| tell(ending, output));
    let failed = endings.iter().filter(|ending| !ending.ok).count();
    if output.is_json() {
        output.json(&endings);
    } else {
        output.line(&format!("drill: {} ok, {failed} failed", endings.len() - failed));
    }
    if failed > 0 {
        output.say(&format!("everything lies in {}", dir.display()));
        return Ok(if wiring.stop.requested() { 75 } else { 1 });
    }
    files::remove_tree(&dir)?;
    Ok(0)
}

fn tell(ending: &Ending, output: &Output) {
    if !output.is_json() {
        let word = if ending.ok { "ok" } else { "failed" };
        let seen = crate::text::clean::one_line(&ending.seen, 400);
        output.line(&format!("{:<12} {word:<7} {seen} ({:.1} s)", ending.drill, ending.seconds));
    }
}

fn list(output: &Output) {
    if output.is_json() {
        let all: Vec<_> =
            DRILLS.iter().map(|drill| json!({"drill": drill.name, "about": drill.about})).collect();
        output.json(&all);
        return;
    }
    let rows: Vec<Vec<String>> =
        DRILLS.iter().map(|drill| vec![drill.name.to_owned(), drill.about.to_owned()]).collect();
    for line in table(&rows) {
        output.line(&line);
    }
}
