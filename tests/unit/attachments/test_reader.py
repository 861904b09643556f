"""Reading documents in the confined process: what is read, what is not and why, and what no document can cost."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.attachments.documents import ASK, body, encrypted, pdf, pdf_of, word, word_with
from triage.attachments import documents, reader
from triage.attachments.protocol import MOST_BYTES, OUT_OF_MEMORY
from triage.attachments.reader import AttachmentReader
from triage.core.attached import Opened

LINE = "one two three four five six seven eight nine ten eleven"
# What a process does that answers a document by Python code; `document` is what it was given.
STAND_IN = """
import errno, json, os, signal, socket, sys, time
from triage.attachments.protocol import put, take
from triage.attachments.worker import confine
while True:
    document = take(sys.stdin.buffer, most=1 << 20)
    {code}
    put(sys.stdout.buffer, json.dumps({{"text": text}}).encode())
"""


@pytest.fixture(scope="module")
def reads() -> Iterator[AttachmentReader]:
    """The service's reader, one for all tests: none of them may spoil it for the next."""
    made = AttachmentReader()
    yield made
    made.close()


@pytest.fixture
def stand_in() -> Iterator["type[StandIn]"]:
    """Make readers whose process runs other code; all are closed after."""
    yield StandIn
    while StandIn.made:
        StandIn.made.pop().close()


class StandIn(AttachmentReader):
    """A reader whose process answers by `code`, which sets `text`."""

    made: "list[StandIn]" = []  # noqa: RUF012 - of all, for closing

    def __init__(self, code: str, *, seconds: float = 30) -> None:
        super().__init__(worker=("-c", STAND_IN.format(code=code)), seconds=seconds)
        self.made.append(self)


# ---- what is read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(pdf(), id="PDF"),
        pytest.param(pdf(unicode_font=True), id="PDF whose font has a map of its own"),
        pytest.param(b"\r\n\r\n" + pdf(), id="PDF that begins late"),
        pytest.param(encrypted(pdf(), user="", algorithm="RC4-128"), id="PDF not to be changed, RC4"),
        pytest.param(encrypted(pdf(), user="", algorithm="AES-128"), id="PDF not to be changed, AES-128"),
        pytest.param(encrypted(pdf(), user="", algorithm="AES-256"), id="PDF not to be changed, AES-256"),
        pytest.param(word(), id="Word, with a table"),
    ],
)
def test_the_text_of_a_letter_is_read(reads: AttachmentReader, document: bytes) -> None:
    """Every line, in order, within the confined process: nothing that the libraries need is missing there."""
    assert reads([document]) == [Opened(text="\n".join(ASK))]


def test_word_letters_are_read_as_they_are_seen(reads: AttachmentReader) -> None:
    """Insertions count, deletions and the second drawing of a text box do not; tabs and line breaks part words."""
    seen = (
        f"<w:p><w:r><w:t>{LINE}</w:t><w:tab/><w:t>tab</w:t><w:br/><w:t>break</w:t></w:r>"
        "<w:ins><w:r><w:t> new</w:t></w:r></w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
        "<mc:Fallback><w:p><w:r><w:t>again</w:t></w:r></w:p></mc:Fallback>"
    )
    assert reads([word_with(word__document=body(seen))])[0].text == f"{LINE}\ttab\nbreak new"


def test_text_is_clean(reads: AttachmentReader) -> None:
    """NFC, without invisible characters, as all text of a message."""
    assert reads([word((f"{LINE} re\u0301examen\u200b\u202e",))])[0].text == f"{LINE} réexamen"


def test_a_long_document_is_read_as_far_as_a_letter_goes(reads: AttachmentReader) -> None:
    """Pages and characters are counted; what comes after is left."""
    pages, line = reads([pdf((LINE,), pages=200), word((f"{LINE} " * 9_000,))])
    assert pages.text.count("eleven") == documents.MOST_PAGES
    assert documents.MOST_CHARACTERS - 10 < len(line.text) <= documents.MOST_CHARACTERS


