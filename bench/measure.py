#!/usr/bin/env python3
"""Measures the release binary on worlds of its own in a temporary folder: Markdown tables on the screen and in target/bench."""

import argparse
import json
import os
import tempfile
from pathlib import Path

from evidence import evidence
from github import github
from idle import idle
from limits import limits, program
from paper import Paper, machine, write_into
from picking import dispatching, picking
from story import per_task
from summary import summary
from worktrees import worktrees

PARTS = {"limits": limits, "program": program, "idle": idle, "picking": picking, "dispatching": dispatching, "worktrees": worktrees,
         "task": per_task, "github": github, "evidence": evidence}


class Bench:
    """What each part is given."""

    def __init__(self, options, parent, paper):
        self.binaries = {"release": os.path.realpath(options.binary)}
        small = Path("target/dist/agentos")
        if small.exists():
            self.binaries["dist"] = os.path.realpath(small)
        self.binary, self.parent, self.paper = self.binaries["release"], parent, paper
        self.quick, self.runs = options.quick, 10 if options.quick else 50


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--binary", default="target/release/agentos")
    options.add_argument("--quick", action="store_true", help="fewer repetitions, smaller worlds")
    options.add_argument("--only", choices=list(PARTS), help="one part, without the summary")
    options.add_argument("--summary", action="store_true", help="print the summary of the last whole run, and measure nothing")
    options.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options.add_argument("--folder", default="target/bench", help="where the tables are kept")
    options = options.parse_args()
    paper = Paper(options.folder)
    if options.summary:
        paper.figures = json.loads((paper.folder / "figures.json").read_text())
        summary(paper)
    else:
        measure(options, paper)
    if options.write:
        write_into("docs/performance.md", paper.folder)


def measure(options, paper):
    paper.figure("machine", machine())
    with tempfile.TemporaryDirectory(prefix="agentos-bench-") as parent:
        bench = Bench(options, parent, paper)
        for name, part in PARTS.items():
            if options.only in (None, name):
                paper.begin(name)
                paper.say(machine())
                part(bench)
    if options.only is None:
        paper.keep()
        summary(paper)


if __name__ == "__main__":
    main()
