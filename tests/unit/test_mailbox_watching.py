"""The watch over one office, with time, chance, network and work put in its hands: no socket, no waiting."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import pytest

from triage.core.retry import LOGIN_PAUSE, RECONNECT
from triage.errors import LedgerUnavailable, LoginRefused, MailboxRefused, MailboxUnavailable
from triage.mailbox import watching
from triage.mailbox.account import Account
from triage.mailbox.idling import Waker, Woken
from triage.mailbox.suspects import Suspects
from triage.mailbox.watching import DEAF_SECONDS, STABLE_SECONDS, Pace, Watch, WatchState

ACCOUNT = Account(host="mail.example", port=993, tls="implicit", user="delhi", read_secret=lambda: "")
PACE = Pace(renew_seconds=540, poll_seconds=67)


class Clock(Waker):
    """A waker whose waits take no time: they move the clock, and are written down."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@dataclass
class Session:
    """A mailbox that can do no more than the watch asks of it."""

    can_idle: bool = True
    news: tuple[bool, ...] = ()  # whether the server told of mail between commands, at each look

    def has_news(self) -> bool:
        """Give what is asked for next."""
        first, *rest = self.news or (False,)
        self.news = tuple(rest)
        return first

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


@dataclass(frozen=True)
class Swept:
    """What a sweep found."""

    found: int = 0
    more: bool = False


Step = Any  # a result to give, an exception to raise, or a function to call


@dataclass
class Bench:
    """A watch on a bench: what each connect, sweep and IDLE does is given in order; the end stops the watch."""

    clock: Clock
    connects: list[Step] = field(default_factory=list)
    sweeps: list[Step] = field(default_factory=list)
    idles: list[Step] = field(default_factory=list)
    states: list[WatchState] = field(default_factory=list)
    idled: list[float] = field(default_factory=list)
    suspects: list[Suspects] = field(default_factory=list)

    def run(self) -> None:
        """Run until a list of steps is used up."""
        Watch(
            ACCOUNT,
            lambda _mailbox: self._next(self.sweeps, Swept()),
            waker=self.clock,
            pace=PACE,
            report=self.states.append,
            rand=lambda: 0.0,
            clock=self.clock,
            connect=self._connect,
        ).run()

    def idle(self, _mailbox: Any, _waker: Waker, seconds: float) -> Woken:
        """Stand in for IDLE."""
        self.idled.append(seconds)
        woken: Woken = self._next(self.idles, Woken.TIME)
        self.clock.now += seconds if woken is Woken.TIME else 1
        return woken

    def _connect(self, account: Account, *, suspects: Suspects) -> Any:
        assert account is ACCOUNT
        self.suspects.append(suspects)
        return self._next(self.connects, Session())

    def _next(self, steps: list[Step], otherwise: Any) -> Any:
        if not steps:
            self.clock.stop()
            return otherwise
        step = steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step() if isinstance(step, Callable) else step  # type: ignore[arg-type]

    def names(self) -> list[str]:
        """The states gone through."""
        return [state.name for state in self.states]

    def pauses(self) -> list[float]:
        """How long it waited between attempts."""
        return [seconds for seconds in self.clock.waits if seconds != PACE.poll_seconds]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A bench of the test's own."""
    bench = Bench(Clock())
    monkeypatch.setattr(watching, "idle", bench.idle)
    yield bench
    bench.clock.close()


def gone() -> MailboxUnavailable:
    return MailboxUnavailable("delhi at mail.example:993: connecting: refused")


def test_inbox_is_swept_at_once_and_after_every_wake_and_every_renewal(bench: Bench) -> None:
    """Pitfalls IMAP 2, 4: whatever ended IDLE, a sweep follows; one, not two."""
    bench.connects = [Session()]
    bench.idles = [Woken.MAIL, Woken.NEWS, Woken.CALLED, Woken.TIME]
    bench.sweeps = [Swept()] * 5
    bench.run()
    assert bench.names() == ["connecting", "sweeping", *["idle", "sweeping"] * 4, "idle", "stopped"]
    assert set(bench.idled) == {540}


def test_a_sweep_that_left_messages_is_followed_by_another_at_once(bench: Bench) -> None:
    """A backlog is worked off before anything is waited for."""
    bench.connects = [Session()]
    bench.sweeps = [Swept(found=500, more=True), Swept(found=500, more=True), Swept(found=3)]
    bench.run()
    assert bench.names() == ["connecting", *["sweeping"] * 3, "idle", "stopped"]


def test_news_that_came_between_commands_is_swept_for_before_waiting(bench: Bench) -> None:
    """IDLE does not repeat it; and a server that tells the count with every answer is no reason to run in circles."""
    bench.connects = [Session(news=(True,) * 9)]
    bench.idles = [Woken.TIME] * 2
    bench.sweeps = [Swept()] * 3
    bench.run()
    assert bench.names() == ["connecting", "sweeping", "sweeping", "idle", "sweeping", "sweeping", "stopped"]


