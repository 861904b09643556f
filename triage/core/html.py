"""HTML mail to plain text as a mail program would quote it: what stands in a quotation block gets "> " before it.

libxml2 reads the HTML as a stream of events: no tree, so neither depth nor size can exhaust anything. inscriptis was
tried: it lays tables out in columns, which pads them without bound and mixes the lines of neighbouring cells.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from lxml import etree

MOST = 2_000_000  # characters of HTML that are read, pictures inside it left out
_DEEPEST = 9  # quotation marks that are written; deeper quotes get no more

_UNSEEN = frozenset({"script", "style", "head", "title", "template", "object", "noframes"})
_CELLS = frozenset({"td", "th"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "blockquote"})
_BLOCKS = _PARAGRAPHS | {
    *("address", "article", "body", "caption", "center", "dd", "div", "dl", "dt", "fieldset", "footer", "form"),
    *("header", "hr", "li", "main", "nav", "section", "tr"),
}
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_TIGHT = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_PICTURE_DATA = re.compile(r"data:[a-z0-9/+.;=-]{0,100}base64,[A-Za-z0-9+/=\r\n]{200,}", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_TAG = re.compile(r"<[^<>]*>")


def html_to_text(source: str) -> tuple[str, bool]:
    """Give the text that a reader sees, hidden text only where there is no other, and whether all was read."""
    if "base64," in source:
        source = _PICTURE_DATA.sub("", source)
    read = source[:MOST].replace("\0", "")
    # What a sender wrote is not left out because all of it is hidden, or stands in a comment that nobody closed.
    text = _shown(read)
    if not text and _HIDDEN.search(read):
        text = _shown(read, hidden_too=True)
    return text or _TAG.sub(" ", _open_comment(read)).strip(), len(source) <= MOST


def _shown(source: str, *, hidden_too: bool = False) -> str:
    page = _Page(hidden_too=hidden_too)
    parser = etree.HTMLParser(target=page, huge_tree=True, encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        parser.feed(source.encode("utf-8", "replace"))
        parser.close()
    except (etree.LxmlError, ValueError, AssertionError):
        return "\n".join(line.strip() for line in _TAG.sub(" ", source).split("\n")).strip()
    return page.text()


def _open_comment(source: str) -> str:
    before, _, comment = source.rpartition("<!--")
    return comment if before + comment != source and "-->" not in comment else ""


class _Element(NamedTuple):
    tag: str
    hides: bool
    quotes: bool
    keeps: bool  # white space
    gap: bool  # an empty line before and after


class _Page:
    """Takes the parser's events and makes lines of them."""

    def __init__(self, *, hidden_too: bool) -> None:
        self._hidden_too = hidden_too
        self._open: list[_Element] = []
        self._hiding = self._quoting = self._keeping = 0
        self._lines: list[str] = []
        self._line: list[str] = []
        self._filled = False  # whether the line has more than white space
        self._gap = False  # an empty line is due before the next text

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        style = attributes.get("style", "")
        element = _Element(
            tag=tag,
            hides=tag in _UNSEEN or bool(style and not self._hidden_too and _HIDDEN.search(style)),
            quotes=tag == "blockquote" and _is_quotation(attributes, style),
            keeps=tag in {"pre", "textarea"} or "white-space:pre" in style.replace(" ", ""),
            # Outlook makes a paragraph of each line.
            gap=tag in _PARAGRAPHS and "MsoNormal" not in attributes.get("class", "") and not _TIGHT.search(style),
        )
        self._open.append(element)
        self._edge(element)
        self._hiding += element.hides
        self._quoting += element.quotes
        self._keeping += element.keeps
        if self._hiding:
            return
        if tag == "br":
            self._end_line()
        elif tag == "hr":
            self._add("_" * 30)
            self._end_line()
        elif tag == "li":
            self._add("- ")
        elif tag in _CELLS and self._filled:
            self._add("\t")

    def end(self, _tag: str) -> None:
        if not self._open:
            return
        element = self._open.pop()
        self._edge(element)
        self._hiding -= element.hides
        self._quoting -= element.quotes
        self._keeping -= element.keeps

    def data(self, text: str) -> None:
        if self._hiding:
            return
        if not self._keeping:
            self._add(_SPACES.sub(" ", text))
            return
        for number, line in enumerate(text.replace("\r\n", "\n").split("\n")):
            if number:
                self._end_line()
            self._add(line)

    def close(self) -> None:
        self._end_line()

    def text(self) -> str:
        return "\n".join(self._lines).strip("\n")

    def _add(self, text: str) -> None:
        self._line.append(text)
        # A no-break space alone is an empty line that somebody wanted.
        self._filled = self._filled or bool(text.strip(" \t"))

    def _edge(self, element: _Element) -> None:
        """Begin a new line where a block begins or ends."""
        if element.tag in _BLOCKS:
            if self._filled:
                self._end_line()
            self._line.clear()
            self._gap |= element.gap and not self._hiding

    def _end_line(self) -> None:
        line = "".join(self._line)
        line = line.rstrip() if self._keeping else _SPACES_BUT_TAB.sub(" ", line.replace("\xa0", " ")).strip()
        self._line.clear()
        self._filled = False
        if self._gap and line and self._lines and self._lines[-1]:
            self._lines.append("")
        self._gap = self._gap and not line
        self._lines.append("> " * min(self._quoting, _DEEPEST) + line if line else "")


_SPACES_BUT_TAB = re.compile(r" {2,}")


def _is_quotation(attributes: Mapping[str, str], style: str) -> bool:
    """Whether a blockquote is a quotation: writers use the same element to indent their own words."""
    marked = attributes.get("type") == "cite" or "cite" in attributes or "quote" in attributes.get("class", "").lower()
    return marked or "border-left" in style.lower()
