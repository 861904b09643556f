"""HTML mail to text, with what the sender wrote apart from what mail programs quote below it."""

import re

from inscriptis import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml import etree
from lxml import html as lxml_html

# Where Gmail, Outlook on the web, Thunderbird, Apple Mail and Yahoo begin the message that is answered.
_QUOTE = (
    "//blockquote | //*[contains(concat(' ', @class, ' '), ' gmail_quote ')]"
    " | //*[contains(concat(' ', @class, ' '), ' yahoo_quoted ')]"
    " | //*[contains(concat(' ', @class, ' '), ' moz-cite-prefix ')]"
)
_BEGINS_QUOTE = "//*[@id='divRplyFwdMsg' or @id='appendonsend' or @id='x_divRplyFwdMsg']"
_HIDDEN = (
    "//*[contains(translate(@style, ' ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), 'display:none')]"
)
_NOT_TEXT = "//script | //style | //head | //title | //template | //object"
_CONFIG = ParserConfig()
MOST = 3_000_000  # characters of HTML that are read


def html_to_text(source: str) -> tuple[str, str]:
    """Give the newest text and the quoted text; both empty where nothing can be read. Never raises.

    libxml2 stops at 256 levels of nesting, so depth cannot exhaust the stack; hidden elements are left out.
    """
    try:
        tree = _tree(source[:MOST])
    except (etree.LxmlError, ValueError, AssertionError):
        return _stripped(source[:MOST]), ""
    if tree is None:
        return "", ""
    try:
        for useless in tree.xpath(f"{_NOT_TEXT} | {_HIDDEN}"):
            _detach(useless)
        quotes = [_text(part) for part in _quotes(tree)]
        return _text(tree), "\n".join(quotes)
    except (RecursionError, etree.LxmlError, ValueError, AttributeError, IndexError):
        return _stripped(source[:MOST]), ""


def _tree(source: str) -> "etree._Element | None":
    if not source.strip():
        return None
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    tree: etree._Element | None = lxml_html.document_fromstring(source.encode("utf-8"), parser=parser)
    return tree


def _quotes(tree: "etree._Element") -> "list[etree._Element]":
    """Take the quoted parts out of the tree; outermost ones only."""
    found: list[etree._Element] = []
    for start in tree.xpath(_BEGINS_QUOTE):
        # Outlook on the web marks only the header; all that follows it beside it is the old message.
        for after in list(start.itersiblings()):
            _detach(after)
            found.append(after)
        _detach(start)
        found.insert(0, start)
    for quote in tree.xpath(_QUOTE):
        if quote.getparent() is not None and not any(ancestor in found for ancestor in quote.iterancestors()):
            _detach(quote)
            found.append(quote)
    return found


def _detach(element: "etree._Element") -> None:
    """Remove an element and keep the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
        element.tail = None
    parent.remove(element)


def _text(tree: "etree._Element") -> str:
    return "\n".join(line.strip() for line in Inscriptis(tree, _CONFIG).get_text().split("\n"))


def _stripped(source: str) -> str:
    """The last resort: tags cut out, everything else kept."""
    return re.sub(r"<[^<>]{0,2000}>", " ", source)