# ---- what is not ---------------------------------------------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha ha"}">' for n in range(10))
OUTSIDE = '<!ENTITY l9 SYSTEM "file:///etc/passwd">'


def _word_of(entities: str) -> bytes:
    return word_with(word__document=body("<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>", before=f"<!DOCTYPE x [{entities}]>"))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        pytest.param(b"", documents.OTHER_KIND, id="nothing"),
        pytest.param(b"{\\rtf1 Dear Manager}", documents.OTHER_KIND, id="another kind"),
        pytest.param(b"%PDF-1.7\nrubbish", documents.DAMAGED, id="PDF by its first bytes only"),
        pytest.param(pdf()[:400], documents.DAMAGED, id="half a PDF"),
        pytest.param(b"PK\3\4rubbish", documents.DAMAGED, id="Word by its first bytes only"),
        pytest.param(word()[:20_000], documents.DAMAGED, id="half a Word letter"),
        pytest.param(word_with(word__document=b"<w:docu"), documents.DAMAGED, id="Word with half its text"),
        pytest.param(encrypted(pdf(), user="secret"), documents.ENCRYPTED, id="PDF with a password"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            documents.ENCRYPTED,
            id="Word with a password",
        ),
        pytest.param(pdf((), pages=3), documents.SCAN, id="a scan"),
        pytest.param(pdf(("Scanned by ScanPal",), pages=9), documents.SCAN, id="a scan that says by what"),
        pytest.param(lambda: word_with(word__media=bytes(101_000_000)), documents.UNPACKS, id="a zip bomb"),
        pytest.param(
            lambda: pdf_of([b"(" + b"a" * 150_000_000 + b") Tj"]), documents.DAMAGED, id="a PDF that unpacks to much"
        ),
        pytest.param(_word_of(LAUGHS), documents.DAMAGED, id="XML entities that grow"),
        pytest.param(_word_of(OUTSIDE), documents.SCAN, id="an XML entity that is a file"),
        pytest.param(pdf().replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]"), documents.DAMAGED, id="pages in a circle"),
        pytest.param(word_with(word__document=body("<w:p>" * 90_000)), documents.DAMAGED, id="nesting without end"),
        pytest.param(lambda: b"%PDF-" + bytes(MOST_BYTES), reader.TOO_LARGE, id="too large"),
    ],
)
def test_what_cannot_be_read_says_why(reads: AttachmentReader, document: bytes | Callable[[], bytes], why: str) -> None:
    """In words, and the next document is read. Large ones are made here, not when tests are collected."""
    made = document() if callable(document) else document
    assert reads([made, word()]) == [Opened(unread=why), Opened(text="\n".join(ASK))]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    document=st.sampled_from([pdf(), encrypted(pdf(), user=""), word()]),
    places=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8)), max_size=6),
)
def test_any_bytes_have_an_answer(reads: AttachmentReader, document: bytes, places: list[tuple[float, bytes]]) -> None:
    """Letters with bytes overwritten anywhere: a text or a reason, never both, never an exception."""
    changed = bytearray(document)
    for place, new in places:
        at = int(place * len(changed))
        changed[at : at + len(new)] = new
    answer = reads([bytes(changed)])[0]
    assert bool(answer.text) != bool(answer.unread)


# ---- what no document can cost -------------------------------------------------------------------------------------


