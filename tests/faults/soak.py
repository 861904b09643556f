"""`make soak`: a kill at every point, then random runs with several kills, on both databases; each can be replayed.

python -m tests.faults.soak --seed 17          one random run again, its files kept
python -m tests.faults.soak --seeds 1000       more of them
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from tests.faults.running import DATABASES, Outcome, Plan, Site, drawn, running_site, singles

MOST_SHOWN = 12  # findings of one run


def main() -> int:
    """Run what is asked for; 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description="Kill the service, and audit.")
    parser.add_argument("--seed", type=int, action="append", help="replay this random run only; may be repeated")
    parser.add_argument("--seeds", type=int, default=300, help="so many random runs on each database (default: 300)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (default: 0)")
    parser.add_argument("--no-points", action="store_true", help="leave out the runs with a single kill")
    parser.add_argument("--database", choices=DATABASES, help="this one only")
    parser.add_argument("--at-once", type=int, default=2, help="runs side by side (default: 2)")
    asked = parser.parse_args()
    databases = [asked.database] if asked.database else list(DATABASES)
    seeds = asked.seed or range(asked.first, asked.first + asked.seeds)
    plans = [drawn(seed, database) for seed in seeds for database in databases]
    if not (asked.seed or asked.no_points):
        plans = [plan for plan in singles() if plan.database in databases] + plans
    folder = Path(tempfile.mkdtemp(prefix="triage-soak-"))
    folder.chmod(0o755)
    with running_site(folder) as site:
        failed = _run_all(site, plans, at_once=asked.at_once, keep=bool(asked.seed))
    if failed or asked.seed:
        sys.stdout.write(f"logs and ledgers are kept in {folder}\n")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


def _run_all(site: Site, plans: Sequence[Plan], *, at_once: int, keep: bool) -> int:
    """Run all, telling of each that fails as it fails; how many did."""
    console = Console(soft_wrap=True)
    began, failed, struck = time.monotonic(), 0, 0
    with Progress(console=console) as progress, ThreadPoolExecutor(at_once) as pool:
        task = progress.add_task("killing", total=len(plans))
        runs = {pool.submit(site.run, plan): plan for plan in plans}
        for run in as_completed(runs):
            try:
                outcome = run.result()
            except Exception as error:  # noqa: BLE001 - one run that breaks costs no other
                outcome = Outcome(findings=(f"the run broke: {error!r}",))
            struck += len(outcome.struck)
            if outcome.findings:
                failed += 1
                _tell(console, runs[run], outcome)
            elif outcome.folder and not keep:
                shutil.rmtree(outcome.folder)
            progress.update(task, advance=1, description=f"{struck} kills, {failed} failed")
    minutes = (time.monotonic() - began) / 60
    kills = sum(len(plan.kills) for plan in plans)
    console.print(
        f"{len(plans)} runs in {minutes:.1f} min; the service was killed {struck} times "
        f"({kills - struck} of the points drawn were not reached); {failed} runs failed"
    )
    return failed


def _tell(console: Console, plan: Plan, outcome: Outcome) -> None:
    console.print(f"FAILED {plan}", style="red", highlight=False, markup=False)
    for finding in outcome.findings[:MOST_SHOWN]:
        console.print(f"    {finding}", highlight=False, markup=False)
    if len(outcome.findings) > MOST_SHOWN:
        console.print(f"    … {len(outcome.findings) - MOST_SHOWN} more")
    console.print(f"    logs: {outcome.folder}", highlight=False, markup=False)


if __name__ == "__main__":
    sys.exit(main())
