"""Runs that find nothing to do: one repository and many, few files and many."""

import re

from gauge import median_of, peak_rss, read_all, traced
from paper import mib, ms
from world import merged_world

# Nobody plans here: else open issues become sprints, and it is not idle.
NO_SPRINTS = {"sprint_cadence_days": 0}

HEAD = ["idle run", "wall (best)", "wall (median)", "wall (95 %)", "CPU", "peak memory", "of it private", "processes",
        "files opened to write", "writes", "fsyncs"]


def row(bench, name, world, *job, key=None, binary=None):
    argv = [binary or world.binary, *world.argv(*job)[1:]]
    taken = median_of(argv, world.env, world.root, bench.runs)
    calls = traced(argv, world.env, world.root)
    counts = [calls[name] for name in ("processes", "creates", "writes", "fsyncs")] if calls else ["–"] * 4
    memory, private = peak_rss(argv, world.env, world.root), peak_rss(argv, world.env, world.root, field="RssAnon")
    if key:
        for what, value in (("wall", taken["best"]), ("cpu", taken["cpu"]), ("memory", memory), ("private", private)):
            bench.paper.figure(f"{key} {what}", value)
    return [name, *(ms(taken[key]) for key in ("best", "wall", "p95", "cpu")), mib(memory), mib(private), *counts]


def idle(bench):
    fresh = merged_world(bench.binary, bench.parent, "idle", NO_SPRINTS)
    rows = [row(bench, f"`{job}`", fresh, job, key=f"idle {job}") for job in ("tick", "dispatch", "queue", "pr-monitor")]
    for name, binary in bench.binaries.items():
        if name != "release":
            rows.append(row(bench, f"`tick`, profile `{name}`", fresh, "tick", key=f"idle {name}", binary=binary))
    for count in (10, 100):
        world = merged_world(bench.binary, bench.parent, f"repositories-{count}", NO_SPRINTS, count - 1)
        some_issue_everywhere(world, count)
        rows.append(row(bench, f"`tick`, {count} repositories with an open issue each", world, "tick", key=f"idle {count}"))
    bench.paper.table("Idle on the local host", HEAD, rows)
    ended(bench)


def ended(bench):
    old = merged_world(bench.binary, bench.parent, "old", NO_SPRINTS)
    template = old.template("done")
    for number in range(50):
        old.issue(f"Some day {number}", False)
    rows, made = [], 100
    for count in (100, 1000):
        for number in range(made, made + count - 1 if made == 100 else 1100):
            old.copy(template, number)
        made = 200
        rows.append(row(bench, f"`tick`, {count:,} ended tasks, 50 open issues", old, "tick", key=f"ended {count}"))
    least = read_all(old.root / "runtime/mailbox/done") + read_all(old.root / "board/shop/issues")
    bench.paper.figure("limit ended 1000", least)
    rows.append(["to compare: each file of theirs opened and read once", ms(least)] + [""] * (len(HEAD) - 2))
    bench.paper.table("Idle with many ended tasks", HEAD, rows)


def some_issue_everywhere(world, repositories):
    """A copy of an issue on every board."""
    world.issue("Some day", False)
    issues = world.root / "board/shop/issues"
    newest = max(issues.glob("[0-9]*.md"), key=lambda path: int(path.name.split(".")[0]))
    text = re.sub(r"^number: \d+$", "number: 1", newest.read_text(), flags=re.M)
    for number in range(2, repositories + 1):
        folder = world.root / f"board/shop{number}/issues"
        folder.mkdir(parents=True)
        (folder / "1.md").write_text(text)
