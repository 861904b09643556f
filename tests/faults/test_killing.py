"""The real service, killed by SIGKILL at any step and started again: nothing lost, nothing done twice.

`make soak` runs hundreds more; docs/durability.md says what is promised and how a seed is replayed.
"""

import pytest

from tests.faults.points import AFTER, BEFORE, SENT, SESSION, Kill
from tests.faults.running import KINDS, POSTGRESQL, SQLITE, Plan, Site, drawn, single, singles, steps_of

pytestmark = [pytest.mark.dovecot, pytest.mark.postgres]

SEEDS = range(20)
# What was found by random runs, and mended: each stays as it was found.
FOUND = [
    # The original was destroyed where an equal message, delivered twice, stood in the folder already.
    Plan(
        seed=29,
        kind="no UIDPLUS",
        database=SQLITE,
        portions=(8, 0, 2),
        kills=(
            Kill(step="ledger settle", moment=BEFORE, nth=5),
            Kill(step="imap COPY", moment=BEFORE, nth=5),
        ),
    ),
    Plan(
        seed=41,
        kind="no MOVE",
        database=POSTGRESQL,
        portions=(9, 0, 0, 0, 5),
        kills=(
            Kill(step="imap FETCH whole", moment=AFTER),
            Kill(step="imap STORE deleted", moment=BEFORE, nth=3),
            Kill(step="smtp RCPT", moment=AFTER, nth=2),
            Kill(step="smtp RCPT", moment=SENT, nth=2),
        ),
    ),
]


@pytest.mark.parametrize(("kind", "database"), [*((kind, SQLITE) for kind in KINDS), ("all", POSTGRESQL)])
def test_the_points_listed_are_those_that_the_service_passes(site: Site, kind: str, database: str) -> None:
    """A step that is added to the service, or renamed, must be listed in points.py: else nobody is killed there."""
    outcome = site.run(single(kind, database, None))
    assert outcome.findings == ()
    seen = {(one.step, one.moment) for one in outcome.last}
    listed = steps_of(kind, database)
    assert {step for step, _ in seen} - SESSION == set(listed)
    assert {(step, moment) for step, moments in listed.items() for moment in moments} <= seen


@pytest.mark.parametrize("plan", singles(), ids=str)
def test_killed_once_at_any_step(site: Site, plan: Plan) -> None:
    """Before a step, between a command and its answer, after it: the next start finishes the work."""
    outcome = site.run(plan)
    assert outcome.findings == ()
    assert outcome.struck == plan.kills


@pytest.mark.parametrize("plan", [*FOUND, *(drawn(seed) for seed in SEEDS)], ids=str)
def test_killed_again_and_again(site: Site, plan: Plan) -> None:
    """What finishes the work of a killed process can be killed too, while more mail comes."""
    assert site.run(plan).findings == ()
