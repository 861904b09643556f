"""docs/guide.md is walked from top to bottom, as by a new operator: files written, commands run, beside a running demo.

What a command prints must be what the guide shows. Times and what grows with the shipped rules are left out of the
comparison; digests and references may be others, as long as each name in the guide means one thing.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pytest
from typer.testing import CliRunner

from triage.cli import app

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guide.md"
WIDTH = "120"  # columns of the terminal that the guide shows
STARTS_WITHIN = 120.0
# Rules are looked at every two seconds, and must be the same twice; health is written every five.
SETTLES_WITHIN = 40.0
WATCHING = ("triage health", "triage messages", "triage report")  # what changes by itself, a little later
BLOCK = re.compile(r"(?:<!-- (file|change): (\S+) -->\n)?```(\w+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
NAMES = re.compile(r"\b[A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z]{4}\b|\b[0-9a-f]{12,64}\b")
VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:\+00:00)?)?|\b\d\d:\d\d\b"), "<time>"),
    (re.compile(r'"(uid|uidvalidity)": \d+'), r'"\1": <number>'),
    (re.compile(r"\d+\.\d\d s\b"), "<seconds>"),
    # These change whenever the shipped rules or their tests do.
    (re.compile(r"\bdefault\.yaml:\d+"), "default.yaml:<line>"),
    (re.compile(r"\b\d+ (passed|rules)\b"), r"<number> \1"),
    (re.compile(r"\s+"), " "),
)
ANY_LINES = "…"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the guide has the reader do."""

    kind: str  # file, change, or run
    what: str  # the file's path, or the command
    text: str  # the file's content, the change as a diff, or what the command prints


def steps(page: str) -> Iterator[Step]:
    """What the page has the reader do, in order. What is in no block of these kinds is for reading only."""
    for mark, path, language, text in BLOCK.findall(page):
        if mark:
            yield Step(mark, path, text + "\n")
        elif language == "console":
            for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                line, _, printed = command.partition("\n")
                yield Step("run", line, printed.strip("\n"))


