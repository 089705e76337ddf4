"""What an idle run costs on GitHub: many repositories on two boards, against the fake GitHub of the tests, a debug build on this machine."""

import http.client
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlparse

from paper import mib, ms

ROOT = Path(__file__).resolve().parent.parent
FAKE = ROOT / "target/debug/examples/fake-github"


def github(bench):
    if not FAKE.exists():
        raise SystemExit(f"{FAKE} is missing: `cargo build --example fake-github`, or leave it to bench/run.sh")
    rows = []
    for repositories in (1, 10, 100):
        server = subprocess.Popen([FAKE, "--idle", str(repositories)], stdout=subprocess.PIPE, text=True)
        try:
            rows += measured(bench, server, repositories)
        finally:
            server.kill()
            server.wait()
    bench.paper.table("Idle on GitHub: twenty open issues in each repository, two boards, nothing Ready",
                      ["run", "wall (best)", "wall (median)", "CPU", "peak memory", "charged", "not modified", "one round trip"], rows)
    bench.paper.table("Requests of an operation, at most (docs/github.md; tests hold it)", ["operation", "charged requests"], requests())


def measured(bench, server, repositories):
    url = server.stdout.readline().split(": ", 1)[1].strip()
    server.stdout.readline()
    token = server.stdout.readline().split(": ", 1)[1].strip()
    trip = round_trip(url, token)
    rows = []
    with tempfile.TemporaryDirectory(dir=bench.parent) as root:
        Path(root, "config.yaml").write_text(configuration(url, repositories))
        env = {"PATH": os.environ["PATH"], "HOME": root, "GITHUB_TOKEN": token}
        for job in ("dispatch", "pr-monitor", "tick"):
            taken = [run(bench.binary, job, root, env) for _ in range(12 if repositories == 100 else bench.runs + 1)][1:]
            walls = [wall for wall, _, _ in taken]
            cpu = statistics.mean(usage.ru_utime + usage.ru_stime for _, usage, _ in taken) * 1000
            memory = max(usage.ru_maxrss for _, usage, _ in taken) / 1024
            charged, free = taken[-1][2]
            bench.paper.figure(f"github {repositories} {job}", min(walls))
            bench.paper.figure(f"github {repositories} {job} requests", charged + free)
            rows.append([f"`{job}`, {repositories} repositories", ms(min(walls)), ms(statistics.median(walls)), ms(cpu), mib(memory),
                         charged, free, ms(trip)])
    bench.paper.figure("limit round trip", trip)
    return rows


def run(binary, job, root, env):
    """Wall time, what the kernel counted, and the requests, charged and free."""
    began = time.perf_counter()
    argv = [binary, "--root", root, "--json", job]
    child = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said, complained = child.stdout.read(), child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = (time.perf_counter() - began) * 1000
    if status != 0:
        raise SystemExit(f"{job}: {said}{complained}")
    reports = json.loads(said)
    requests = [report["requests"] for report in (reports if isinstance(reports, list) else [reports])]
    return wall, usage, (sum(r["charged"] for r in requests), sum(r["not_modified"] for r in requests))


def round_trip(url, token):
    """Milliseconds for one small answer of the server over a connection that is open, best of fifty."""
    place = urlparse(url)
    connection = http.client.HTTPConnection(place.hostname, place.port)
    taken = []
    for _ in range(50):
        began = time.perf_counter()
        connection.request("GET", f"{place.path.rstrip('/')}/rate_limit", headers={"Authorization": f"Bearer {token}", "User-Agent": "bench"})
        connection.getresponse().read()
        taken.append((time.perf_counter() - began) * 1000)
    connection.close()
    return min(taken)


def configuration(url, repositories):
    lines = [f"github_api_url: {url}", "github_write_interval_ms: 0", "sprint_cadence_days: 0", "github_projects:"]
    for board in (2, 3):
        names = [f"acme/repo-{n}" for n in range(repositories) if 2 + n % 2 == board]
        repos = ", ".join(f"{{github_repo: {name}, host: github}}" for name in names)
        if names:
            lines += [f"  board{board}:", f"    project_number: {board}", f"    repos: [{repos}]"]
    return "\n".join(lines) + "\n"


def requests():
    """The rows of docs/github.md, which a test compares with what is asked."""
    text = (ROOT / "docs/github.md").read_text().split("## What an operation costs", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (.+?) \| (\d+) \|$", text, flags=re.M)
    return [[operation, count] for operation, count in rows]
