"""A week of evidence: a million records of runs and of outcomes."""

import datetime
import json
import shutil

from gauge import once, peak_rss
from paper import mib, ms
from world import World

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


def scored(bench, name, runs, tasks, merges, all_failed=False, key=None):
    world = World(bench.binary, bench.parent, name)
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
        if key and job == "score":
            bench.paper.figure("score", min(wall for wall, _ in taken))
            bench.paper.figure("limit score", lines_read(world.root / "runtime/metrics/agent_stats.jsonl", world.env))
    shutil.rmtree(world.root)
    return rows


def evidence(bench):
    million = 100_000 if bench.quick else 1_000_000
    rows = scored(bench, f"{million:,} runs of {million // 3:,} tasks", million, million // 3, 10, key="score")
    rows += scored(bench, f"{million:,} runs of as many tasks", million, million, 10)
    rows += scored(bench, f"{million:,} runs, all failed", million, million // 3, 10, all_failed=True)
    rows += scored(bench, f"{million:,} lines of outcomes of two years", 10, 5, million // 4)
    bench.paper.figure("score records", million)
    bench.paper.table("A week of evidence (target: 2 s and 64 MiB)", ["run", "wall (best)", "CPU (best)", "peak memory"], rows)


def lines_read(path, env):
    """Milliseconds for `wc -l`, best of five: each byte is read, and the ends of lines are found."""
    program = shutil.which("wc")
    return min(once([program, "-l", str(path)], env, path.parent)[0] for _ in range(5))
