"""Takes saved rules and templates into use while the service runs: checked whole first, swapped at once, or refused.

Their texts are read every few seconds and compared, not watched by the kernel: that works on every file system (a
network share and a mounted Kubernetes ConfigMap tell no watcher), needs no library, and the texts that were compared
are the very ones that are checked and kept.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from triage import event_log
from triage.core.policy.loading import Rulebook
from triage.errors import ConfigurationError, TriageError
from triage.health import HealthBoard
from triage.ledger import rule_sets
from triage.ledger.database import Database
from triage.rules_folder import checked_rules, read_texts
from triage.settings import Settings

LOOK_EVERY = 2.0  # seconds
SHOWN = 12  # letters of a digest; `triage rules show` takes them
MOST_LOGGED = 20  # problems; health says how many there are


class RulesInUse:
    """The rules in force at all offices: any thread takes them, one replaces them. What is refused changes nothing."""

    def __init__(
        self,
        settings: Settings,
        book: Rulebook,
        database: Database,
        board: HealthBoard,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Begin with rules that are checked and kept in the ledger already."""
        self._settings = settings
        self._offices = [office.id for office in settings.offices]
        self._current = book
        self._database = database
        self._board = board
        self._clock = clock
        self._judged: Mapping[str, str] | str = book.texts  # the last texts that were taken or refused
        self._seen: Mapping[str, str] | str = book.texts  # as the last look found them
        self._asked = False
        self._stop = threading.Event()
        self._tell_board()

    @property
    def current(self) -> Rulebook:
        """The rules to decide by; what it gives never changes, so take it once for a batch."""
        return self._current

    def ask(self) -> None:
        """Have the next look judge what it finds; takes no lock, so a signal's handler may call it at any point."""
        self._asked = True

    def stop(self) -> None:
        """End `watch`."""
        self._stop.set()

    def watch(self) -> None:
        """Body of the thread that looks every few seconds."""
        while not self._stop.wait(LOOK_EVERY):
            asked, self._asked = self._asked, False
            self.look(at_once=asked)

    def look(self, *, at_once: bool = False) -> None:
        """Take what was saved. Unless `at_once`, only when two looks find the same: an editor may be half done.

        `at_once` also tells again what is wrong with texts that were refused before.
        """
        found = self._read()
        settled, self._seen = found == self._seen, found
        if at_once or (settled and found != self._judged):
            self._judge(found)

    def _read(self) -> Mapping[str, str] | str:
        try:
            return read_texts(self._settings.rules)
        except ConfigurationError as error:
            return str(error)

    def _judge(self, found: Mapping[str, str] | str) -> None:
        try:
            if isinstance(found, str):
                self._refuse(found.splitlines())
            else:
                book = checked_rules(found, self._settings)
                # Before the first decision by it; where the ledger is away, the next look tries again.
                rule_sets.keep(self._database, book.texts_of(self._offices), now=self._clock())
                self._take(book)
        except ConfigurationError as error:
            self._refuse([str(problem) for problem in error.problems])
        except TriageError as error:
            self._board.trouble("rules", f"not yet in use: {error}")
            return
        except Exception as error:  # noqa: BLE001 - whatever was saved, mail goes on being handled by the last good set
            self._refuse([f"{self._settings.rules}: reading failed inside the service: {type(error).__name__}"])
        self._judged = found

    def _take(self, book: Rulebook) -> None:
        before, self._current = self._current, book
        self._board.trouble("rules", "")
        self._tell_board()
        changed = [one for one in self._offices if book.for_office(one).digest != before.for_office(one).digest]
        event_log.rules_taken(
            rule_set=book.default.digest[:SHOWN],
            before=before.default.digest[:SHOWN],
            offices=changed[:MOST_LOGGED],
            count=len(changed),
        )

    def _tell_board(self) -> None:
        for office in self._offices:
            self._board.note(office, rules=self._current.for_office(office).digest[:SHOWN])

    def _refuse(self, problems: list[str]) -> None:
        kept = self._current.default.digest[:SHOWN]
        more = f" (and {len(problems) - 1} more; see triage check)" if len(problems) > 1 else ""
        self._board.trouble("rules", f"what was saved is refused, {kept} stays in use: {problems[0]}{more}")
        event_log.rules_refused(kept=kept, problems=problems[:MOST_LOGGED], count=len(problems))
