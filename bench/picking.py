"""How soon a worker has its next task, and how soon a thousand issues become tasks."""

import json
import os
import shutil
import statistics
import subprocess
import time

from gauge import median_of, once, peak_rss, read_all
from paper import mib, ms
from story import debugged
from world import World, inbox

FAR = "2099-01-01T00:00:00Z"


def parked(text):
    return text.replace("\nspent: 0\n", f"\nnot_before: {FAR}\nspent: 0\n", 1)


def picking(bench):
    for count in (1000, 10_000):
        among(bench, count)


def among(bench, count):
    def row(name, world, *job, key=None):
        taken = median_of(world.argv(*job), world.env, world.root, bench.runs if count == 1000 else 10)
        if key:
            bench.paper.figure(f"{key} {count}", taken["best"])
        memory = peak_rss(world.argv(*job), world.env, world.root, 2)
        return [name, ms(taken["best"]), ms(taken["wall"]), ms(taken["cpu"]), mib(memory)]

    def claimed(name, key, *arguments):
        taken = claim_times(*arguments)
        bench.paper.figure(f"{key} {count}", min(taken))
        return [name, ms(min(taken)), ms(statistics.median(taken)), "–", "–"]

    world = inbox(bench.binary, bench.parent, f"parked-{count}", parked, count)
    first = world.root / "runtime/mailbox/inbox/shop-1.md"
    text = first.read_text()
    first.write_text(parked(text))
    least = read_all(first.parent)
    bench.paper.figure(f"limit picking {count}", least)
    rows = [["to compare: each file opened and read once", ms(least), "", "", ""],
            row("`queue`, all parked", world, "queue", key="parked"), row("`tick`, all parked", world, "tick")]
    rows.append(claimed("`queue --once`, one claimable: process start to claim", "one claimable", world, first, text))
    shutil.rmtree(world.root)
    world = inbox(bench.binary, bench.parent, f"ready-{count}", lambda text: text, count)
    rows.append(claimed("`queue --once`, all claimable: process start to claim", "all claimable", world, None, None))
    agents = {"worker": {"until": FAR, "reason": "quota", "since": "2026-01-01T00:00:00Z"}}
    (world.root / "runtime/state/agents.json").write_text(json.dumps(agents))
    rows.append(row("`queue`, no agent available", world, "queue"))
    shutil.rmtree(world.root)
    bench.paper.table(f"Picking among {count:,} tasks of the inbox", ["run", "wall (best)", "wall (median)", "CPU", "peak memory"], rows)


def claim_times(world, first, text):
    taken = []
    for _ in range(5):
        if first:
            first.write_text(text)
        begun, _, lines = debugged(world, "queue", "--once")
        taken.append((next(at for at, line in lines if line.startswith("claimed")) - begun) * 1000)
        if first:
            # Its way to `done/` is of no interest here; it is put back for the next round.
            for folder in ("done", "processing", "inbox"):
                (world.root / f"runtime/mailbox/{folder}/shop-1.md").unlink(missing_ok=True)
            shutil.rmtree(world.root / "runtime/runs/shop-1", ignore_errors=True)
            subprocess.run(["git", "-C", str(world.root / "remotes/shop.git"), "branch", "-D", "agent/shop-1"],
                           capture_output=True, env=world.env)
            for pull in (world.root / "board/shop/pulls").glob("*.md"):
                pull.unlink()
    return taken


def dispatching(bench):
    """A thousand Ready issues of one repository become tasks in one run."""
    count = 100 if bench.quick else 1000
    world = World(bench.binary, bench.parent, "dispatching", {"max_dispatch_per_run": count, "max_open_prs": count})
    world.issue("Add a cart", True)
    text = (world.root / "board/shop/issues/1.md").read_text()
    for number in range(2, count + 1):
        path = world.root / f"board/shop/issues/{number}.md"
        path.write_text(text.replace("number: 1\n", f"number: {number}\n", 1))
    wall, cpu = once(world.argv("dispatch"), world.env, world.root)
    found = len(list((world.root / "runtime/mailbox/inbox").glob("*.md")))
    if found != count:
        raise SystemExit(f"dispatch made {found} of {count} tasks")
    least = durable(world.root, 2 * count)
    bench.paper.figure("dispatching", wall / count)
    bench.paper.figure("limit dispatching", least / count)
    bench.paper.table(f"{count:,} Ready issues become tasks in one run of `dispatch`", ["what", "wall", "CPU", "for each issue"], [
        ["`dispatch`", ms(wall), ms(cpu), ms(wall / count)],
        [f"to compare: {2 * count:,} files of 1 kB, written and synced one after the other", ms(least), "–", ms(least / count)]])


def durable(root, count):
    """Milliseconds for so many files that are written and synced, each for itself."""
    folder = root / "durable"
    folder.mkdir()
    begun = time.perf_counter()
    for number in range(count):
        with open(folder / str(number), "wb") as file:
            file.write(b"x" * 1000)
            file.flush()
            os.fsync(file.fileno())
    return (time.perf_counter() - begun) * 1000
