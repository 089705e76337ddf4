"""One task from Ready to merged, stage by stage, by what a job writes into its debug log."""

import datetime
import re
import statistics
import time
from pathlib import Path

from gauge import traced
from paper import ms
from world import World


def events(log):
    """Time in seconds since the epoch, and text, of each line of a debug log."""
    found = []
    for line in Path(log).read_text().splitlines():
        match = re.match(r"(\d{4}-\d\d-\d\dT[\d:.]+)Z\s+(DEBUG|INFO|WARN)\s+(.*)", line)
        if match:
            at = datetime.datetime.fromisoformat(match.group(1)[:26] + "+00:00").timestamp()
            found.append((at, match.group(3)))
    return found


def debugged(world, *job):
    """Runs a job with the debug log on; when it began, when it ended, and its events."""
    log = world.root / f"runtime/logs/{job[0]}.log"
    log.unlink(missing_ok=True)
    begun = time.time()
    world.run(*job, env={"AGENTOS_LOG": "debug"})
    ended = time.time()
    return begun, ended, events(log)


def took(line):
    found = re.search(r"took_us=(\d+)", line)
    return int(found.group(1)) / 1000 if found else 0.0


def per_task(bench):
    """Our own share of a task, beside that of git, of the disk, and of what the task runs."""
    runs, table = (3 if bench.quick else 10), bench.paper.table
    world = World(bench.binary, bench.parent, "task")
    jobs = ("dispatch", "queue", "pr-monitor")
    stages, totals = {}, {job: [] for job in jobs}
    git_calls = {}
    for number in range(runs + 2):
        world.issue(f"Task {number}", True)
        for job in jobs:
            begun, ended, lines = debugged(world, job)
            if number < 2:
                continue
            totals[job].append(breakdown(job, begun, ended, lines, stages, git_calls))
    rows = []
    for (job, stage), seen in stages.items():
        mid = lambda key: statistics.median(entry[key] for entry in seen)
        rows.append([job, stage, ms(mid("wall")), ms(mid("run")), ms(mid("git")), f"{mid('calls'):.0f}", ms(mid("own"))])
    rows.append(["**all**", "", *["**" + ms(sum(statistics.median(e[k] for e in totals[j]) for j in jobs)) + "**" for k in ("wall", "run", "git")],
                 f"**{sum(statistics.median(e['calls'] for e in totals[j]) for j in jobs):.0f}**",
                 "**" + ms(sum(statistics.median(e["own"] for e in totals[j]) for j in jobs)) + "**"])
    table("One task, from Ready to merged (each job is a process of its own; the agent and CI do next to nothing)",
          ["job", "until", "wall", "agent, CI and their helper", "in git", "git calls", "in our own process"], rows)
    calls = sorted(git_calls.items(), key=lambda item: -sum(item[1]))
    table("git calls of one task", ["call", "times", "in all"],
          [[f"`{name}`", f"{len(times) / runs:.1f}", ms(sum(times) / runs)] for name, times in calls[:16]])
    for what in ("wall", "run", "git", "own"):
        bench.paper.figure(f"task {what}", sum(statistics.median(e[what] for e in totals[j]) for j in jobs))
    count_synced(bench, world, jobs)


def breakdown(job, begun, ended, lines, stages, git_calls):
    marks = [(at, line) for at, line in lines]
    whole = {"wall": (ended - begun) * 1000, "run": 0.0, "git": 0.0, "calls": 0}
    part = {"wall": 0.0, "run": 0.0, "git": 0.0, "calls": 0}
    since = begun

    def close(at, name):
        nonlocal part, since
        part["wall"] = (at - since) * 1000
        part["own"] = part["wall"] - part["run"] - part["git"]
        stages.setdefault((job, name), []).append(part)
        part, since = {"wall": 0.0, "run": 0.0, "git": 0.0, "calls": 0}, at

    for at, line in marks:
        if line.startswith("git, "):
            for entry in (whole, part):
                entry["git"] += took(line)
                entry["calls"] += 1
            words = re.findall(r'"((?:[^"\\]|\\.)*)"', line.split("args=", 1)[1])
            git_calls.setdefault(" ".join(words[:2])[:40], []).append(took(line))
        elif line.startswith("run under a helper"):
            for entry in (whole, part):
                entry["run"] += took(line)
        elif line.startswith("stage finished"):
            close(at, re.search(r"stage=\"?(\w+)", line).group(1))
        elif line.startswith("claimed"):
            close(at, "file claimed")
        elif line.startswith("moved"):
            close(at, "moved to done/")
    close(ended, "the end")
    whole["own"] = whole["wall"] - whole["run"] - whole["git"]
    return whole


def count_synced(bench, world, jobs):
    world.issue("The last", True)
    rows, total = [], [0, 0, 0, 0]
    for job in jobs:
        calls = traced(world.argv(job), world.env, world.root)
        if not calls:
            return
        counts = [calls["processes"], calls["git"], calls["fsyncs"], calls["own_fsyncs"]]
        total = [a + b for a, b in zip(total, counts)]
        rows.append([f"`{job}`", *counts])
    rows.append(["**all**", *total])
    bench.paper.figure("task own fsyncs", total[3])
    bench.paper.table("Processes and synced writes of one task", ["job", "programs started", "of these git", "fsyncs, all", "fsyncs, our process"], rows)
