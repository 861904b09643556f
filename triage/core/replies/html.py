"""The HTML of a reply, made from the very text of it, so that the two cannot say different things.

A template's text has a few plain forms, which people read as they are: a line in capitals is a heading, lines with "- "
a list, lines with "> " a quotation, a line set in by four blanks stands out. All values are escaped (Jinja2's
autoescape); the page fetches nothing, and its only link is the office's own web form, shown whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from jinja2 import Environment, StrictUndefined

LONGEST_HEADING = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A reply's text in one language, before its lines are wrapped."""

    language: str  # "en", "fr"
    text: str
    link: str  # the one address that may become a link; anything but http(s) never does


def page(subject: str, parts: Sequence[Part], follows: Sequence[tuple[str, str]] = ()) -> str:
    """Give the page; `follows` tells, by language, that it stands further below."""
    shown = [(part.language, part.link, list(_blocks(part.text))) for part in parts]
    return _PAGE.render(subject=subject, follows=follows, parts=shown)


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each block's form, and its lines without the marks of it."""
    for form, lines in groupby(text.split("\n"), _form):
        kept = [line.removeprefix(_MARKS[form]).strip() for line in lines]
        if form != "nothing":
            yield form, kept


def _form(line: str) -> str:
    if not line.strip():
        return "nothing"
    for form in ("quotation", "list", "apart"):
        if line.startswith(_MARKS[form]):
            return form
    return "heading" if line.isupper() and len(line) <= LONGEST_HEADING else "paragraph"


_MARKS = {"quotation": "> ", "list": "- ", "apart": "    ", "heading": "", "paragraph": "", "nothing": ""}
_PAGE = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
    """\
<!DOCTYPE html>
<html lang="{{ parts[0][0] }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ subject }}</title>
</head>
<body style="max-width: 40em; font-family: sans-serif; line-height: 1.5">
{% for language, words in follows %}
<p lang="{{ language }}">{{ words }}</p>
{% endfor %}
{% for language, link, blocks in parts %}
{% if not loop.first %}
<hr>
{% endif %}
<div lang="{{ language }}">
{% for form, lines in blocks %}
{% if form == "heading" %}
{% for line in lines %}
<h2 style="font-size: 1em">{{ line }}</h2>
{% endfor %}
{% elif form == "list" %}
<ul>
{% for line in lines %}
<li>{{ line }}</li>
{% endfor %}
</ul>
{% elif form == "quotation" %}
<blockquote dir="auto">
{%- for line in lines %}
{{ line }}{% if not loop.last %}<br>
{% endif %}
{% endfor -%}
</blockquote>
{% elif form == "apart" %}
{% for line in lines %}
<p style="margin-left: 2em"><strong>
{%- if line == link and line.startswith(("https://", "http://")) -%}
<a href="{{ line }}">{{ line }}</a>
{%- else -%}
{{ line }}
{%- endif -%}
</strong></p>
{% endfor %}
{% else %}
<p>
{%- for line in lines -%}
{{ line }}{% if not loop.last %}<br>
{% endif %}
{%- endfor -%}
</p>
{% endif %}
{% endfor %}
</div>
{% endfor %}
</body>
</html>
"""
)
