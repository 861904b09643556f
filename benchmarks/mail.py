"""Mail for benchmarks: the corpus' letters, each with an attachment that brings it to a usual size."""

import os
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from itertools import cycle, islice

from classifiers.corpus_files import read_corpus
from tests.servers.dovecot import Dovecot

ATTACHMENT = bytes(range(256)) * 28  # with its base64 and the letter: some 12 kB


def letters(count: int, *, tag: str) -> Iterator[bytes]:
    """Give `count` different messages; `tag` makes them differ from those of another call."""
    for number, record in enumerate(islice(cycle(read_corpus()), count)):
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f"{record.from_name} <{number}.{record.from_addr}>"
        mail["To"] = record.to
        mail["Subject"] = record.subject
        mail["Date"] = format_datetime(record.date)
        mail["Message-ID"] = f"<{tag}.{number}@bench.example>"
        mail.set_content(record.body)
        mail.add_attachment(ATTACHMENT, maintype="application", subtype="pdf", filename="letter.pdf")
        yield mail.as_bytes()


def fill(server: Dovecot, user: str, count: int, *, folder: str = "") -> None:
    """Put `count` small messages into INBOX or another folder of a user's, by files, as no session could so quickly.

    Dovecot takes them in when it looks into the folder next.
    """
    new = server.maildir(user) / (f".{folder}" if folder else "") / "new"
    for place in (new, new.parent / "tmp", new.parent / "cur"):
        place.mkdir(parents=True, exist_ok=True)
    owner = server.maildir(user).parent.stat()
    for number in range(count):
        text = _SMALL.format(user=user, folder=folder, number=number)
        (new / f"{number}.{folder}.bench").write_bytes(text.replace("\n", "\r\n").encode())
    for path in [server.maildir(user), *server.maildir(user).rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)


_SMALL = """From: A Person <{number}@firm.example>
To: manager@visa-bench.example
Subject: File {number}
Date: Mon, 09 Nov 2026 10:00:00 -0500
Message-ID: <{number}.{folder}.{user}@bench.example>

Dear manager,

We ask you to look again at the refusal of file {number}; the deadline is near.

Thank you.
"""
