"""Health: when mail counts as not being handled, and how the daemon's word reaches the probe."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from triage.health import ELSEWHERE, Health, HealthBoard, OfficeHealth, judge, read_health, write_health
from triage.settings import HealthSettings

NOW = datetime(2026, 11, 9, 15, 0, tzinfo=UTC)
SETTINGS = HealthSettings(sweep_age_seconds=1200, silence_seconds=60, waiting_age_seconds=900)
WELL = OfficeHealth(state="idle", mode="live", watched_since=NOW - timedelta(days=1), swept_at=NOW)


def ago(seconds: float) -> datetime:
    """So many seconds before now."""
    return NOW - timedelta(seconds=seconds)


CASES: dict[str, tuple[OfficeHealth, list[str]]] = {
    "idle, just swept": (WELL, []),
    "swept as long ago as may be": (replace(WELL, swept_at=ago(1200)), []),
    "swept too long ago": (replace(WELL, swept_at=ago(1201)), ["no completed sweep since 2026-11-09 14:39 UTC"]),
    "just begun": (OfficeHealth(watched_since=ago(5)), []),
    "never swept since it began": (
        OfficeHealth(watched_since=ago(3600)),
        ["no completed sweep since 2026-11-09 14:00 UTC"],
    ),
    "another process's": (OfficeHealth(state=ELSEWHERE), []),
    "nothing known": (OfficeHealth(), ["no completed sweep yet"]),
    "backing off, swept of late": (replace(WELL, state="backing-off", detail="no route to host"), []),
    "backing off for long": (
        replace(WELL, state="backing-off", detail="no route to host", swept_at=ago(3600)),
        ["no completed sweep since 2026-11-09 14:00 UTC", "no route to host"],
    ),
    "stopped in order": (replace(WELL, state="stopped"), ["the service has stopped watching it"]),
    "login refused": (
        replace(WELL, state="login-refused", detail="the server refuses user delhi"),
        ["the server refuses user delhi"],
    ),
    "login refused, without words": (replace(WELL, state="login-refused"), ["the server refuses the login"]),
    "a message waits": (replace(WELL, oldest_waiting=ago(900)), []),
    "a message waits too long": (
        replace(WELL, oldest_waiting=ago(960)),
        ["a message has waited untouched since 2026-11-09 14:44 UTC"],
    ),
    "messages withheld": (replace(WELL, withheld=2), ["the server lists 2 messages that it does not give"]),
    "all at once": (
        replace(WELL, swept_at=ago(3600), oldest_waiting=ago(3600), withheld=1),
        [
            "no completed sweep since 2026-11-09 14:00 UTC",
            "a message has waited untouched since 2026-11-09 14:00 UTC",
            "the server lists 1 messages that it does not give",
        ],
    ),
}


@pytest.mark.parametrize(("office", "wrong"), CASES.values(), ids=CASES.keys())
def test_an_office_is_judged_by_its_mail(office: OfficeHealth, wrong: list[str]) -> None:
    """Sentences for what is wrong; none where all is well; the other office is judged apart."""
    health = Health(written_at=NOW, offices={"delhi": office, "paris": WELL})
    assert judge(health, SETTINGS, now=NOW) == {"": [], "delhi": wrong, "paris": []}


@pytest.mark.parametrize(
    ("silent", "wrong"),
    [(60, []), (61, ["the daemon has said nothing for 61 s; it hangs or has died"])],
    ids=["just long enough", "too long"],
)
def test_a_daemon_that_hangs_is_found_out(silent: float, wrong: list[str]) -> None:
    """By the age of what it wrote, which no thread of it can hide."""
    health = Health(written_at=ago(silent), offices={"delhi": WELL})
    assert judge(health, SETTINGS, now=NOW)[""] == wrong


def test_trouble_of_the_service_is_told_as_its_own() -> None:
    """Not laid at an office's door."""
    health = Health(written_at=NOW, offices={"delhi": WELL}, trouble=("model: none",))
    assert judge(health, SETTINGS, now=NOW) == {"": ["model: none"], "delhi": []}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Every field, times with their zone."""
    office = replace(WELL, detail="à voir", oldest_waiting=ago(10), withheld=3)
    health = Health(
        written_at=NOW,
        offices={"delhi": office, "paris": OfficeHealth()},
        trouble=("relay: down",),
        failed_effects=4,
        waiting_effects=2,
    )
    file = tmp_path / "health.json"
    write_health(health, file)
    assert read_health(file) == health


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    """A reader that has the old file open reads it to its end, and nothing is left beside the new one."""
    file = tmp_path / "health.json"
    write_health(Health(written_at=ago(60), offices={"delhi": WELL}), file)
    old = file.read_text()
    with file.open() as reader:
        write_health(Health(written_at=NOW, offices={}), file)
        assert reader.read() == old
    found = read_health(file)
    assert found is not None
    assert found.written_at == NOW
    assert list(tmp_path.iterdir()) == [file]


def test_a_disk_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It grows old, and that tells the probe."""
    file = tmp_path / "health.json"
    write_health(Health(written_at=ago(60), offices={"delhi": WELL}), file)

    def half(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text[: len(text) // 2].encode(encoding))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="No space"):
        write_health(Health(written_at=NOW, offices={}), file)
    found = read_health(file)
    assert found is not None
    assert found.written_at == ago(60)


GARBAGE = {
    "empty": b"",
    "not JSON": b"{",
    "a list": b"[]",
    "a number": b"7",
    "nothing known": b"{}",
    "a time that is none": b'{"written_at": "soon", "offices": {}, "trouble": [], "failed_effects": 0}',
    "a time as a number": b'{"written_at": 7, "offices": {}, "trouble": [], "failed_effects": 0}',
    "offices as a list": b'{"written_at": "2026-11-09T15:00:00+00:00", "offices": [], "trouble": [], '
    b'"failed_effects": 0}',
    "an office as a word": b'{"written_at": "2026-11-09T15:00:00+00:00", "offices": {"delhi": "well"}, '
    b'"trouble": [], "failed_effects": 0}',
    "of a later version": b'{"written_at": "2026-11-09T15:00:00+00:00", "offices": {"delhi": {"mood": "good"}}, '
    b'"trouble": [], "failed_effects": 0}',
    "not UTF-8": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_file_that_is_no_health_gives_none(tmp_path: Path, content: bytes) -> None:
    """The probe says unhealthy; it does not fall over."""
    file = tmp_path / "health.json"
    file.write_bytes(content)
    assert read_health(file) is None


def test_no_file_gives_none(tmp_path: Path) -> None:
    """The daemon has never written."""
    assert read_health(tmp_path / "health.json") is None


def test_trouble_stays_until_it_is_well_again() -> None:
    """One sentence for each part; the newest; an empty one takes it back."""
    board = HealthBoard({"delhi": OfficeHealth()})
    board.trouble("model", "missing")
    board.trouble("outgoing mail", "relay down")
    board.trouble("outgoing mail", "relay slow")
    assert board.snapshot(now=NOW).trouble == ("model: missing", "outgoing mail: relay slow")
    board.trouble("model", "")
    board.trouble("ledger", "")
    assert board.snapshot(now=NOW).trouble == ("outgoing mail: relay slow",)


def test_what_several_need_is_well_when_it_is_for_each_of_them() -> None:
    """One office's good sweep does not take back what another's failed for."""
    board = HealthBoard({"delhi": OfficeHealth(), "lagos": OfficeHealth()})
    board.trouble("ledger", "locked", by="delhi")
    board.trouble("ledger", "full", by="lagos")
    board.trouble("ledger", "", by="lagos")
    assert board.snapshot(now=NOW).trouble == ("ledger: locked",)
    board.trouble("ledger", "", by="delhi")
    assert board.snapshot(now=NOW).trouble == ()


def test_a_snapshot_does_not_change_with_the_board() -> None:
    """It is of one moment; a note changes only the fields it names."""
    board = HealthBoard({"delhi": replace(WELL, withheld=2)})
    before = board.snapshot(now=NOW, failed_effects=1)
    board.note("delhi", state="sweeping")
    assert (before.offices["delhi"].state, before.failed_effects) == ("idle", 1)
    assert board.snapshot(now=NOW).offices["delhi"] == replace(WELL, withheld=2, state="sweeping")


def test_offices_note_at_the_same_time() -> None:
    """Each from its own thread; no note of one field takes another's back."""
    board = HealthBoard({str(number): OfficeHealth() for number in range(8)})

    def note(office: str) -> None:
        for number in range(200):
            board.note(office, withheld=number)
            board.note("0", detail=office)

    threads = [threading.Thread(target=note, args=[str(number)]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {office.withheld for office in board.snapshot(now=NOW).offices.values()} == {199}
