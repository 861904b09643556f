"""Break triage/core/policy/ in one place at a time, and show each change that no test notices: `make mutants`.

mutmut makes the changes (not those of texts, which tests do not hold word for word) and tells which tests come by a
function. Its own runner collects all tests anew for each change, which takes seconds; here each change is tried in a
fork of one process that has collected them and run none, so that no test finds what another left in a cache.
"""

import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from mutmut.mutation import file_mutation, mutators
from mutmut.mutation.file_mutation import MutatedFile
from mutmut.state import state

ROOT = Path(__file__).resolve().parents[1]
POLICY = "triage/core/policy"
COPIED = ("classifiers", "docs", "examples", "migrations", "rules", "tests", "triage", "pyproject.toml")
TESTS = (
    "tests/unit/policy",
    *(f"tests/property/test_{name}.py" for name in ("policy", "floors", "layers", "checks", "simulation")),
)
EXAMPLES = 20  # of each property
SECONDS = 10  # of computing, beside what the tests take of themselves: longer, and it never ends


def main(modules: Sequence[str]) -> int:
    """Try the modules named, or all; `NAME@60` tries sixty changes of one, always the same sixty."""
    changed = [op for op in file_mutation.mutation_operators if op[1] is not mutators.operator_string]
    file_mutation.mutation_operators = changed
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, Path(folder, name))
        os.chdir(folder)
        sys.path.insert(0, folder)
        trying = Trying(modules or sorted(file.stem for file in Path(POLICY).glob("*.py")))
        options = ["-q", "-s", "--tb=no", "--assert=plain", "-p", "no:randomly", "-p", "no:cacheprovider"]
        pytest.main([*options, "-n", "0", *TESTS], plugins=[trying])
    return 0


class Trying:
    """A pytest plugin that runs the collected tests against each change instead of once."""

    def __init__(self, modules: Sequence[str]) -> None:
        """Write the modules with all their changes in them, of which an environment variable names the one in force."""
        self.modules: dict[str, tuple[MutatedFile, list[str]]] = {}
        for module in modules:
            name, _, most = module.partition("@")
            file = Path(POLICY, f"{name}.py")
            mutated = file_mutation.mutate_file_contents(str(file), file.read_text(encoding="utf-8"))
            file.write_text(mutated.code, encoding="utf-8")
            some = list(mutated.mutant_names)
            if most:
                some = sorted(random.Random(0).sample(some, min(int(most), len(some))))  # noqa: S311 - no secret
            self.modules[name] = mutated, some
        self.failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the test that noticed."""
        if report.failed:
            self.failed = report.nodeid

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every change, and print what no test noticed and how many they were."""
        os.environ["MUTANT_UNDER_TEST"] = ""
        session.config.pluginmanager.unregister(name="terminalreporter")  # a dot for each test would be millions
        items = {item.nodeid: item for item in session.items}
        for item in session.items:
            _shorten(item)
        surveyed = in_fork(lambda: self._survey(items))
        if surveyed is None:
            print("A test fails without any change: see `make test`.")
            return True
        reaching, took = surveyed
        for module, (mutated, names) in self.modules.items():
            noticed: Counter[str] = Counter()
            counts: Counter[str] = Counter()
            for name in names:
                function = f"triage.core.policy.{module}.{name.rpartition('__mutmut_')[0]}"
                # Those first that noticed most of the module's changes so far, then the fastest.
                tests = sorted(reaching.get(function, ()), key=lambda one: (-noticed[one], took[one]))
                outcome, by = self._outcome(f"triage.core.policy.{module}.{name}", [items[one] for one in tests], took)
                counts[outcome] += 1
                noticed[by] += 1
                if outcome == "survived":
                    print("\n".join(difference(mutated, name)), flush=True)
            print(module, dict(counts), flush=True)
        return True

    def _survey(self, items: dict[str, pytest.Item]) -> tuple[dict[str, list[str]], dict[str, float]]:
        """Which tests come by which function, and how long each takes."""
        os.environ["MUTANT_UNDER_TEST"] = "stats"
        reaching: dict[str, list[str]] = defaultdict(list)
        took: dict[str, float] = {}
        for name, item in items.items():
            began = time.perf_counter()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            took[name] = time.perf_counter() - began
            for function in state()._stats:
                reaching[function].append(name)
            state()._stats.clear()
        assert not self.failed, f"{self.failed} fails without any change"
        return reaching, took

    def _outcome(self, mutant: str, tests: Sequence[pytest.Item], took: dict[str, float]) -> tuple[str, str]:
        def run() -> tuple[str, str]:
            os.environ["MUTANT_UNDER_TEST"] = mutant
            most = SECONDS + int(sum(took[item.nodeid] for item in tests))
            resource.setrlimit(resource.RLIMIT_CPU, (most, most))
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
            for item in tests:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if self.failed:
                    return "noticed", self.failed
            return "survived", ""

        return in_fork(run) or ("never ended", "")


def in_fork(work: Any) -> Any:
    """What `work` gives in a child; None where the child ended before."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(work(), pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return json.loads(told) if told else None


def _shorten(item: pytest.Item) -> None:
    """Fewer examples, always the same, and no search for the smallest one that fails."""
    from hypothesis import Phase, settings  # noqa: PLC0415 - pytest must import it first, to rewrite its asserts

    function = getattr(item, "function", None)
    if own := getattr(function, "_hypothesis_internal_use_settings", None):
        phases = (Phase.explicit, Phase.generate)
        function._hypothesis_internal_use_settings = settings(  # type: ignore[union-attr]
            own, max_examples=EXAMPLES, derandomize=True, database=None, phases=phases
        )


def difference(mutated: MutatedFile, name: str) -> Iterator[str]:
    """The lines that a change takes and puts."""
    lines = mutated.code.splitlines()

    def of(function: str) -> list[str]:
        span = mutated.line_span_by_function_name[function]
        return lines[span.start - 1 : span.end]

    function = name.rpartition("__mutmut_")[0]
    yield name
    for line in unified_diff(of(f"{function}__mutmut_orig"), of(name), n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")) and "__mutmut_" not in line:
            yield line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
