"""A worktree of a repository of 100,000 files: ours, from `queue` until it stands, beside plain git on the same mirror."""

import shutil
import statistics
import subprocess

from gauge import once
from paper import ms
from story import debugged, took
from world import World


class Large(World):
    """A world whose repository has many files."""

    def __init__(self, binary, parent, name, files):
        self.files = files
        super().__init__(binary, parent, name)

    def seed(self):
        remote = self.root / "remotes/shop.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", remote], env=self.env, check=True)
        writer = subprocess.Popen(["git", "-C", remote, "fast-import", "--quiet"], env=self.env, stdin=subprocess.PIPE, text=True)
        writer.stdin.write("commit refs/heads/main\ncommitter ann <ann@localhost> 1700000000 +0000\ndata 5\nBegin\n")
        for number in range(self.files):
            text = f"This is file {number}.\n" * 4
            writer.stdin.write(f"M 100644 inline src/{number // 1000}/{number // 100 % 10}/{number}.txt\ndata {len(text)}\n{text}\n")
        writer.stdin.close()
        if writer.wait() != 0:
            raise SystemExit("git fast-import failed")
        config = self.root / "config.yaml"
        config.write_text(config.read_text().replace("path: shop", f"remote: {remote}"))


def worktrees(bench):
    files = 10_000 if bench.quick else 100_000
    world = Large(bench.binary, bench.parent, "large", files)
    # The mirror keeps the branches of the remote under names of its own.
    tip = subprocess.run(["git", "-C", world.root / "remotes/shop.git", "rev-parse", "main"], env=world.env, check=True,
                         capture_output=True, text=True).stdout.strip()
    mirror = world.root / "runtime/repos/shop.git"
    rows, ours, plain = [], [], []
    for number, name in enumerate(("first task, with the mirror", "second task", "third task"), 1):
        world.issue(f"Task {number}", True)
        world.run("dispatch")
        wall, in_git, calls = stage(world)
        ours.append(wall)
        rows.append([f"`queue`, {name}: from the claim to the worktree", ms(wall), ms(in_git), calls])
        # In turns: the disk is slower with the first files that it is given than with those that follow.
        place = str(world.root / f"plain{number}")
        argv = [shutil.which("git"), f"--git-dir={mirror}", "worktree", "add", "--quiet", "--detach", place, tip]
        plain.append(once(argv, world.env, world.root)[0])
    rows.append(["to compare: `git worktree add` on the same mirror", ms(statistics.median(plain)), "", 1])
    bench.paper.figure("worktree", min(ours[1:]))
    bench.paper.figure("limit worktree", min(plain))
    bench.paper.figure("worktree files", files)
    bench.paper.table(f"A worktree of {files:,} files", ["what", "wall", "of it in git", "git calls"], rows)
    shutil.rmtree(world.root)


def stage(world):
    """Milliseconds from the claim of a task to its worktree, the part of git in it, and git's calls."""
    _, _, lines = debugged(world, "queue")
    since = next(at for at, line in lines if line.startswith("stage finished") and "claimed" in line)
    until = next(at for at, line in lines if line.startswith("stage finished") and "worktree" in line)
    git = [took(line) for at, line in lines if since <= at <= until and line.startswith("git, ")]
    return (until - since) * 1000, sum(git), len(git)