def changed(text: str, diff: str) -> str:
    """The text with each run of lines marked "-" replaced by the lines marked "+" that follow it."""
    runs = [
        (mark, "".join(f"{line[1:]}\n" for line in lines))
        for mark, lines in groupby(diff.splitlines(), lambda line: line[:1])
    ]
    assert [mark for mark, _ in runs] == ["-", "+"] * (len(runs) // 2) or [mark for mark, _ in runs] == ["-"], diff
    old, new = runs[0][1], "".join(lines for mark, lines in runs if mark == "+")
    assert text.count(old) == 1, f"{old!r} does not stand once in\n{text}"
    return text.replace(old, new)


@dataclass
class Reader:
    """Somebody who follows the guide in a folder."""

    folder: Path
    names: dict[str, str] = field(default_factory=dict)  # digests and references: the guide's → those here

    def differs(self, expected: str, got: str) -> str | None:
        """Why what was printed is not what the guide shows; None where it is. Learns what the guide's names mean."""
        bound = dict(self.names)
        lines = [self._plain(line) for line in got.splitlines() if line.strip()]
        skipping = False
        for line in filter(str.strip, expected.splitlines()):
            if line.strip() == ANY_LINES:
                skipping = True
                continue
            wanted = self._plain(line)
            while lines and skipping and not _same(wanted, lines[0], dict(bound)):
                lines.pop(0)
            if not lines or not _same(wanted, lines[0], bound):
                return f"the guide shows\n  {wanted}\nwhere there is\n  {lines[0] if lines else '(nothing more)'}"
            lines.pop(0)
            skipping = False
        if lines and not skipping:
            return f"the guide does not show\n  {lines[0]}"
        self.names = bound
        return None

    def command(self, written: str) -> str:
        """The command with the guide's names replaced."""
        return NAMES.sub(lambda found: self.names.get(found[0], found[0]), written)

    def _plain(self, line: str) -> str:
        line = line.replace(f"{self.folder}/", "/srv/")
        for pattern, word in VARYING:
            line = pattern.sub(word, line)
        return line.strip()


def _same(wanted: str, line: str, bound: dict[str, str]) -> bool:
    """Whether the lines are alike, names apart, and each name of the guide means what it meant before."""
    if NAMES.sub("<name>", wanted) != NAMES.sub("<name>", line):
        return False
    for name, here in zip(NAMES.findall(wanted), NAMES.findall(line), strict=True):
        if bound.setdefault(name, here) != here or list(bound.values()).count(here) > 1:
            return False
    return True


def run(command: str) -> str:
    """Run one line and give what it prints; of `triage`, in this process."""
    words = shlex.split(command)
    if words[0] == "triage":
        result = CliRunner().invoke(app, words[1:])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.output
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return done.stdout


@contextmanager
def running_demo(command: str, environment: Mapping[str, str]) -> Iterator[str]:
    """The demo, as in a terminal of its own, until the block ends; gives what it printed."""
    log = Path("demo.log")
    with log.open("w") as out:
        demo = subprocess.Popen(
            [sys.executable, "-m", *shlex.split(command)], stdout=out, stderr=subprocess.STDOUT, env=environment
        )
        try:
            until = time.monotonic() + STARTS_WITHIN
            while "Staying up" not in log.read_text() and demo.poll() is None and time.monotonic() < until:
                time.sleep(0.2)
            yield log.read_text()
        finally:
            demo.send_signal(signal.SIGINT)
            try:
                demo.wait(30)
            except subprocess.TimeoutExpired:  # Ctrl-C is ignored by what was started in the background
                demo.kill()
                demo.wait()


def follow(reader: Reader, step: Step) -> str | None:
    """Do one step; why it does not go as the guide says, if it does not."""
    if step.kind != "run":
        file = Path(step.what)
        text = step.text if step.kind == "file" else changed(file.read_text(encoding="utf-8"), step.text)
        file.write_text(text, encoding="utf-8")
        return None
    if step.what.startswith("cd "):
        os.chdir(step.what.removeprefix("cd "))
        return None
    until = time.monotonic() + (SETTLES_WITHIN if step.what.startswith(WATCHING) else 0)
    while True:
        wrong = reader.differs(step.text, printed := run(reader.command(step.what)))
        if not wrong:
            return None
        if time.monotonic() > until:
            return f"$ {step.what}\n{wrong}\nin\n{printed}"
        time.sleep(0.5)


@pytest.mark.timeout(300)
def test_the_guide_leads_from_a_wish_to_a_rule_in_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file, each change and each command of the guide, in order, beside one demo with a real ledger."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", WIDTH)
    monkeypatch.delenv("TRIAGE_CONFIG", raising=False)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    reader = Reader(tmp_path)
    demo, *others = steps(GUIDE.read_text(encoding="utf-8"))
    assert demo.what.startswith("triage demo --folder ")
    with running_demo(demo.what, {**os.environ, "PYTHONPATH": str(ROOT)}) as printed:
        assert reader.differs(demo.text, printed) is None, printed
        for step in others:
            wrong = follow(reader, step)
            assert wrong is None, wrong
        monkeypatch.chdir(tmp_path)


def test_what_is_printed_otherwise_is_found() -> None:
    """The walk can fail: another word, a line too many or too few, a name that means two things."""
    reader = Reader(Path("/x"))
    printed = "rule a, DEL-CCCC-DDDD\nmuch\nmore\nend in 0.51 s"
    assert reader.differs("rule a, DEL-AAAA-BBBB\n…\nend in 0.37 s", printed) is None
    assert reader.command("show DEL-AAAA-BBBB") == "show DEL-CCCC-DDDD"
    assert reader.differs("rule a", "rule b")
    assert reader.differs("rule a", "rule a\nrule b")
    assert reader.differs("rule a\nrule b", "rule a")
    assert reader.differs("of DEL-AAAA-BBBB", "of DEL-EEEE-FFFF"), "another message"
    assert reader.differs("of DEL-GGGG-HHHH", "of DEL-CCCC-DDDD"), "the guide means two messages, and here is one"
    assert changed("a\nb\nc\n", "-b\n+B\n") == "a\nB\nc\n"
    assert changed("a\nb\nc\n", "-b\n") == "a\nc\n"