def test_a_document_that_hangs_is_given_up_and_the_next_is_read(stand_in: type[StandIn]) -> None:
    """Its process is ended, and another is started."""
    reads = stand_in("text = document.decode(); time.sleep(600 if text == 'hang' else 0)", seconds=3)
    assert reads([b"one", b"hang", b"two"]) == [Opened(text="one"), Opened(unread=reader.SLOW), Opened(text="two")]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        pytest.param("os.kill(os.getpid(), signal.SIGSEGV)", reader.ENDED, id="crashes"),
        pytest.param("os._exit(0)", reader.ENDED, id="ends"),
        pytest.param(f"os._exit({OUT_OF_MEMORY})", reader.TOO_MUCH_MEMORY, id="has no memory left"),
        pytest.param("os.write(1, b'\\xff' * 9)", reader.ENDED, id="answers without end"),
        pytest.param("put(sys.stdout.buffer, b'no JSON')", reader.ENDED, id="answers nonsense"),
        pytest.param("put(sys.stdout.buffer, b'[1]')", reader.ENDED, id="answers something else"),
        pytest.param("put(sys.stdout.buffer, b'{\"text\": 1}')", reader.ENDED, id="answers no text"),
    ],
)
def test_a_process_that_fails_is_an_answer(stand_in: type[StandIn], code: str, why: str) -> None:
    """Whatever becomes of it, the document has a reason, and the next has a process."""
    reads = stand_in(f"text = 'well'\n    if document == b'bad': {code}")
    assert reads([b"bad", b"good"]) == [Opened(unread=why), Opened(text="well")]


def test_memory_is_bounded(stand_in: type[StandIn]) -> None:
    """Two gigabytes are not to be had."""
    code = "confine()\n    try: text = str(len(bytearray(2 << 30)))\n    except MemoryError: text = 'refused'"
    assert stand_in(code)([b""]) == [Opened(text="refused")]


def test_a_batch_has_a_time_for_all(reads: AttachmentReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it is not read, and the share of a reading process is never held for its minute."""
    monkeypatch.setattr(reader, "BATCH_SECONDS", 0)
    assert reads([word(), pdf()]) == [Opened(unread=reader.NO_TIME)] * 2


def test_without_a_process_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Python to start: a reason, no exception."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert AttachmentReader()([word()]) == [Opened(unread=reader.NOT_STARTED)]


# ---- what the process may not do -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "open('/dev/null', 'w')",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "os.pipe()",
        "__import__('xmlrpc.client')",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))",
    ],
)
@pytest.mark.parametrize("confined", [True, False], ids=["confined", "not"])
def test_neither_file_nor_socket_can_be_opened(stand_in: type[StandIn], attempt: str, *, confined: bool) -> None:
    """All that the process was left with are the pipes to the service; the same succeeds where it is not confined."""
    code = (
        f"import resource; confine() if {confined} else None\n"
        f"    try: {attempt}; text = 'done'\n"
        "    except (OSError, ValueError) as error: text = 'refused'"
    )
    root = os.geteuid() == 0 and "setrlimit" in attempt  # root may raise a limit, where it is not in a user namespace
    if not (root and not _namespaces()):
        assert stand_in(code)([b""]) == [Opened(text="refused" if confined else "done")]


def test_a_descriptor_set_free_leads_to_no_network(stand_in: type[StandIn]) -> None:
    """Code that closes a pipe to get a socket finds an empty network, where the system gives one."""
    if not _namespaces():
        pytest.skip("this system gives no process a network of its own")
    code = (
        "confine(); os.close(2)\n"
        "    try: socket.socket().connect(('127.0.0.1', 9)); text = 'connected'\n"
        "    except OSError as error: text = errno.errorcode[error.errno]"
    )
    assert stand_in(code)([b""]) == [Opened(text="ENETUNREACH")]


def test_the_process_is_not_told_the_services_secrets(stand_in: type[StandIn], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment goes with it but where modules are found."""
    monkeypatch.setenv("A_SECRET", "x")
    text = stand_in("text = ' '.join(os.environ)")([b""])[0].text
    assert "PYTHONPATH" in text
    assert "A_SECRET" not in text


def test_the_service_itself_loads_no_document_library() -> None:
    """What parses documents is imported in the confined process only."""
    code = "import sys, triage.attachments.reader; print([name for name in ('docx', 'pypdf') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def _namespaces() -> bool:
    code = f"import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare({0x10000000 | 0x40000000}) != 0)"
    return subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
