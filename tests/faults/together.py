"""`make soak-together`: several services share many offices, and are killed, stopped, told to end; so is the database.

python -m tests.faults.together --minutes 20 --seed 7

Mail comes steadily all the while. At the end all is looked at from outside, office by office, as after a single kill
(`audit`); and in between, twice a second, whether every office is some living service's.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from rich.console import Console
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import DBAPIError

from tests.faults import audit
from tests.faults.mail import Letter, letters
from tests.faults.process import Service, Starter, running_starter
from tests.faults.running import handed_over
from tests.servers import postgres
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.smtp import Sink, running_sink
from tests.world import make_world
from triage.ledger.schema import effects, leases, messages, replicas

TAKEN_OVER_WITHIN = 30.0  # seconds that an office may be nobody's
PAUSE = 20.0  # seconds for which a service is stopped: longer than its lease
QUIET_WITHIN = 240.0


@dataclass
class Soak:
    """One soak and all that it runs on."""

    rng: random.Random
    console: Console
    folder: Path
    config: Path
    server: Dovecot
    sink: Sink
    starter: Starter
    database_server: str
    database: str
    mail: dict[str, list[Letter]]  # by office: what is still to be delivered
    delivered: dict[str, list[Letter]]
    services: list[Service] = field(default_factory=list)
    ended: list[Service] = field(default_factory=list)
    paused: dict[int, float] = field(default_factory=dict)  # by pid: when it goes on
    in_doubt: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)  # how often each thing was done
    unowned: dict[str, float] = field(default_factory=dict)  # by office: since when it is nobody's
    longest: float = 0.0

    def __post_init__(self) -> None:
        """Connect to the ledger, as the auditor does."""
        self.ledger = create_engine(self.database, pool_pre_ping=True)
        self._numbers = count(1)

    def run(self, seconds: float, processes: int) -> None:
        """Do things at random for so long, and then let all come to rest."""
        until = time.monotonic() + seconds
        acts = [self.kill, self.kill, self.pause, self.pause, self.end, self.restart_database]
        next_act = time.monotonic() + 5
        while time.monotonic() < until:
            while len(self.services) < processes:
                self.services.append(self.starter.start(self.config, f"service{next(self._numbers)}"))
            self.deliver()
            self.wake()
            self.look_for_owners()
            if time.monotonic() > next_act:
                self.rng.choice(acts)()
                next_act = time.monotonic() + self.rng.uniform(2, 25)
            time.sleep(0.5)
        for pid in list(self.paused):
            self.paused[pid] = 0
        self.wake()
        self.come_to_rest()

    def deliver(self) -> None:
        """A message or two to some office."""
        for office in self.rng.sample(sorted(self.mail), k=min(2, len(self.mail))):
            some, self.mail[office] = self.mail[office][:2], self.mail[office][2:]
            if some:
                self.server.append(office, [one.raw for one in some])
            self.delivered[office] += some

    def kill(self) -> None:
        """SIGKILL."""
        if service := self._any():
            self._doubt(service)
            service.signal(signal.SIGKILL)
            service.wait()
            self._doubt(service)
            self._gone(service, "killed")

    def end(self) -> None:
        """SIGTERM; others take over at once."""
        if service := self._any():
            service.signal(signal.SIGTERM)
            if service.wait() != 0:
                self.findings.append(f"{service.log} ended with {service.status}")
            self._gone(service, "told to end")

    def pause(self) -> None:
        """SIGSTOP, for longer than a lease lasts."""
        if service := self._any():
            service.signal(signal.SIGSTOP)
            self._doubt(service)
            self.paused[service.pid] = time.monotonic() + PAUSE
            self._count("stopped")

    def wake(self) -> None:
        """SIGCONT to those whose time has come."""
        for service in self.services:
            if service.pid in self.paused and time.monotonic() > self.paused[service.pid]:
                del self.paused[service.pid]
                service.signal(signal.SIGCONT)

    def restart_database(self) -> None:
        """As a power cut does it."""
        postgres.stop(self.database_server)
        time.sleep(self.rng.uniform(0, 4))
        postgres.start(self.database_server)
        self.unowned.clear()  # nobody can take over while it is away
        self._count("database restarted")

    def look_for_owners(self) -> None:
        """Every office is a living service's, or has not been for long."""
        alive = select(replicas.c.name).where(replicas.c.expires_at >= func.now())
        try:
            with self.ledger.connect() as connection:
                owned = set(connection.scalars(select(leases.c.office).where(leases.c.owner.in_(alive))))
        except DBAPIError:
            return
        now = time.monotonic()
        for office in self.delivered:
            if office in owned:
                self.unowned.pop(office, None)
                continue
            gap = now - self.unowned.setdefault(office, now)
            self.longest = max(self.longest, gap)
            if gap > TAKEN_OVER_WITHIN:
                self.findings.append(f"{office} was nobody's for {gap:.0f} s")
                self.unowned[office] = now

    def come_to_rest(self) -> None:
        """Wait until nothing is left to do, end all services, and audit each office."""
        until = time.monotonic() + QUIET_WITHIN
        while not self._is_quiet():
            if time.monotonic() > until:
                self.findings.append(f"not all was done within {QUIET_WITHIN:.0f} s")
                break
            self.look_for_owners()
            time.sleep(0.5)
        for service in self.services:
            service.signal(signal.SIGTERM)
        for service in self.services:
            if service.wait() != 0:
                self.findings.append(f"{service.log} ended with {service.status}")
        for office, delivered in self.delivered.items():
            mine = f"@{office}.example"
            taken = [one for one in self.sink.taken if any(who.endswith(mine) for who in one.recipients)]
            seen = audit.look(self.server, office, prefix="", taken=taken, ledger=self.ledger, office=office)
            self.findings += [f"{office}: {one}" for one in audit.findings(seen, delivered, in_doubt=self.in_doubt)]
        self.ledger.dispose()

    def _any(self) -> Service | None:
        running = [one for one in self.services if one.pid not in self.paused]
        return self.rng.choice(running) if running else None

    def _gone(self, service: Service, how: str) -> None:
        self.services.remove(service)
        self.ended.append(service)
        self._count(how)

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1

    def _doubt(self, service: Service) -> None:
        """Mail that it is handing over may go out once more, from another process."""
        self.in_doubt += handed_over(service.points)

    def _is_quiet(self) -> bool:
        waits = select(func.count()).select_from(effects).where(effects.c.state.in_(["planned", "sent"]))
        try:
            with self.ledger.connect() as connection:
                recorded = connection.scalar(select(func.count()).select_from(messages))
                return recorded == sum(map(len, self.delivered.values())) and connection.scalar(waits) == 0
        except DBAPIError:
            return False


