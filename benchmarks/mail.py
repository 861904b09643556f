"""Mail for benchmarks: the corpus' letters, each with an attachment that brings it to a usual size."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from itertools import cycle, islice

from classifiers.corpus_files import read_corpus

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