def test_without_idle_inbox_is_polled(bench: Bench) -> None:
    """A sweep every poll_seconds, or when called."""
    bench.connects = [Session(can_idle=False)]
    bench.sweeps = [Swept()] * 3
    bench.run()
    assert bench.idled == []
    assert bench.clock.waits == [67, 67, 67]
    assert next(state for state in bench.states if state.name == "polling").detail == "the server has no IDLE"


def test_idle_that_is_deaf_twice_in_a_row_gives_way_to_polling_for_a_while(bench: Bench) -> None:
    """Mail found at two renewals that IDLE had not told of; after an hour IDLE is tried again."""
    bench.connects = [Session()]
    bench.idles = [Woken.TIME, Woken.NEWS, Woken.TIME]
    polls = int(DEAF_SECONDS // PACE.poll_seconds) + 1
    bench.sweeps = [Swept(), Swept(found=1), Swept(found=1), *[Swept()] * polls, Swept()]
    bench.run()
    assert bench.names().count("polling") == polls
    assert len(bench.idled) == 4
    assert bench.names()[-4:] == ["idle", "sweeping", "idle", "stopped"]


@pytest.mark.parametrize(
    "between",
    [(Woken.MAIL, Swept(found=1)), (Woken.MAIL, Swept())],
    ids=["mail that was told of", "news of mail that is gone"],
)
def test_idle_that_hears_again_is_trusted_again(bench: Bench, between: tuple[Woken, Swept]) -> None:
    """Deaf, not deaf, deaf: that is chance, mail that came while a sweep was under way."""
    bench.connects = [Session()]
    bench.idles = [Woken.TIME, between[0], Woken.TIME]
    bench.sweeps = [Swept(), Swept(found=1), between[1], Swept(found=1)]
    bench.run()
    assert "polling" not in bench.names()


def test_mail_found_because_another_thread_called_is_not_held_against_idle(bench: Bench) -> None:
    """The wait ended before the server could tell."""
    bench.connects = [Session()]
    bench.idles = [Woken.CALLED] * 3
    bench.sweeps = [Swept(), *[Swept(found=1)] * 3]
    bench.run()
    assert "polling" not in bench.names()


def test_refused_idle_gives_way_to_polling(bench: Bench) -> None:
    """A server that tells of IDLE and refuses it is polled, on the same connection."""
    bench.connects = [Session()]
    bench.idles = [Woken.REFUSED]
    bench.sweeps = [Swept()] * 3
    bench.run()
    assert bench.names() == ["connecting", "sweeping", "idle", *["sweeping", "polling"] * 2, "sweeping", "stopped"]


def test_a_server_that_is_down_is_tried_ever_more_seldom_and_for_ever(bench: Bench) -> None:
    """The pauses double up to five minutes; each failure says what it was, and how often it was in a row."""
    bench.connects = [gone() for _ in range(12)]
    bench.run()
    assert bench.pauses()[:4] == [0.5, 1, 2, 4]
    assert bench.pauses()[-1] == RECONNECT.longest / 2
    backing_off = [state for state in bench.states if state.name == "backing-off"]
    assert [state.attempt for state in backing_off] == list(range(1, 13))
    assert backing_off[0].detail == "delhi at mail.example:993: connecting: refused; trying again in 0 s"


def test_a_connection_that_breaks_soon_does_not_make_the_pauses_short_again(bench: Bench) -> None:
    """Pitfalls IMAP 8: else a server that takes the login and drops it sees a storm of connections."""
    bench.connects = [Session()] * 6
    bench.sweeps = [lambda: _later(bench, STABLE_SECONDS)] * 6
    bench.run()
    assert bench.pauses() == [0.5, 1, 2, 4, 8, 16]


def test_a_connection_that_held_makes_the_pauses_short_again(bench: Bench) -> None:
    """After STABLE_SECONDS; a drop after that is what servers do (pitfalls IMAP 5)."""
    bench.connects = [gone(), gone(), gone(), Session(), gone()]
    bench.sweeps = [Swept()]
    bench.idles = [lambda: _later(bench, STABLE_SECONDS + 1)]
    bench.run()
    assert bench.pauses() == [0.5, 1, 2, 0.5, 1]


def _later(bench: Bench, seconds: float) -> Woken:
    bench.clock.now += seconds
    raise gone()


def test_time_spent_on_connecting_is_not_time_that_a_connection_held(bench: Bench) -> None:
    """A server behind a firewall that swallows everything lets each attempt take its whole timeout."""
    bench.connects = [lambda: _later(bench, 10 * STABLE_SECONDS)] * 4
    bench.run()
    assert bench.pauses() == [0.5, 1, 2, 4]


def test_a_refused_login_is_tried_three_times_then_every_quarter_of_an_hour(bench: Bench) -> None:
    """Pitfalls IMAP 9: visible as its own state, with what to do."""
    bench.connects = [LoginRefused("delhi at mail.example:993: check imap.secret") for _ in range(5)]
    bench.run()
    pauses = bench.pauses()
    assert all(pause <= 20 for pause in pauses[:2])
    assert pauses[2:] == [LOGIN_PAUSE] * 3
    refused = [state for state in bench.states if state.name == "login-refused"]
    assert [state.attempt for state in refused] == [1, 2, 3, 4, 5]
    assert "check imap.secret" in refused[-1].detail


def test_dropped_connections_do_not_use_up_the_tries_of_a_login(bench: Bench) -> None:
    """Nor does a drop between two refusals give the login new tries: each kind has its own count."""
    refused = LoginRefused("no")
    bench.connects = [gone(), gone(), gone(), gone(), refused, gone(), refused, refused]
    bench.run()
    logins = [state.attempt for state in bench.states if state.name == "login-refused"]
    assert logins == [1, 2, 3]
    assert bench.pauses()[-1] == LOGIN_PAUSE
    assert bench.pauses()[4] < 20


def test_a_login_that_was_taken_ends_the_count(bench: Bench) -> None:
    """A secret that was put right, and is wrong again later, gets three tries again."""
    refused = LoginRefused("no")
    bench.connects = [refused, refused, Session(), refused]
    bench.sweeps = [gone()]
    bench.run()
    assert [state.attempt for state in bench.states if state.name == "login-refused"] == [1, 2, 1]


def test_a_wake_up_does_not_cut_a_pause_short(bench: Bench) -> None:
    """Work that is due must not hammer a server that is down or refuses the login."""
    waits = iter([100.0, 200.0])

    def woken_early(seconds: float) -> None:
        bench.clock.waits.append(seconds)
        bench.clock.now += next(waits, seconds)

    bench.clock.wait = woken_early  # type: ignore[method-assign]
    refused = LoginRefused("no")
    bench.connects = [refused, refused, refused]
    bench.clock.now = 0.0
    bench.run()
    assert bench.clock.now >= LOGIN_PAUSE


def test_what_a_person_must_mend_is_visible_and_tried_slowly(bench: Bench) -> None:
    """A refused folder or certificate: minutes, not seconds."""
    bench.connects = [MailboxRefused("the certificate is not trusted")] * 3
    bench.run()
    assert bench.pauses() == [30, 60, 120]
    assert "the certificate is not trusted" in bench.states[1].detail


@pytest.mark.parametrize("failure", [LedgerUnavailable("the disk is full"), ZeroDivisionError("x"), MemoryError()])
def test_a_sweep_that_fails_is_told_and_tried_again(bench: Bench, failure: Exception) -> None:
    """Pitfalls IMAP 6: nothing that a sweep raises ends the watch."""
    bench.connects = [Session(), Session()]
    bench.sweeps = [failure, Swept()]
    bench.run()
    assert bench.names() == ["connecting", "sweeping", "backing-off", "connecting", "sweeping", "idle", "stopped"]


def test_what_nobody_foresaw_is_told_without_its_text(bench: Bench) -> None:
    """An unexpected error's text may hold what a sender wrote, which belongs into no log (invariant 8)."""
    bench.connects = [Session()]
    bench.sweeps = [KeyError("applicant@home.example")]
    bench.run()
    detail = next(state.detail for state in bench.states if state.name == "backing-off")
    assert detail.startswith("unexpected KeyError at test_mailbox_watching.py:")
    assert "applicant" not in detail


def test_who_listens_cannot_end_the_watch(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that fails, such as a closed log, is passed over."""
    bench.connects = [Session()]
    bench.sweeps = [Swept(), Swept()]
    bench.idles = [Woken.MAIL]

    class Broken(list[WatchState]):
        def append(self, state: WatchState) -> None:
            super().append(state)
            raise BrokenPipeError

    bench.states = Broken()
    bench.run()
    assert bench.names()[-1] == "stopped"


def test_what_connections_broke_on_is_remembered_across_them(bench: Bench) -> None:
    """One memory for the office, not one for each connection."""
    bench.connects = [gone(), gone(), Session()]
    bench.sweeps = [Swept()]
    bench.run()
    assert len({id(suspects) for suspects in bench.suspects}) == 1


@pytest.mark.parametrize("where", ["before it began", "in a sweep", "in IDLE", "in a pause"])
def test_stopping_ends_the_watch_wherever_it_is(bench: Bench, where: str) -> None:
    """The batch in hand is finished, nothing new is begun."""
    stop = bench.clock.stop

    def stopping(result: Any) -> Callable[[], Any]:
        return lambda: (stop(), result)[1]

    bench.connects, bench.sweeps, bench.idles = [Session(), Session()], [Swept()] * 3, [Woken.TIME] * 3
    if where == "before it began":
        stop()
    elif where == "in a sweep":
        bench.sweeps[0] = stopping(Swept(more=True))
    elif where == "in IDLE":
        bench.idles[0] = stopping(Woken.CALLED)
    else:
        bench.sweeps[0] = gone()
        bench.clock.wait = lambda seconds: stop()  # type: ignore[method-assign]
    bench.run()
    expected = {
        "before it began": ["stopped"],
        "in a sweep": ["connecting", "sweeping", "stopped"],
        "in IDLE": ["connecting", "sweeping", "idle", "stopped"],
        "in a pause": ["connecting", "sweeping", "backing-off", "stopped"],
    }
    assert bench.names() == expected[where]
