"""One run: mail is delivered, the service killed and started again as planned, and all is audited in the end."""

import random
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path

from sqlalchemy import Engine, create_engine, func, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.faults import audit
from tests.faults.mail import Letter, letters
from tests.faults.points import (
    AFTER,
    BEFORE,
    STEPS,
    STEPS_OF_COPYING,
    STEPS_OF_REMOVING,
    STEPS_OF_SHARING,
    Kill,
    Moment,
    Passed,
    passed,
)
from tests.faults.process import Service, Starter, running_starter
from tests.servers import postgres
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.smtp import Sink, running_sink
from tests.world import World, make_world
from triage.ledger.schema import effects, messages, replicas

QUIET_WITHIN = 40.0  # seconds
SQLITE, POSTGRESQL = DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of IMAP server, by what it tells that it can."""

    without: tuple[str, ...] = ()
    separator: str = "/"
    prefix: str = ""
    steps: Mapping[str, tuple[Moment, ...]]  # that the service takes there


def _steps(*added: Mapping[str, tuple[Moment, ...]]) -> dict[str, tuple[Moment, ...]]:
    copying = {step: moments for step, moments in STEPS.items() if step != "imap MOVE"}
    return {**copying, **{step: moments for steps in added for step, moments in steps.items()}}


KINDS = {
    "all": Kind(steps=STEPS),
    "no MOVE": Kind(
        without=("MOVE", "IDLE"), separator=".", prefix="INBOX.", steps=_steps(STEPS_OF_COPYING, STEPS_OF_REMOVING)
    ),
    "no UIDPLUS": Kind(without=("MOVE", "UIDPLUS"), steps=_steps(STEPS_OF_COPYING)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens in a run; `seed` makes the mail too."""

    seed: int
    kind: str
    database: str
    portions: tuple[int, ...]  # so many messages come before each start; there is one more start than kills
    kills: tuple[Kill, ...]

    def __str__(self) -> str:
        """As it is printed with a failure."""
        kills = "; ".join(str(kill) for kill in self.kills) or "nowhere"
        return f"seed {self.seed}: server {self.kind}, {self.database}, mail {self.portions}, killed at: {kills}"


def single(kind: str, database: str, kill: Kill | None) -> Plan:
    """Plan one kill among ten messages, of every sort."""
    return Plan(seed=0, kind=kind, database=database, portions=(10,), kills=(kill,) if kill else ())


def steps_of(kind: str, database: str) -> Mapping[str, tuple[Moment, ...]]:
    """Every step that the service takes there, with the moments at which it can be killed."""
    return {**KINDS[kind].steps, **STEPS_OF_SHARING} if database == POSTGRESQL else KINDS[kind].steps


def singles() -> list[Plan]:
    """Plan a run for each point: the ledger's on both databases, all others in turn on one and the other."""
    plans: list[Plan] = []
    turns = cycle(DATABASES)
    seen: set[str] = set()
    for kind in KINDS:
        for step, moments in steps_of(kind, POSTGRESQL).items():
            # Where originals are only marked, the step after the copy is the last: worth being killed at by itself.
            if step in seen and not (kind == "no UIDPLUS" and step in STEPS_OF_COPYING):
                continue
            seen.add(step)
            for moment in moments:
                both = step.startswith("ledger")
                for database in DATABASES if both else (next(turns),):
                    if step in steps_of(kind, database):
                        plans.append(single(kind, database, Kill(step=step, moment=moment)))
    return plans


