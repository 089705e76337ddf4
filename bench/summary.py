"""The whole in one table: what we take, what would be the least, and what the system took that this project replaces."""

from paper import ms

# Of the Python system (3.12, byte code cached, quiet machine of the same kind; its host a stub that answers in 3.6 ms).
BEFORE = {
    "tick": 129 + 102 + 134, "dispatch": 129, "queue": 102, "pr-monitor": 134, "picking": 821, "memory": 25.7, "start": 100,
    "wake": 140 + 110 + 155, "github 5": 200 + 420,
}

REASONS = {
    "start": "the program is one file of many megabytes: the loader sets some 34,000 addresses in it, and the pages that it touches are mapped",
    "tick": "the configuration and six jobs' looks at their folders and boards; a process of its own for each would be six starts",
    "dispatch": "the same start, one configuration, one look at the board and the mailbox",
    "ended": "each file is not only read but understood, once in a tick, and asked four times more whether it has changed",
    "score": "each line is JSON that is taken apart; `wc -l` only looks for the ends of lines",
    "picking": "each front matter is understood and held against the others; reading alone says nothing about whose turn it is",
    "dispatching": "nineteen synced writes for each issue, not two: task file, three effects with intent and end, the board's files (docs/performance.md)",
    "github": "most of it is the fake's own time, a debug build that has two thousand issues on its boards; our share is the CPU in the table of GitHub",
    "worktree": "beside git's work a private repository for the agent, and the state of all files read back",
    "wake": "what a tick takes, whole",
}


def summary(paper):
    figures, rows, reasons = paper.figures, [], []

    def row(what, key, ours, limit, limit_is, before=None, show=ms):
        if ours is None:
            return
        ratio = ours / limit if limit else None
        rows.append([what, show(ours), f"{show(limit)}: {limit_is}" if limit else limit_is, f"{ratio:.1f}" if ratio else "–",
                     show(before) if before else "–", f"{before / ours:.0f} ×" if before else "–"])
        if ratio and ratio > 3:
            reasons.append(f"* {what}: {REASONS.get(key, 'not explained yet')}.")

    get = figures.get
    start = get("limit true")
    row("start, `--version`", "start", get("release start"), start, "`true`", BEFORE["start"])
    row("idle `tick`, one repository", "tick", get("idle tick wall"), start, "`true`", BEFORE["tick"])
    row("idle `dispatch`", "dispatch", get("idle dispatch wall"), start, "`true`", BEFORE["dispatch"])
    row("idle `queue`", "dispatch", get("idle queue wall"), start, "`true`", BEFORE["queue"])
    row("idle `pr-monitor`", "dispatch", get("idle pr-monitor wall"), start, "`true`", BEFORE["pr-monitor"])
    for count in (10, 100):
        row(f"idle `tick`, {count} repositories", "tick", get(f"idle {count} wall"), start, "`true`")
    row("idle `tick`, 1,000 ended tasks", "ended", get("ended 1000 wall"), get("limit ended 1000"), "their files read once")
    row("CPU of a wake-up, each minute", "wake", get("idle tick cpu"), start, "`true`", BEFORE["wake"])
    trip = get("limit round trip")
    for count in (1, 10, 100):
        asked = get(f"github {count} tick requests")
        row(f"idle `tick` on GitHub, {count} repositories", "github", get(f"github {count} tick"), trip * asked if asked else None,
            f"{asked} round trips, one after the other")
    for count in (1000, 10_000):
        row(f"the next task of {count:,}, from the start to the claim", "picking", get(f"one claimable {count}"), get(f"limit picking {count}"),
            "their files read once", BEFORE["picking"] if count == 1000 else None)
    row("dispatch, for each of many issues", "dispatching", get("dispatching"), get("limit dispatching"), "two synced files")
    row(f"a worktree of {get('worktree files', 0):,} files", "worktree", get("worktree"), get("limit worktree"), "`git worktree add`")
    if "task wall" in figures and "limit synced" in figures:
        least = get("task git") + get("task run") + get("task own fsyncs", 0) * get("limit synced")
        row("a task from Ready to merged", "task", get("task wall"), least, "its git calls, CI, and synced writes")
    row(f"`score` over {get('score records', 0):,} records", "score", get("score"), get("limit score"), "`wc -l`")
    size = lambda value: f"{value:.1f} MiB"
    row("memory of an idle `tick`", "memory", get("idle tick memory"), None,
        f"{size(get('idle tick private', 0))} of it private, else pages of the program's file", BEFORE["memory"], size)
    for name in ("release", "dist"):
        row(f"size of the binary, profile `{name}`", "size", get(f"{name} size"), None, "–", None, size)
    paper.begin("summary")
    paper.say(get("machine", ""))
    paper.table("Summary", ["what", "ours", "the least there is", "ratio", "the system before", "factor"], rows)
    if reasons:
        paper.say("\nMore than three times the least, because:\n\n" + "\n".join(reasons))
