"""Measures the release binary on worlds of its own in a temporary folder, and prints Markdown tables."""

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AGENT = """#!/bin/sh
cat > /dev/null
echo "$AGENTOS_TASK_ID" > "work-$AGENTOS_TASK_ID.txt"
printf 'STATUS: complete\\nBLOCKER_CODE: none\\nSUMMARY: Did it.\\nDONE:\\n- it\\nTESTS_RUN:\\n- none\\n' > .agent_result.md
"""

FAR = "2099-01-01T00:00:00Z"


class World:
    """A root with one local repository and one scripted agent that takes no time."""

    def __init__(self, binary, parent, name):
        self.binary = binary
        self.root = Path(parent) / name
        self.root.mkdir(parents=True)
        home = self.root / "home"
        home.mkdir()
        self.env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "USER": "ann"}
        (self.root / "agent.sh").write_text(AGENT)
        (self.root / "config.yaml").write_text(
            "merge_policy: auto\nmax_dispatch_per_run: 5\nmax_open_prs: 100\n"
            "agent_fallbacks: {implementation: [worker]}\n"
            f"agents:\n  worker: {{command: [sh, {self.root}/agent.sh]}}\n"
            "repos:\n- repo: acme/shop\n  host: local\n  path: shop\n  ci_command: [\"true\"]\n"
        )
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
        self.run("issue", "create", "--title", title, "--body", "Please.", *(["--ready"] if ready else []))

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


def once(argv, env, cwd):
    """Wall time and CPU time of one run, in milliseconds."""
    quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
    begun = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, env, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - begun
    if status != 0:
        sys.exit(f"{argv}: status {status}")
    return took * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def median_of(argv, env, cwd, runs):
    taken = [once(argv, env, cwd) for _ in range(runs + 3)][3:]
    walls = sorted(wall for wall, _ in taken)
    return {
        "best": walls[0],
        "wall": statistics.median(walls),
        "p95": walls[min(len(walls) - 1, int(len(walls) * 0.95))],
        # The kernel counts CPU time in steps on some machines: a mean says more than a median there.
        "cpu": statistics.mean(cpu for _, cpu in taken),
    }