def drawn(seed: int, database: str | None = None) -> Plan:
    """Plan a run with several kills, the same for a seed always."""
    rng = random.Random(seed)
    kind = rng.choice(list(KINDS))
    database = database or DATABASES[seed % 2]
    points = [(step, moment) for step, moments in steps_of(kind, database).items() for moment in moments]
    kills = []
    for _ in range(rng.randint(2, 5)):
        step, moment = rng.choice(points)
        kills.append(Kill(step=step, moment=moment, nth=rng.choice([1, 1, 1, 2, 2, 3])))
    portions = [rng.randint(6, 12), *(rng.choice([0, 2, 3, 5]) for _ in kills)]
    return Plan(
        seed=seed,
        kind=kind,
        database=database,
        portions=tuple(portions),
        kills=tuple(kills),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to."""

    findings: tuple[str, ...]
    struck: tuple[Kill, ...] = ()  # kills whose point was reached
    folder: Path | None = None  # where the services' logs are; None: the run broke
    last: tuple[Passed, ...] = ()  # the points that the last service passed


class Site:
    """The servers that runs share, and a folder in which each has its own."""

    def __init__(
        self, folder: Path, sink: Sink, starter: Starter, servers: Mapping[str, Dovecot], database: str
    ) -> None:
        """Take what is running; use `running_site`."""
        self._folder = folder
        self._sink = sink
        self._starter = starter
        self._servers = servers
        self._postgres = database
        self._numbers = count(1)

    def run(self, plan: Plan) -> Outcome:
        """Carry out a plan; all there is to see of it stands in a folder of its own."""
        return _Run(self, plan).carried_out()

    def new_world(self, plan: Plan, name: str) -> World:
        """Make a live office of its own."""
        folder = self._folder / name
        folder.mkdir()
        database = None if plan.database == SQLITE else postgres.new_database(self._postgres)
        return make_world(
            folder,
            self._servers[plan.kind],
            user=name,
            smtp_port=self._sink.port,
            database=database,
            contacts={"duty": f"duty@{name}.example"},
        )

    def new_name(self) -> str:
        """Give a name for a run."""
        return f"run{next(self._numbers)}"

    def start(self, world: World, name: str, kill: Kill | None) -> Service:
        """Start the service on it."""
        return self._starter.start(world.config, name, kill)

    def seen(self, world: World, prefix: str, ledger: Engine) -> audit.Seen:
        """Look at one office."""
        mine = f"@{world.user}.example"
        taken = [one for one in self._sink.taken if any(who.endswith(mine) for who in one.recipients)]
        return audit.look(world.server, world.user, prefix=prefix, taken=taken, ledger=ledger)


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """Run all servers until the block ends."""
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(
                running_dovecot(
                    folder / name.replace(" ", "-"), without=kind.without, separator=kind.separator, prefix=kind.prefix
                )
            )
            for name, kind in KINDS.items()
        }
        runs = folder / "runs"
        runs.mkdir()
        yield Site(
            runs,
            stack.enter_context(running_sink()),
            stack.enter_context(running_starter()),
            servers,
            stack.enter_context(postgres.running_postgres(folder / "postgres")),
        )


class _Run:
    def __init__(self, site: Site, plan: Plan) -> None:
        self._site = site
        self._plan = plan
        name = site.new_name()
        self._mail = letters(random.Random(plan.seed), name, sum(plan.portions))
        self._world = site.new_world(plan, name)
        self._ledger = create_engine(str(self._world.settings.database.url))
        self._delivered: list[Letter] = []
        self._findings: list[str] = []
        self._in_doubt: list[str] = []
        self._struck: list[Kill] = []

    def carried_out(self) -> Outcome:
        portions = [*self._plan.portions, *[0] * (len(self._plan.kills) + 1 - len(self._plan.portions))]
        for number, (portion, kill) in enumerate(zip(portions, [*self._plan.kills, None], strict=True), 1):
            self._deliver(portion)
            service = self._site.start(self._world, f"start{number}", kill)
            self._until_it_ends(service, kill)
        kind = KINDS[self._plan.kind]
        try:
            seen = self._site.seen(self._world, kind.prefix, self._ledger)
        except DBAPIError as error:
            self._findings.append(f"the ledger cannot be read: {error.orig}")
        else:
            marks = "UIDPLUS" in kind.without
            self._findings += audit.findings(seen, self._delivered, in_doubt=self._in_doubt, marks=marks)
        self._ledger.dispose()
        return Outcome(
            findings=tuple(self._findings),
            struck=tuple(self._struck),
            folder=service.log.parent,
            last=tuple(passed(service.points)),
        )

    def _deliver(self, portion: int) -> None:
        some = self._mail[len(self._delivered) :][:portion]
        if some:
            self._world.server.append(self._world.user, [one.raw for one in some])
        self._delivered += some

    def _until_it_ends(self, service: Service, kill: Kill | None) -> None:
        """Wait until it is killed, or all is quiet and it has stopped when asked to."""
        until = time.monotonic() + QUIET_WITHIN
        while service.status is None and not (self._quiet() and service.has_swept()):
            if time.monotonic() > until:
                self._findings.append(f"not all was done within {QUIET_WITHIN:.0f} s; see {service.log}")
                break
            time.sleep(0.02)
        service.signal(signal.SIGTERM)
        status = service.wait()
        if kill and status == -signal.SIGKILL:
            self._struck.append(kill)
            self._in_doubt += handed_over(service.points)
            self._let_its_lease_run_out()
        elif status != 0:
            self._findings.append(f"the service ended with {status}; see {service.log}")

    def _let_its_lease_run_out(self) -> None:
        """Have no run wait for what a dead process held: it cannot renew it, so time is all that is missing."""
        if self._plan.database == POSTGRESQL:
            with suppress(DBAPIError), self._ledger.begin() as connection:  # the tables may not be made yet
                connection.execute(update(replicas).values(expires_at=func.now() - text("interval '1 second'")))

    def _quiet(self) -> bool:
        open_effects = select(func.count()).select_from(effects).where(effects.c.state.in_(["planned", "sent"]))
        try:
            with self._ledger.connect() as connection:
                recorded = connection.scalar(select(func.count()).select_from(messages))
                return recorded == len(self._delivered) and connection.scalar(open_effects) == 0
        except DBAPIError:  # it is not made yet
            return False


def handed_over(points: Path) -> list[str]:
    """The mail that was being handed over at the last point passed, where the relay may have it already."""
    in_hand = ""
    seen = passed(points)
    for one in seen:
        if one.step == "smtp dot" and (one.moment is not BEFORE or one is not seen[-1]):
            in_hand = one.mail
        elif one.step == "ledger mail_sent" and one.moment is AFTER:
            in_hand = ""
    return [in_hand] if in_hand else []
