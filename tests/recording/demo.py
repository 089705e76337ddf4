#!/usr/bin/env python3
"""Plays `agentos demo` in a real terminal and draws what it shows as an animated picture, docs/demo.svg.

usage: bin/record-demo [--out FILE] [PROGRAM …]      (default: target/release/agentos demo)

Each line appears when the program wrote it; nothing is sped up, left out or retouched. Where a reader wants no motion, the end is shown.
"""

import html
import os
import pty
import re
import select
import struct
import sys
import termios
import time
import fcntl

COLUMNS, ROWS = 100, 30
# One character, one line, in units of the picture.
WIDTH, HEIGHT, MARGIN = 7.8, 18, 14
# How long the end stays before it begins anew, in seconds.
REST = 8.0
# Control sequences of terminals: the only one that changes a line is "erase to the end".
SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "1": "#ffffff"}


def record(command):
    """Runs a command behind a terminal of its own; pairs of seconds and what was written by then."""
    seen, began = [], time.monotonic()
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    while True:
        if not select.select([terminal], [], [], 120)[0]:
            sys.exit("record-demo: nothing was written for two minutes")
        try:
            some = os.read(terminal, 65536)
        except OSError:
            some = b""
        if not some:
            break
        seen.append((time.monotonic() - began, some))
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"record-demo: {' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return seen


def lines_of(seen):
    """The finished lines with the moment they were written, as a terminal shows them: parts of a text, each with its colour."""
    lines, current, column, colour = [], [], 0, None
    for at, some in seen:
        text, position = some.decode("utf-8", "replace"), 0
        while position < len(text):
            sequence = SEQUENCE.match(text, position)
            if sequence:
                if sequence.group(2) == "K":
                    current = current[:column]
                elif sequence.group(2) == "m":
                    colour = COLOURS.get(sequence.group(1))
                position = sequence.end()
                continue
            character, position = text[position], position + 1
            if character == "\n":
                lines.append((at, current))
                current, column = [], 0
            elif character == "\r":
                column = 0
            elif character.isprintable():
                current[column:column + 1] = [(character, colour)]
                column += 1
    return [(at, row[:COLUMNS]) for at, row in wrapped(lines)]


def wrapped(lines):
    """Breaks what is longer than the terminal is wide."""
    for at, row in lines:
        yield at, row[:COLUMNS]
        for begin in range(COLUMNS, len(row), COLUMNS):
            yield at, row[begin:begin + COLUMNS]


def spans(row):
    """A line as SVG."""
    parts, text, last = [], "", None
    for character, colour in row + [("", "end")]:
        if colour != last and text:
            drawn = html.escape(text, quote=False)
            parts.append(f'<tspan fill="{last}">{drawn}</tspan>' if last else drawn)
            text = ""
        last, text = colour, text + character
    return "".join(parts)


def picture(lines, title):
    """The animation: lines that appear, in a window that moves down when it is full."""
    whole = lines[-1][0] + REST
    per_cent = lambda at: f"{min(at / whole * 100, 99.9):.2f}"
    width, height = COLUMNS * WIDTH + 2 * MARGIN, ROWS * HEIGHT + 2 * MARGIN + 24
    moments = sorted({at for at, _ in lines})
    names = {at: f"a{number}" for number, at in enumerate(moments)}
    style = [
        "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d6deeb;white-space:pre}",
        f".l{{animation-duration:{whole:.2f}s;animation-iteration-count:infinite;animation-timing-function:step-end}}",
    ]
    for at in moments:
        style.append(f"@keyframes {names[at]}{{0%{{opacity:0}}{per_cent(at)}%{{opacity:1}}}}.{names[at]}{{animation-name:{names[at]}}}")
    steps = ["0%{transform:none}"]
    for number, (at, _) in enumerate(lines):
        if number >= ROWS:
            steps.append(f"{per_cent(at)}%{{transform:translateY({(ROWS - 1 - number) * HEIGHT}px)}}")
    end = min(ROWS - len(lines), 0) * HEIGHT
    style.append(f"@keyframes scroll{{{''.join(steps)}}}.scroll{{animation-name:scroll}}")
    style.append(f"@media(prefers-reduced-motion:reduce){{.l{{animation:none}}.scroll{{transform:translateY({end}px)}}}}")
    rows = []
    for number, (at, row) in enumerate(lines):
        if row:
            y = (number + 1) * HEIGHT - 5
            rows.append(f'<text class="l {names[at]}" x="{MARGIN}" y="{y}" xml:space="preserve">{spans(row)}</text>')
    dots = "".join(f'<circle cx="{MARGIN + 6 + 16 * n}" cy="15" r="5" fill="#445"/>' for n in range(3))
    top = 24 + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" role="img">'
        f"<title>{html.escape(title)}</title><style>{''.join(style)}</style>"
        f'<rect width="100%" height="100%" rx="8" fill="#0d1320"/>{dots}'
        f'<svg x="0" y="{top}" width="{width:.0f}" height="{ROWS * HEIGHT}" overflow="hidden"><g class="l scroll">'
        + "\n".join(rows)
        + "</g></svg></svg>\n"
    )


def main():
    arguments = sys.argv[1:]
    if "-h" in arguments or "--help" in arguments:
        print(__doc__.strip())
        return
    tree = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    out = os.path.join(tree, "docs", "demo.svg")
    if arguments[:1] == ["--out"]:
        if len(arguments) < 2:
            sys.exit("record-demo: `--out` needs a file")
        out, arguments = arguments[1], arguments[2:]
    command = arguments or [os.path.join(tree, "target/release/agentos"), "demo"]
    os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS))
    prompt = [("$", "#7ee787")] + [(c, None) for c in " " + " ".join([os.path.basename(command[0])] + command[1:])]
    lines = [(0.0, prompt)] + lines_of(record(command))
    text = picture(lines, f"{' '.join(command[1:] or command)}: {len(lines)} lines in {lines[-1][0]:.1f} seconds")
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"{out}: {len(lines)} lines, {lines[-1][0]:.1f} s, {len(text.encode()) // 1024} kB")


main()
