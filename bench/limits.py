"""What this machine can do at best, and what the program is: its size, how soon it is there."""

import os
import shutil
import statistics
import subprocess
from pathlib import Path

from gauge import median_of, once, peak_rss, synced
from paper import mib, ms
from world import World


def limits(bench):
    world = World(bench.binary, bench.parent, "limits")
    env, root, paper = world.env, world.root, bench.paper
    mirror = str(root / "remotes/shop.git")
    git, python = shutil.which("git"), shutil.which("python3")
    programs = [("`true`: starting any process", "true", [shutil.which("true")]),
                ("`git --version`", "git", [git, "--version"]),
                ("`git rev-parse main`", "rev-parse", [git, f"--git-dir={mirror}", "rev-parse", "main"]),
                ("`python3 -c pass`", "python", [python, "-c", "pass"])]
    rows = []
    for name, key, argv in programs:
        taken = median_of(argv, env, root, bench.runs)
        paper.figure(f"limit {key}", taken["best"])
        rows.append([name, ms(taken["best"]), ms(taken["wall"])])
    taken = []
    for number in range(10):
        argv = [git, f"--git-dir={mirror}", "worktree", "add", "--quiet", "--detach", str(root / f"wt{number}"), "main"]
        taken.append(once(argv, env, root)[0])
    rows.append(["`git worktree add` of a repository with one file", ms(min(taken)), ms(statistics.median(taken))])
    taken = [synced(root) for _ in range(5)]
    paper.figure("limit synced", min(taken))
    rows.append(["write and fsync of 1 kB", f"{min(taken):.2f} ms", f"{statistics.median(taken):.2f} ms"])
    paper.table("The limits of this machine", ["what", "best", "median"], rows)


def program(bench):
    env = {"PATH": os.environ["PATH"], "HOME": str(bench.parent), "LANG": "C.UTF-8", "USER": "ann"}
    paper, rows = bench.paper, []
    for name, binary in bench.binaries.items():
        if not os.path.exists(binary):
            continue
        stripped = Path(bench.parent) / "stripped"
        subprocess.run(["strip", "-o", stripped, binary], check=False, capture_output=True)
        bare = mib(os.path.getsize(stripped) / 2**20) if stripped.exists() else "–"
        size = os.path.getsize(binary) / 2**20
        taken = median_of([binary, "--version"], env, bench.parent, bench.runs)
        memory = peak_rss([binary, "--version"], env, bench.parent)
        paper.figure(f"{name} size", size)
        paper.figure(f"{name} start", taken["best"])
        rows.append([f"`{name}`", mib(size), bare, ms(taken["best"]), ms(taken["wall"]), mib(memory)])
    paper.table("The binary", ["profile", "size", "without symbols", "`--version` (best)", "median", "peak memory"], rows)
    taken = []
    for number in range(3):
        folder = str(Path(bench.parent) / f"demo{number}")
        taken.append(once([bench.binary, "demo", "--dir", folder], env, bench.parent)[0])
    paper.table("From nothing to five merged issues", ["run", "best", "median of 3"],
                [["`agentos demo`", ms(min(taken)), ms(statistics.median(taken))]])
