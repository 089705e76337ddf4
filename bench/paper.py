"""What is measured becomes tables on the screen, the same in target/bench, and figures that the summary is made of."""

import datetime
import json
import os
import platform
import re
import subprocess
from pathlib import Path


def ms(value):
    return f"{value:.1f} ms" if value < 1000 else f"{value / 1000:.2f} s"


def mib(value):
    return f"{value:.1f} MiB"


def machine():
    """The machine, how busy it is, and the day."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) / 2**20
    git = subprocess.run(["git", "--version"], capture_output=True, text=True).stdout.strip()
    return (f"{os.cpu_count()} × {model.group(1) if model else platform.machine()}, {memory:.0f} GiB, "
            f"Linux {platform.release()}, {git}, load {os.getloadavg()[0]:.1f}, {datetime.date.today()}")


class Paper:
    """Tables of one run, kept by part in a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.figures, self.part = {}, None

    def begin(self, part):
        self.part = self.folder / f"{part}.md"
        self.part.write_text("")

    def say(self, text):
        print(text, flush=True)
        with open(self.part, "a") as file:
            file.write(text + "\n")

    def table(self, title, head, rows):
        lines = [f"\n### {title}\n", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        self.say("\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]))

    def figure(self, name, value):
        """A number for the summary: milliseconds, MiB or a count."""
        self.figures[name] = value

    def keep(self):
        (self.folder / "figures.json").write_text(json.dumps(self.figures, indent=1) + "\n")


def write_into(document, folder):
    """Puts the tables of the last runs between their marks in a document: `<!-- bench: PART -->` and `<!-- bench: end -->`."""
    text = Path(document).read_text()
    for part in Path(folder).glob("*.md"):
        begin, end = f"<!-- bench: {part.stem} -->\n", "<!-- bench: end -->"
        if begin in text:
            before, rest = text.split(begin, 1)
            inside = re.sub(r"^### (.*)$", r"**\1**", part.read_text().strip(), flags=re.M)
            text = f"{before}{begin}\n{inside}\n\n{end}{rest.split(end, 1)[1]}"
    Path(document).write_text(text)