def peak_rss(argv, env, cwd, times=10):
    """The highest `VmHWM` seen while it runs, in MiB: what wait4 reports would include this script's own memory."""
    best = 0
    for _ in range(times):
        child = subprocess.Popen(argv, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        binary = os.path.realpath(argv[0])
        while child.poll() is None:
            try:
                if os.readlink(f"/proc/{child.pid}/exe") != binary:
                    continue
                with open(f"/proc/{child.pid}/status") as status:
                    found = re.search(r"VmHWM:\s+(\d+)", status.read())
                best = max(best, int(found.group(1)) if found else 0)
            except OSError:
                pass
    return best / 1024


def traced(argv, env, cwd):
    """Counts of system calls over the whole family of processes; None without strace."""
    if not shutil.which("strace"):
        return None
    with tempfile.NamedTemporaryFile() as out:
        calls = "execve,fsync,fdatasync,write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,openat"
        subprocess.run(["strace", "-f", "-qq", "-s", "300", "-e", f"trace={calls}", "-o", out.name, *argv],
                       env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        lines = Path(out.name).read_text(errors="replace").splitlines()
    good = [line.split(None, 1)[1] for line in lines if " = -1 " not in line and "unfinished" not in line]
    resumed = [re.sub(r"^<\.\.\. (\w+) resumed>.*", r"\1(", line) for line in good]
    programs = [line for line in resumed if line.startswith("execve(")][1:]
    count = lambda *names: sum(line.startswith(tuple(f"{name}(" for name in names)) for line in resumed)
    created = sum(line.startswith("openat(") and "O_CREAT" in line for line in resumed)
    main = lines[0].split()[0] if lines else ""
    own = sum(line.split()[0] == main and re.search(r"\bf(data)?sync\(", line) is not None for line in lines)
    return {
        "processes": len(programs),
        "git": sum('"git"' in line.split("[")[1][:12] if "[" in line else False for line in programs),
        "fsyncs": count("fsync", "fdatasync"),
        "own_fsyncs": own,
        "writes": count("write", "pwrite64", "writev"),
        "creates": created,
    }


def table(title, head, rows):
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    sys.stdout.flush()


def ms(value):
    return f"{value:.1f} ms" if value < 1000 else f"{value / 1000:.2f} s"


def idle_row(name, world, runs, *job):
    argv, env = world.argv(*job), world.env
    taken = median_of(argv, env, world.root, runs)
    calls = traced(argv, env, world.root)
    counts = [calls[key] for key in ("processes", "creates", "writes", "fsyncs")] if calls else ["–"] * 4
    rss = peak_rss(argv, env, world.root)
    return [name, ms(taken["best"]), ms(taken["wall"]), ms(taken["p95"]), ms(taken["cpu"]), f"{rss:.1f} MiB", *counts]


def merged_world(binary, parent, name):
    """A world with one task that was merged."""
    world = World(binary, parent, name)
    world.issue("Add a cart", True)
    for job in ("dispatch", "queue", "pr-monitor"):
        world.run(job)
    return world


def idle(binary, parent, runs):
    head = ["idle run", "wall (best)", "wall (median)", "wall (95 %)", "CPU", "peak RSS", "processes", "files opened to write", "writes", "fsyncs"]
    fresh = merged_world(binary, parent, "idle")
    rows = [idle_row(f"`{job}`", fresh, runs, job) for job in ("tick", "dispatch", "queue", "pr-monitor")]
    old = merged_world(binary, parent, "old")
    # Nobody plans here: else the open issues become sprints, and it is not idle.
    config = old.root / "config.yaml"
    config.write_text("sprint_cadence_days: 0\n" + config.read_text())
    template = old.template("done")
    for number in range(3, 102):
        old.copy(template, number)
    for number in range(50):
        old.issue(f"Some day {number}", False)
    rows.append(idle_row("`tick`, 100 done tasks, 50 open issues", old, runs, "tick"))
    for number in range(200, 1100):
        old.copy(template, number)
    rows.append(idle_row("`tick`, 1,000 done tasks, 50 open issues", old, runs, "tick"))
    table("Idle", head, rows)


def parked(text):
    return text.replace("\nspent: 0\n", f"\nnot_before: {FAR}\nspent: 0\n", 1)


def inbox(binary, parent, name, change, count=1000):
    world = World(binary, parent, name)
    world.issue("Add a cart", True)
    world.run("dispatch")
    template = world.template("inbox")
    for number in range(2, count + 1):
        world.copy(template, number, change)
    return world


def picking(binary, parent, runs):
    def row(name, world, *job):
        taken = median_of(world.argv(*job), world.env, world.root, runs)
        return [name, ms(taken["best"]), ms(taken["wall"]), ms(taken["cpu"])]

    world = inbox(binary, parent, "parked", parked)
    first = world.root / "runtime/mailbox/inbox/shop-1.md"
    text = first.read_text()
    first.write_text(parked(text))
    rows = [row("`queue`, all parked", world, "queue"), row("`tick`, all parked", world, "tick")]
    rows.append(["`queue --once`, one claimable: process start to claim", *claim_time(world, first, text), "–"])
    world = inbox(binary, parent, "ready", lambda text: text)
    rows.append(["`queue --once`, all claimable: process start to claim", *claim_time(world, None, None), "–"])
    agents = {"worker": {"until": FAR, "reason": "quota", "since": "2026-01-01T00:00:00Z"}}
    (world.root / "runtime/state/agents.json").write_text(json.dumps(agents))
    rows.append(row("`queue`, no agent available", world, "queue"))
    table("Picking among 1,000 tasks of the inbox", ["run", "wall (best)", "wall (median)", "CPU"], rows)


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


def claim_time(world, first, text):
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
    return ms(min(taken)), ms(statistics.median(taken))


def took(line):
    found = re.search(r"took_us=(\d+)", line)
    return int(found.group(1)) / 1000 if found else 0.0


def per_task(binary, parent, runs):
    world = World(binary, parent, "task")
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
    synced(world, jobs)


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


def synced(world, jobs):
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
    table("Processes and synced writes of one task", ["job", "programs started", "of these git", "fsyncs, all", "fsyncs, our process"], rows)


def limits(binary, parent, runs):
    world = World(binary, parent, "limits")
    env, root = world.env, world.root
    true = shutil.which("true")
    rows = [["`true`: starting any process", ms(median_of([true], env, root, runs)["wall"])]]
    git = shutil.which("git")
    mirror = str(root / "remotes/shop.git")
    rows.append(["`git --version`", ms(median_of([git, "--version"], env, root, runs)["wall"])])
    rows.append(["`git rev-parse main`", ms(median_of([git, f"--git-dir={mirror}", "rev-parse", "main"], env, root, runs)["wall"])])
    taken = []
    for number in range(10):
        argv = [git, f"--git-dir={mirror}", "worktree", "add", "--quiet", "--detach", str(root / f"wt{number}"), "main"]
        taken.append(once(argv, env, root)[0])
    rows.append(["`git worktree add` of a repository with one file", ms(statistics.median(taken))])
    begun = time.perf_counter()
    for number in range(50):
        with open(root / "synced", "w") as file:
            file.write("x" * 1000)
            file.flush()
            os.fsync(file.fileno())
    rows.append(["write and fsync of 1 kB", f"{(time.perf_counter() - begun) * 20:.2f} ms"])
    python = shutil.which("python3")
    rows.append(["`python3 -c pass`", ms(median_of([python, "-c", "pass"], env, root, runs)["wall"])])
    table("The limits of this machine", ["what", "median"], rows)


def program(binary, parent, runs):
    env = {"PATH": os.environ["PATH"], "HOME": str(parent), "LANG": "C.UTF-8", "USER": "ann"}
    rows = [["size of the binary", f"{os.path.getsize(binary) / 2**20:.1f} MiB"]]
    rows.append(["`agentos --version`", ms(median_of([binary, "--version"], env, parent, runs)["wall"])])
    taken = []
    for number in range(3):
        folder = str(Path(parent) / f"demo{number}")
        taken.append(once([binary, "demo", "--dir", folder], env, parent)[0])
    rows.append(["`agentos demo` (median of 3)", ms(statistics.median(taken))])
    table("The binary", ["what", "figure"], rows)


REASONS = ["error: no such table: orders", "thread 'a' panicked at src/cart.rs:41:9:", "fatal: bad object 3f786850e387"]


def week_of_runs(world, runs, tasks, all_failed=False):
    """`runs` lines of agent_stats.jsonl within the last week, of `tasks` tasks, five agents, four kinds of work and this repository."""
    now = datetime.datetime.now(datetime.timezone.utc)
    metrics = world.root / "runtime/metrics"
    metrics.mkdir(parents=True, exist_ok=True)
    ends = [("complete", "none")] * 6 + [("partial", "test_failure"), ("blocked", "quota_limited"), ("blocked", "timeout"), ("partial", "none")]
    ends = [("partial", "test_failure")] if all_failed else ends
    with open(metrics / "agent_stats.jsonl", "w") as file:
        for n in range(runs):
            at = now - datetime.timedelta(seconds=604_000 * (runs - n) / runs)
            status, code = ends[n * 7 % len(ends)]
            file.write(json.dumps({
                "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "task_id": f"shop-{n % tasks}", "repo": "acme/shop", "issue": n % tasks,
                "agent": ("codex", "claude", "gemini", "deepseek", "worker")[n % 5], "model": None,
                "task_type": ("implementation", "debugging", "docs", "research")[n // 5 % 4], "attempt": str(1 + n // tasks), "status": status,
                "blocker_code": code, "spent": True, "duration_seconds": 30 + n * 7919 % 100_000 / 37, "input_tokens": 1000,
                "output_tokens": 200, "cost_usd": 0.125, "charged_usd": 0.125, "pr": None, "head_sha": None,
            }, separators=(",", ":")) + "\n")
    for n in range(max(0, runs - 3000), runs):
        folder = world.root / f"runtime/runs/shop-{n % tasks}/{1 + n // tasks}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "agent.stderr.log").write_text(f"starting\n{REASONS[n % 3]}\n")


def quarter_of_outcomes(world, merges):
    """Four lines for each of so many merges of two years, nearly all of them judged."""
    now = datetime.datetime.now(datetime.timezone.utc)
    with open(world.root / "runtime/metrics/outcome_attribution.jsonl", "w") as file:
        for n in range(merges):
            at = now - datetime.timedelta(seconds=730 * 86_400 * (merges - n) / merges)
            stamp = lambda days: (at + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
            base = {"repo": "acme/shop", "task_id": f"shop-{n}", "issue": n, "pr": n + 1}
            lines = [{"timestamp": stamp(0), "kind": kind, **base, "check_ids": ["traffic", "arpu"]} for kind in ("pr_opened", "merged")]
            if at + datetime.timedelta(days=8) < now:
                lines += [{"timestamp": stamp(8), "kind": "snapshot", **base, "check_id": check, "interpretation": "improved",
                           "summary": "110 against 100", "source": "evidence"} for check in ("traffic", "arpu")]
            file.write("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


def scored(binary, parent, name, runs, tasks, merges, all_failed=False):
    world = World(binary, parent, name)
    week_of_runs(world, runs, tasks, all_failed)
    quarter_of_outcomes(world, merges)
    config = world.root / "config.yaml"
    config.write_text(config.read_text() + "  outcome_attribution:\n    enabled: true\n    checks:\n"
                      + "".join(f"    - {{id: {check}, type: file, path: {check}.yaml, measurement_window_days: 7}}\n" for check in ("traffic", "arpu")))
    rows = []
    for job in ("score", "analyze", "report"):
        taken = [once(world.argv(job), world.env, world.root) for _ in range(4)][1:]
        rows.append([f"`{job}`, {name}", ms(min(wall for wall, _ in taken)), ms(min(cpu for _, cpu in taken)),
                     f"{peak_rss(world.argv(job), world.env, world.root, 1):.1f} MiB"])
    shutil.rmtree(world.root)
    return rows


def evidence(binary, parent, runs):
    million = 100_000 if runs < 50 else 1_000_000
    rows = scored(binary, parent, f"{million:,} runs of {million // 3:,} tasks", million, million // 3, 10)
    rows += scored(binary, parent, f"{million:,} runs of as many tasks", million, million, 10)
    rows += scored(binary, parent, f"{million:,} runs, all failed", million, million // 3, 10, True)
    rows += scored(binary, parent, f"{million:,} lines of outcomes of two years", 10, 5, million // 4)
    table("A week of evidence (target: 2 s and 64 MiB)", ["run", "wall (best)", "CPU (best)", "peak memory"], rows)


def machine():
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) / 2**20
    git = subprocess.run(["git", "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{os.cpu_count()} × {model.group(1) if model else platform.machine()}, {memory:.0f} GiB, "
          f"Linux {platform.release()}, {git}, load {os.getloadavg()[0]:.1f}, {datetime.date.today()}")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--binary", default="target/release/agentos")
    options.add_argument("--quick", action="store_true", help="fewer repetitions")
    options.add_argument("--only", choices=["program", "limits", "idle", "picking", "task", "evidence"])
    options = options.parse_args()
    binary = os.path.realpath(options.binary)
    runs = 10 if options.quick else 50
    parts = {"program": program, "limits": limits, "idle": idle, "picking": picking,
             "task": lambda *args: per_task(*args[:2], 3 if options.quick else 10), "evidence": evidence}
    machine()
    with tempfile.TemporaryDirectory(prefix="agentos-bench-") as parent:
        for name, part in parts.items():
            if options.only in (None, name):
                part(binary, parent, runs)


if __name__ == "__main__":
    main()
