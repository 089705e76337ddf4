#!/usr/bin/env python3
"""What an idle run costs on GitHub: many repositories on two boards, against the fake GitHub of the tests.

python3 bench/github.py [REPOSITORIES]   needs a release build and cargo; prints a table of docs/performance.md
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/agentos"
RUNS = 61


def main() -> None:
    repositories = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=ROOT, check=True)
    subprocess.run(["cargo", "build", "--quiet", "--example", "fake-github"], cwd=ROOT, check=True)
    server = subprocess.Popen(
        [ROOT / "target/debug/examples/fake-github", "--idle", str(repositories)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        measure(server, repositories)
    finally:
        server.kill()


def measure(server: subprocess.Popen, repositories: int) -> None:
    url = server.stdout.readline().split(": ", 1)[1].strip()
    server.stdout.readline()
    token = server.stdout.readline().split(": ", 1)[1].strip()
    with tempfile.TemporaryDirectory() as root:
        Path(root, "config.yaml").write_text(configuration(url, repositories))
        env = {"PATH": os.environ["PATH"], "HOME": root, "GITHUB_TOKEN": token}
        print(f"{repositories} repositories, 2 boards, {RUNS - 1} runs after a first one\n")
        print("| run | wall, median | CPU, median | largest memory | requests |")
        print("|---|---|---|---|---|")
        for job in ["dispatch", "pr-monitor", "tick"]:
            walls, cpus, memory, said = [], [], 0, ""
            for _ in range(RUNS):
                wall, usage, said = run(job, root, env)
                walls.append(wall)
                cpus.append(usage.ru_utime + usage.ru_stime)
                memory = max(memory, usage.ru_maxrss)
            requests = re.findall(r"\(.*? s, (\d+ requests?)\)", said)
            print(
                f"| {job} | {statistics.median(walls[1:]) * 1000:.1f} ms "
                f"| {statistics.median(cpus[1:]) * 1000:.1f} ms | {memory / 1024:.1f} MiB | {', '.join(requests)} charged |"
            )


def run(job: str, root: str, env: dict) -> tuple:
    began = time.perf_counter()
    child = subprocess.Popen(
        [BINARY, "--root", root, job], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said = child.stdout.read()
    complained = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    if status != 0:
        sys.exit(f"{job}: {said}{complained}")
    return wall, usage, said


def configuration(url: str, repositories: int) -> str:
    lines = [f"github_api_url: {url}", "github_write_interval_ms: 0", "github_projects:"]
    for board in (2, 3):
        names = [f"acme/repo-{n}" for n in range(repositories) if 2 + n % 2 == board]
        repos = ", ".join(f"{{github_repo: {name}, host: github}}" for name in names)
        lines += [f"  board{board}:", f"    project_number: {board}", f"    repos: [{repos}]"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
