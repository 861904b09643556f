"""Text of PDF and DOCX letters; runs only in the confined process (`worker.py`), since senders made what it reads."""

from collections.abc import Iterator
from io import BytesIO
from zipfile import BadZipFile, ZipFile

import docx
from docx.oxml.ns import qn
from pypdf import PasswordType, PdfReader

# What a letter says stands on its first pages; the bundle of evidence behind it is not for here.
MOST_PAGES = 20
MOST_CHARACTERS = 60_000
MOST_UNPACKED = 100_000_000  # bytes of a DOCX: a letter with pictures has some millions
MOST_PARTS = 2_000
FEWEST_WORDS = 10  # different ones: a scan has none, or only its program's name on each page

SCAN = "it holds hardly any text, and may be a scan"
ENCRYPTED = "it is encrypted"
DAMAGED = "it is damaged, or no ordinary letter"
UNPACKS = "it unpacks to more than a letter holds"
OTHER_KIND = "it is neither a PDF nor a Word letter (.docx)"

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .doc, and a .docx with a password (MS-OFFCRYPTO §2.3.4)
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_TEXT, _DRAWN_AGAIN = qn("w:t"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WHITE = {qn("w:p"): "\n", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t"}


class Unreadable(Exception):
    """No text can be had of a document; says why, as in "not read: it is encrypted"."""


def text_of(data: bytes) -> str:
    """Text of a document, told by its first bytes, whatever its name says. Raises Unreadable."""
    if b"%PDF-" in data[:1024]:  # ISO 32000-1, Annex H.3.4.1: readers accept it within the first 1,024 bytes
        pieces = _of_pdf(data)
    elif data.startswith(b"PK\3\4"):
        pieces = _of_docx(data)
    else:
        raise Unreadable(ENCRYPTED if data.startswith(_OLE) and _ENCRYPTED_PACKAGE in data else OTHER_KIND)
    try:
        text = _joined(pieces)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        # Foreign code raises whatever it happens to raise at a document that breaks its format's rules.
        raise Unreadable(DAMAGED) from error
    if len(set(text.lower().split())) < FEWEST_WORDS:
        raise Unreadable(SCAN)
    return text


def _joined(pieces: Iterator[str]) -> str:
    kept, length = [], 0
    for piece in pieces:
        kept.append(piece[: MOST_CHARACTERS - length])
        length += len(kept[-1])
        if length >= MOST_CHARACTERS:
            break
    return "".join(kept).strip()


def _of_pdf(data: bytes) -> Iterator[str]:
    reader = PdfReader(BytesIO(data))
    # Letters that may only be printed or not be changed are encrypted with an empty password.
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise Unreadable(ENCRYPTED)
    for number in range(min(len(reader.pages), MOST_PAGES)):
        yield reader.pages[number].extract_text()
        yield "\n\n"


def _of_docx(data: bytes) -> Iterator[str]:
    """Give what a reader of the document sees, text boxes, tables and insertions included, deletions left out."""
    try:
        with ZipFile(BytesIO(data)) as package:
            parts = package.infolist()
    except BadZipFile as error:
        raise Unreadable(DAMAGED) from error
    if any(part.flag_bits & 1 for part in parts):  # APPNOTE.TXT §4.4.4
        raise Unreadable(ENCRYPTED)
    if not any(part.filename == "word/document.xml" for part in parts):
        raise Unreadable(OTHER_KIND)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(UNPACKS)
    body = docx.Document(BytesIO(data)).element.body
    for again in list(body.iter(_DRAWN_AGAIN)):  # a text box once more, for old programs
        again.getparent().remove(again)
    for element in body.iter(_TEXT, *_WHITE):
        yield (element.text or "") if element.tag == _TEXT else _WHITE[element.tag]
