"""Mail for benchmarks: the corpus' letters, each with an attachment that brings it to a usual size."""

import base64
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


def fill(server: Dovecot, user: str, count: int, *, folder: str = "INBOX", size: int = 0) -> None:
    """Put `count` messages into a folder of a user's, by files, as no session could so quickly.

    They are small, or have an attachment that brings them to `size` bytes.
    """
    attached = base64.encodebytes(bytes(size * 3 // 4)).decode() if size else ""
    with server.client(user) as client:
        if folder != "INBOX":
            client.create_folder(folder)
        client.select_folder(folder)
        client.unselect_folder()
        place = server.maildir(user) / ("" if folder == "INBOX" else f".{folder}")
        owner = place.stat()
        written = [place / "tmp" / f"{number}.bench" for number in range(count)]
        for number, file in enumerate(written):
            text = (_LARGE if size else _SMALL).format(
                user=user, folder=folder.replace(" ", "-"), number=number, attached=attached
            )
            file.write_bytes(text.replace("\n", "\r\n").encode())
            os.chown(file, owner.st_uid, owner.st_gid)
        for file in written:
            file.rename(place / "new" / file.name)
        client.select_folder(folder)  # Dovecot takes them in
        client.unselect_folder()


_HEAD = """From: A Person <{number}@firm.example>
To: manager@visa-bench.example
Subject: File {number}
Date: Mon, 09 Nov 2026 10:00:00 -0500
Message-ID: <{number}.{folder}.{user}@bench.example>
"""
_TEXT = """
Dear manager,

We ask you to look again at the refusal of file {number}; the deadline is near.

Thank you.
"""
_SMALL = _HEAD + _TEXT
_LARGE = f"""{_HEAD}MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=part

--part
{_TEXT}
--part
Content-Type: application/pdf; name=file.pdf
Content-Disposition: attachment
Content-Transfer-Encoding: base64

{{attached}}
--part--
"""
