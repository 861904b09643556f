"""Has this process' writers to an SQLite ledger wait in line.

SQLite takes one writer at a time, and has the others look again now and then, a tenth of a second apart: beside an
office that writes batch after batch, one with a single new message was not lucky for ten seconds. Writers of other
processes, such as `triage undo`, still look again and again.
"""

import re
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from triage.turns import Places

# What takes SQLite's lock for writing: what Python's driver begins a transaction before, and that by name.
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|BEGIN)\b", re.IGNORECASE)


def line_up(engine: Engine) -> None:
    """From its first statement that writes until its transaction is over, a connection has the only place."""
    places = Places(1)

    def before(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        held = connection.info
        if "place" not in held and _WRITES.match(statement):
            place = places.place()
            place.__enter__()
            held["place"] = place

    def after(_connection: Any, record: ConnectionPoolEntry) -> None:
        if place := record.info.pop("place", None):
            place.__exit__(None, None, None)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "checkin", after)  # after the commit or the rollback, and where the connection broke