def main() -> int:
    """Run one soak; 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.together", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--offices", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    console = Console(soft_wrap=True)
    folder = Path(tempfile.mkdtemp(prefix="triage-together-"))
    folder.chmod(0o755)
    console.print(f"{asked.processes} services, {asked.offices} offices, {asked.minutes:g} minutes, seed {asked.seed}")
    with ExitStack() as stack:
        soak = _made(stack, folder, console, offices=asked.offices, seed=asked.seed)
        soak.run(60 * asked.minutes, asked.processes)
    done = ", ".join(f"{number} × {what}" for what, number in sorted(soak.done.items()))
    console.print(f"{done}; {sum(map(len, soak.delivered.values()))} messages, {len(soak.sink.taken)} mails sent")
    console.print(f"an office was nobody's for at most {soak.longest:.1f} s; {len(soak.findings)} findings")
    for finding in soak.findings[:40]:
        console.print(f"    {finding}", highlight=False, markup=False)
    if soak.findings:
        console.print(f"logs are kept in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _made(stack: ExitStack, folder: Path, console: Console, *, offices: int, seed: int) -> Soak:
    """Start the servers, and write the settings that all services share."""
    server = stack.enter_context(running_dovecot(folder / "dovecot"))
    sink = stack.enter_context(running_sink())
    database_server = stack.enter_context(postgres.running_postgres(folder / "postgres"))
    database, rng = postgres.new_database(database_server), random.Random(seed)
    (folder / "run").mkdir()
    world = make_world(folder / "run", server, user="office0", smtp_port=sink.port, database=database, renew=60)
    config = json.loads(world.config.read_text())
    one, names = config["offices"][0], [f"office{number}" for number in range(offices)]
    config["offices"] = [
        one
        | {
            "id": name,
            "address": f"manager@{name}.visa.example",
            "imap": one["imap"] | {"user": name},
            "contacts": {"duty": f"duty@{name}.example"},
        }
        for name in names
    ]
    world.config.write_text(json.dumps(config))
    return Soak(
        rng=rng,
        console=console,
        folder=folder,
        config=world.config,
        server=server,
        sink=sink,
        starter=stack.enter_context(running_starter()),
        database_server=database_server,
        database=database,
        mail={name: letters(rng, name, 400) for name in names},
        delivered={name: [] for name in names},
    )


if __name__ == "__main__":
    sys.exit(main())
