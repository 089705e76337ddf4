//! The two agents of the quarter. Both do what an issue asks for; one cannot mend dates before somebody has written down how dates are
//! written here, the other one looks for causes.

use crate::support::Script;

/// The file that the weak agent needs for one kind of work.
pub(super) const NEEDED: &str = "docs/dates.md";

/// What is on the checkout's page while customers are lost there.
pub(super) const BANNER: &str = "checkout/banner.txt";

/// Reads from the prompt which kind of work it is and which file is to be changed, and changes it.
fn obedient() -> Script {
    Script::new()
        .line("told() { printf '%s\\n' \"$prompt\" | sed -n \"$1\" | head -n 1; }")
        .line("kind=$(told 's/^Task shop-[0-9]*, \\([a-z_]*\\), attempt .*/\\1/p')")
        .line("file=$(told 's/^Change the file \\([a-z0-9/.-]*\\)\\.$/\\1/p')")
        .line("text=$(told 's/^Write: \\(.*\\)$/\\1/p')")
        .line("risk=$(told 's/^Risk: \\(.*\\)$/\\1/p')")
        .line("change() { mkdir -p \"$(dirname \"$file\")\" && printf '%s\\n' \"$text\" > \"$file\"; }")
}

/// The planted weakness: work on defects stops where `docs/dates.md` is missing. It looks for no causes: an issue that names no file is nothing for it.
pub(super) fn builder() -> Script {
    let stops = Script::new()
        .line(&format!(
            "  echo 'error: cannot find {NEEDED}: in which form are dates written here?' >&2"
        ))
        .reports("partial", "test_failure", "The dates are not mended.");
    obedient()
        .line(&format!("if [ \"$kind\" = debugging ] && [ ! -e {NEEDED} ]; then"))
        .lines_of(stops)
        .line("  exit 0\nfi\nif [ -z \"$file\" ]; then")
        .lines_of(Script::new().reports("partial", "none", "It names no file to change."))
        .line("  exit 0\nfi")
        .line("change")
        .reports("complete", "none", "The file is changed.")
        .line("[ -z \"$risk\" ] || printf 'RISKS:\\n- %s\\n' \"$risk\" >> .agent_result.md")
}

/// Does the same without that file. Where the issue tells of a failure or of a score that fell, it ends the cause that it finds.
pub(super) fn mender() -> Script {
    obedient()
        .line("missing=$(told 's/.*failed with `error: cannot find \\([a-z/.]*\\): .*/\\1/p')")
        .line("fell=$(told 's/.*the business score of acme.shop is \\(-[0-9.]*\\) .*/\\1/p')")
        .line("if [ -n \"$missing\" ]; then")
        .line("  file=$missing; text='Dates are written as in 2026-01-05.'; change")
        .line("elif [ -n \"$fell\" ]; then")
        .line("  slow=$(grep -rl 'Wait 20 seconds' checkout)")
        .line("  rm -f $slow")
        .line("  file=docs/findings.md; text=\"The score fell to $fell because of $slow: it made customers wait. It is gone.\"; change")
        .line("else file=${file:-notes/$AGENTOS_TASK_ID.txt}; text=${text:-Done.}; change; fi")
        .reports("complete", "none", "The file is changed.")
}
