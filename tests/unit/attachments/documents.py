"""Documents as senders attach them, made byte by byte or by the libraries that offices use."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

import docx
from pypdf import PdfReader, PdfWriter

ASK = (
    "We act for Ms. Adaeze Obi, application V317000452.",
    "Your office refused her on 8 April 2026 although the medical letter was on file.",
    "Her mother's funeral is on 12 May 2026 in Halifax, and she is the only child.",
    "We ask that the refusal be reconsidered before that day.",
)


def pdf(lines: Sequence[str] = ASK, *, pages: int = 1, unicode_font: bool = False) -> bytes:
    """A PDF with the lines on each page, in a standard font or in one whose codes only its own map explains."""
    return pdf_of([_content(lines, unicode_font=unicode_font)] * pages, font=_MAPPED if unicode_font else _STANDARD)


def pdf_of(contents: Sequence[bytes], *, font: Sequence[bytes] = ()) -> bytes:
    """A PDF whose pages have these streams of drawing commands."""
    font = font or _STANDARD
    first = 3 + len(font)
    kids = b" ".join(b"%d 0 R" % (first + 2 * at) for at in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(contents), kids),
        *font,
    ]
    for at, content in enumerate(contents):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (first + 2 * at + 1)
        )
        packed = zlib.compress(content, 9)
        objects.append(b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed))
    return _file(objects)


def encrypted(document: bytes, *, user: str, algorithm: str = "AES-256") -> bytes:
    """The PDF with a password to open it, or with an empty one: it may be read, and not be changed."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(document)))
    writer.encrypt(user, "owner", algorithm=algorithm)
    return _saved(writer)


def word(lines: Sequence[str] = ASK) -> bytes:
    """A Word letter: a first paragraph, the other lines in a table."""
    document = docx.Document()
    document.add_paragraph(lines[0])
    table = document.add_table(rows=0, cols=1)
    for line in lines[1:]:
        table.add_row().cells[0].text = line
    return _saved(document)


def word_with(**parts: bytes) -> bytes:
    """A Word letter with parts replaced or added; "__" in a name stands for "/"."""
    changed = {name.replace("__", "/") + (".xml" if "word" in name else ""): data for name, data in parts.items()}
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(word())) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            if name not in changed:
                new.writestr(name, old.read(name))
        for name, data in changed.items():
            new.writestr(name, data)
    return result.getvalue()


def body(inner: str, *, before: str = "") -> bytes:
    """A word/document.xml with this body."""
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    again = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    return f'{before}<w:document xmlns:w="{name}" xmlns:mc="{again}"><w:body>{inner}</w:body></w:document>'.encode()


def mail(text: str, *attached: tuple[str, bytes], subject: str = "V317000452") -> bytes:
    """An e-mail of 6 May 2026 with attachments, each a name and its bytes."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "Imani Cole <imani@firm.example>"
    message["To"] = "manager@visa-delhi.example"
    message["Subject"] = subject
    message["Date"] = "Wed, 06 May 2026 09:14:00 -0400"
    message["Message-ID"] = "<1@firm.example>"
    message.set_content(text)
    for name, data in attached:
        kind = "pdf" if name.endswith(".pdf") else "octet-stream"
        if name.endswith(".jpg"):
            message.add_attachment(data, maintype="image", subtype="jpeg", filename=name)
        else:
            message.add_attachment(data, maintype="application", subtype=kind, filename=name)
    return message.as_bytes()


_STANDARD = (b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",)
_MAP = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CMapName /Adobe-Identity-UCS def\n"
    b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n1 beginbfrange <0000> <00FF> <0000> endbfrange\n"
    b"endcmap end end"
)
_MAPPED = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /Letter /Encoding /Identity-H"
    b" /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
    b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Letter"
    b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
    b"<< /Length %d >>\nstream\n%s\nendstream" % (len(_MAP), _MAP),
)


def _content(lines: Sequence[str], *, unicode_font: bool) -> bytes:
    encoding = "utf-16-be" if unicode_font else "cp1252"
    shown = b" T* ".join(b"<%s> Tj" % line.encode(encoding).hex().encode() for line in lines)
    return b"BT /F1 11 Tf 14 TL 60 720 Td " + shown + b" ET"


def _file(objects: Sequence[bytes]) -> bytes:
    result = bytearray(b"%PDF-1.7\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(result))
        result += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = len(result)
    result += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    result += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(result + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))


def _saved(document: object) -> bytes:
    file = io.BytesIO()
    getattr(document, "write" if isinstance(document, PdfWriter) else "save")(file)
    return file.getvalue()
