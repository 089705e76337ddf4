"""Gauges: wall time, CPU time, memory and system calls of a program."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def peak_rss(argv, env, cwd, times=10, field="VmHWM"):
    """The highest `VmHWM`, or another field of its status, seen while it runs, in MiB: what wait4 reports would include this script's own memory."""
    best = 0
    for _ in range(times):
        child = subprocess.Popen(argv, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        binary = os.path.realpath(argv[0])
        while child.poll() is None:
            try:
                if os.readlink(f"/proc/{child.pid}/exe") != binary:
                    continue
                with open(f"/proc/{child.pid}/status") as status:
                    found = re.search(rf"{field}:\s+(\d+)", status.read())
                best = max(best, int(found.group(1)) if found else 0)
            except OSError:
                pass
    return best / 1024


def read_all(folder):
    """Milliseconds for reading every file of a folder once, best of five: what any look at so many files costs at least."""
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        for entry in os.scandir(folder):
            file = os.open(entry.path, os.O_RDONLY)
            os.read(file, 65536)
            os.close(file)
        taken.append((time.perf_counter() - begun) * 1000)
    return min(taken)


def synced(folder, times=50):
    """Milliseconds for writing 1 kB and syncing it."""
    begun = time.perf_counter()
    with open(Path(folder) / "synced", "wb") as file:
        for _ in range(times):
            file.seek(0)
            file.write(b"x" * 1000)
            file.flush()
            os.fsync(file.fileno())
    return (time.perf_counter() - begun) * 1000 / times


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
