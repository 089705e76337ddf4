//! `agentos init`: asks what could not be found out, shows what would be done, and does it.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::args::{Global, Init};
use super::fault::Fault;
use super::output::Output;
use super::wire::Wiring;
use crate::config::LoadRequest;
use crate::jobs::init::{
    self, Answers, Facts, InitError, Place, Plan, Step, Target, Wishes, likely_test,
};
use crate::text::clean;
use crate::text::redact::Redactor;

/// How often a question looks whether it is to be given up.
const PATIENCE: Duration = Duration::from_millis(100);

pub(super) async fn run(
    wiring: &Wiring,
    global: &Global,
    options: &Init,
    output: &Output,
) -> Result<u8, Fault> {
    let asks = can_ask(options, output)?;
    let wishes = wishes(options)?;
    let helper = Wiring::helper()?;
    let build = |load: LoadRequest| wiring.options_with(load, helper.clone());
    let place = Place {
        load: wiring.load_request(global)?,
        environment: wiring.variables(),
        now: wiring.clock.now(),
        options: &build,
    };
    if asks {
        output.say("looking at the repository, the agents and their logins …");
    }
    let facts = init::gather(&place, &wishes).await?;
    let desk = Desk { wiring, output, redactor: redactor(wiring) };
    let answers = desk.answers(&facts, &wishes, asks)?;
    let plan = init::decide(&facts, &wishes, &answers, place.now)?;
    let steps = init::outstanding(&plan);
    if !output.is_json() {
        desk.show(&facts, &plan, &steps);
    }
    if options.dry_run {
        desk.conclude(&facts, &plan, &steps, &[], options);
        return Ok(0);
    }
    let with_labels = desk.may(&steps, asks)?;
    let done = init::carry_out(&place, &facts, &plan, with_labels).await?;
    desk.conclude(&facts, &plan, &steps, &done.steps, options);
    Ok(0)
}

/// Whether questions are asked; without a terminal somebody has to say that none shall be.
fn can_ask(options: &Init, output: &Output) -> Result<bool, Fault> {
    if options.yes || options.dry_run {
        return Ok(false);
    }
    let has_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    if has_terminal && !output.is_json() {
        return Ok(true);
    }
    let what = if has_terminal {
        "`--json` leaves no room for questions"
    } else {
        "there is no terminal to ask at"
    };
    Err(Fault::usage(what).hint(
        "give `--yes` to take what is found without a question, or `--dry-run` to see it; `--repo`, `--local` and `--test-command` say what is not to be guessed",
    ))
}

fn wishes(options: &Init) -> Result<Wishes, Fault> {
    let bad = |error: crate::domain::ids::BadId| {
        Fault::usage(error.to_string()).hint("write it as `owner/name`")
    };
    let repo = options.repo.as_deref().map(str::parse).transpose().map_err(bad)?;
    Ok(Wishes {
        repo,
        local: options.local.clone(),
        github_url: options.github_url.clone(),
        project: options.project,
        test_command: options.test_command.clone().filter(|command| !command.trim().is_empty()),
        objective: options.objective,
    })
}

/// Covers the secrets of the environment in whatever is said.
fn redactor(wiring: &Wiring) -> Redactor {
    let is_secret = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["TOKEN", "SECRET", "PASSWORD", "KEY"].iter().any(|part| name.contains(part))
    };
    let all = wiring.variables();
    let secrets = all.into_iter().filter(|(name, value)| is_secret(name) && value.len() >= 8);
    Redactor::new(secrets.map(|(_, value)| value))
}

/// Where questions are asked and answers are shown.
struct Desk<'a> {
    wiring: &'a Wiring,
    output: &'a Output,
    redactor: Redactor,
}

