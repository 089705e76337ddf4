"""Worlds to measure in: a root with a configuration, local repositories and a scripted agent that takes no time."""

import os
import re
import subprocess
import sys
from pathlib import Path

AGENT = """#!/bin/sh
cat > /dev/null
echo "$AGENTOS_TASK_ID" > "work-$AGENTOS_TASK_ID.txt"
printf 'STATUS: complete\\nBLOCKER_CODE: none\\nSUMMARY: Did it.\\nDONE:\\n- it\\nTESTS_RUN:\\n- none\\n' > .agent_result.md
"""

FAR = "2099-01-01T00:00:00Z"


class World:
    """A root with one local repository and one scripted agent that takes no time."""

    def __init__(self, binary, parent, name, settings=None, extra_repositories=0):
        self.binary = binary
        self.root = Path(parent) / name
        self.root.mkdir(parents=True)
        home = self.root / "home"
        home.mkdir()
        self.env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "USER": "ann"}
        (self.root / "agent.sh").write_text(AGENT)
        values = {"merge_policy": "auto", "max_dispatch_per_run": 5, "max_open_prs": 100, **(settings or {})}
        more = "".join(f"- {{repo: acme/shop{n}, host: local, path: shop, ci_command: [\"true\"]}}\n" for n in range(2, 2 + extra_repositories))
        (self.root / "config.yaml").write_text(
            "".join(f"{key}: {value}\n" for key, value in values.items()) +
            "agent_fallbacks: {implementation: [worker]}\n"
            f"agents:\n  worker: {{command: [sh, {self.root}/agent.sh]}}\n"
            "repos:\n- repo: acme/shop\n  host: local\n  path: shop\n  ci_command: [\"true\"]\n" + more
        )
        self.seed()

    def seed(self):
        """The repository, its remote and the clone that the configuration names."""
        clone = self.root / "shop"
        clone.mkdir()
        (clone / "README.md").write_text("# Shop\n")
        self.git("init", "--quiet", "--initial-branch=main", "shop")
        self.git("-C", "shop", "add", "--all")
        self.git("-C", "shop", "commit", "--quiet", "-m", "Begin")
        self.git("clone", "--quiet", "--bare", "shop", "remotes/shop.git")
        self.git("-C", "shop", "remote", "add", "origin", str(self.root / "remotes/shop.git"))

    def git(self, *arguments):
        identity = ["-c", "user.name=ann", "-c", "user.email=ann@localhost"]
        subprocess.run(["git", *identity, *arguments], cwd=self.root, env=self.env, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def argv(self, *arguments):
        return [self.binary, "--root", str(self.root), *arguments]

    def run(self, *arguments, env=None):
        done = subprocess.run(self.argv(*arguments), env={**self.env, **(env or {})},
                              cwd=self.root, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def issue(self, title, ready):
        self.run("issue", "create", "--repo", "acme/shop", "--title", title, "--body", "Please.", *(["--ready"] if ready else []))

    def template(self, folder):
        """Task, issue and comments of shop-1, to be copied under other numbers."""
        paths = [f"runtime/mailbox/{folder}/shop-1.md", "board/shop/issues/1.md", "board/shop/issues/1.comments.md"]
        return [(path, (self.root / path).read_text()) for path in paths]

    def copy(self, template, number, change=lambda text: text):
        for path, text in template:
            text = text.replace("shop-1\n", f"shop-{number}\n").replace("issues/1.md", f"issues/{number}.md")
            text = re.sub(r"^(issue|number): 1$", rf"\1: {number}", text, flags=re.M)
            text = text.replace("shop-1 ", f"shop-{number} ")
            path = path.replace("shop-1.md", f"shop-{number}.md").replace("/1.", f"/{number}.")
            (self.root / path).write_text(change(text) if "mailbox" in path else text)


def merged_world(binary, parent, name, settings=None, extra_repositories=0):
    """A world with one task that was merged."""
    world = World(binary, parent, name, settings, extra_repositories)
    world.issue("Add a cart", True)
    for job in ("dispatch", "queue", "pr-monitor"):
        world.run(job)
    return world


def inbox(binary, parent, name, change, count):
    """A world with so many tasks in the inbox, each changed as `change` says."""
    world = World(binary, parent, name)
    world.issue("Add a cart", True)
    world.run("dispatch")
    template = world.template("inbox")
    for number in range(2, count + 1):
        world.copy(template, number, change)
    return world