impl Desk<'_> {
    fn line(&self, text: &str) {
        self.output.line(&self.redactor.redact(text));
    }

    /// What could not be found out: asked, or taken as likely.
    fn answers(&self, facts: &Facts, wishes: &Wishes, asks: bool) -> Result<Answers, Fault> {
        if wishes.test_command.is_some() {
            return Ok(Answers { test_command: wishes.test_command.clone() });
        }
        let likely = likely_test(&facts.tests).map(str::to_owned);
        let usable = facts.tests.iter().filter(|(_, lacks)| lacks.is_none()).count();
        let is_clear = usable == 1 || facts.target != Target::Local;
        if !asks || is_clear || init::is_known(facts) {
            return Ok(Answers { test_command: likely });
        }
        let found = facts.tests.iter().map(|(found, lacks)| {
            let lacks = lacks.as_ref().map(|name| format!(", but `{name}` is not on PATH"));
            format!("  {}   (by {}{})", found.command, found.found_in, lacks.unwrap_or_default())
        });
        for line in found {
            self.output.say(&line);
        }
        let usual = likely.as_deref().unwrap_or("none");
        let said = self.ask(&format!("Which command tests the repository? [{usual}] "))?;
        let command = match said.trim() {
            "" => likely,
            "none" | "-" => None,
            other => Some(other.to_owned()),
        };
        Ok(Answers { test_command: command })
    }

    /// What was found and what would be done.
    fn show(&self, facts: &Facts, plan: &Plan, steps: &[Step]) {
        let kind = match &facts.target {
            Target::Github { api_url, .. } => format!("on GitHub ({api_url})"),
            Target::Local => "on this machine, with a board of files".to_owned(),
        };
        self.line(&format!("repository  {}, {kind}", plan.name));
        self.line(&format!("root        {}", facts.root.display()));
        if let Some(hub) = &facts.hub {
            let token = hub
                .token_from
                .as_deref()
                .map_or("none found".to_owned(), |from| format!("from `{from}`"));
            let scopes = hub.scopes.as_ref().filter(|all| !all.is_empty());
            let scopes = scopes.map(|all| format!(", scopes {}", all.join(", ")));
            self.line(&format!("token       {token}{}", scopes.unwrap_or_default()));
            if let Some(branch) = &hub.default_branch {
                self.line(&format!("branch      {branch}"));
            }
        }
        if let Some((found, _)) = facts.tests.first() {
            self.line(&format!("tests       {} (by {})", found.command, found.found_in));
        }
        if !facts.workflows.is_empty() {
            self.line(&format!("checks      {}", facts.workflows.join(", ")));
        }
        let agents = facts.agents.iter().map(|agent| match &agent.problem {
            None => agent.name.clone(),
            Some(problem) => format!("{} ({problem})", agent.name),
        });
        self.line(&format!("agents      {}", agents.collect::<Vec<_>>().join(", ")));
        for note in &plan.notes {
            self.line(&format!("note        {note}"));
        }
        for step in steps {
            if let Step::Config { path, before, after, .. } = step {
                self.line("");
                self.line(&format!("{}:", path.display()));
                let text = if before.is_some() { &plan.added } else { after };
                let sign = if before.is_some() { "+ " } else { "  " };
                for line in text.lines() {
                    self.line(format!("{sign}{line}").trim_end());
                }
            }
        }
        if !steps.is_empty() {
            self.line("");
        }
    }

    /// Asks whether that is to be done, and whether the labels are; says no to all by an error.
    fn may(&self, steps: &[Step], asks: bool) -> Result<bool, Fault> {
        if !asks {
            return Ok(true);
        }
        let here: Vec<&Step> = steps.iter().filter(|step| !step.is_outside()).collect();
        for step in &here {
            self.output.say(&self.redactor.redact(&step.line()));
        }
        if !here.is_empty() && !self.agrees("Do that? [Y/n] ")? {
            return Err(Fault::failed("nothing was changed"));
        }
        let outside: Vec<&Step> = steps.iter().filter(|step| step.is_outside()).collect();
        for step in &outside {
            self.output.say(&self.redactor.redact(&step.line()));
        }
        if outside.is_empty() { Ok(true) } else { self.agrees("Do that on GitHub? [Y/n] ") }
    }

    fn agrees(&self, question: &str) -> Result<bool, Fault> {
        let said = self.ask(question)?;
        Ok(matches!(said.trim().to_lowercase().as_str(), "" | "y" | "yes"))
    }

    /// Asks at the terminal. The answer is awaited aside, so that a signal can end the question.
    fn ask(&self, question: &str) -> Result<String, Fault> {
        let mut stderr = io::stderr();
        drop(write!(stderr, "{}", clean::terminal(question)));
        drop(stderr.flush());
        let (sender, answer) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line);
            // Nobody waits any more where the question was given up.
            drop(sender.send(read.map(|bytes| (bytes > 0).then_some(line))));
        });
        let given_up =
            || Fault::usage("no answer; nothing was changed").hint("`--yes` asks nothing");
        loop {
            match answer.recv_timeout(PATIENCE) {
                Ok(Ok(Some(line))) => return Ok(line),
                Err(RecvTimeoutError::Timeout) if !self.wiring.stop.requested() => {}
                _ => {
                    self.output.say("");
                    return Err(given_up());
                }
            }
        }
    }

    /// What was done, and what is typed next.
    fn conclude(&self, facts: &Facts, plan: &Plan, steps: &[Step], done: &[Step], options: &Init) {
        if self.output.is_json() {
            self.output.json(&self.document(facts, plan, steps, done, options));
            return;
        }
        if steps.is_empty() {
            self.line(&format!("{} is configured already; there is nothing to do", plan.name));
        } else if options.dry_run {
            for step in steps {
                self.line(&format!("would {}", step.line()));
            }
            self.line("");
            self.line("nothing was changed");
            return;
        }
        for step in done {
            self.line(&format!("done: {}", step.line()));
        }
        for step in steps.iter().filter(|step| !done.contains(step)) {
            self.line(&format!("left: {}", step.line()));
        }
        self.line("");
        self.line("What to type next:");
        for (command, why) in &plan.next {
            self.line(&format!("  {command}"));
            self.line(&format!("      {why}"));
        }
    }

    fn document(
        &self,
        facts: &Facts,
        plan: &Plan,
        steps: &[Step],
        done: &[Step],
        options: &Init,
    ) -> Value {
        let host = if facts.target == Target::Local { "local" } else { "github" };
        let clone: Option<&Path> = facts.survey.as_ref().map(|survey| survey.folder.as_path());
        let covered = |text: &str| self.redactor.redact(text);
        let tests = facts.tests.iter().map(|(found, lacks)| {
            json!({"command": found.command, "found_in": found.found_in, "lacks": lacks})
        });
        let named = |steps: &[Step]| -> Vec<Value> {
            steps
                .iter()
                .map(|step| {
                    let mut value = json!(step);
                    if let Some(map) = value.as_object_mut() {
                        map.insert("line".to_owned(), json!(covered(&step.line())));
                    }
                    value
                })
                .collect()
        };
        json!({
            "repository": plan.name,
            "key": plan.key,
            "host": host,
            "root": facts.root,
            "config": facts.config_file,
            "known_already": plan.is_known,
            "dry_run": options.dry_run,
            "facts": {
                "clone": clone,
                "tests": tests.collect::<Vec<_>>(),
                "workflows": facts.workflows,
                "agents": facts.agents,
                "github": facts.hub,
            },
            "added": covered(&plan.added),
            "steps": named(steps),
            "done": named(done),
            "notes": plan.notes.iter().map(|note| covered(note)).collect::<Vec<_>>(),
            "next": plan.next.iter().map(|(command, why)| json!({"command": command, "why": why})).collect::<Vec<_>>(),
        })
    }
}

impl From<InitError> for Fault {
    fn from(error: InitError) -> Self {
        let message = error.to_string();
        match error {
            InitError::Usage { message, hint } => Self::usage(message).hint(hint),
            InitError::Config(error) => (*error).into(),
            InitError::ByHand { why, lines } => Self::usage(why).hint(format!(
                "nothing was changed; add this to the list `repos` of the configuration by hand:\n{lines}"
            )),
            InitError::NotNow(_) => Self::temporary(message),
            InitError::Git(error) => error.into(),
            InitError::File(error) => error.into(),
            InitError::Host(error) => error.into(),
        }
    }
}
