"""What the office's own mail server found about the sender's domain (RFC 8601)."""

import re
from collections.abc import Iterator

from authres import AuthenticationResultsHeader
from authres.core import AuthResError

from triage.core.facts.record import Authentication
from triage.core.message import Message

_MOST_HEADERS = 100
_MOST_CHARACTERS = 2_000  # of one header: the parser takes 3 ms for a thousand that are made to be hard
_BY = re.compile(r"\bby\s+([^\s;()]+)")
_ADDRESS = re.compile(r"[\d.]+|\[.*|.*:.*")

_Found = tuple[str, str, dict[str, str]]  # method, result, properties by "type.name"


def authenticate(message: Message, authserv_id: str | None) -> Authentication:
    """Read what the server that we trust wrote at the top; what stands below its own Received anybody may have written.

    PASS: DMARC passed, or SPF or DKIM passed for the From domain. FAIL: DMARC failed; or, where DMARC tells nothing,
    both SPF and DKIM failed. The server must remove headers that arrive in its name (RFC 8601 §5); of two that
    disagree, the upper one is believed.
    """
    if not authserv_id:
        return Authentication.NONE
    found = _believed(message, authserv_id.lower())
    sender = message.from_.addr.rpartition("@")[2].lower() if message.from_ else ""
    results = {method: {result for name, result, _ in found if name == method} for method in ("dmarc", "spf", "dkim")}
    for method, result, properties in found:
        if result == "pass" and any(_aligned(sender, properties.get(name, "")) for name in _VOUCHING.get(method, ())):
            return Authentication.PASS
        if method == "dmarc" and result == "pass" and "header.from" not in properties:
            return Authentication.PASS
    failed = "fail" in results["dmarc"]
    unknown = not results["dmarc"] - {"none", "temperror", "permerror"}
    both = bool(results["spf"]) and results["spf"] <= {"fail", "hardfail", "softfail"} and results["dkim"] == {"fail"}
    return Authentication.FAIL if failed or (unknown and both) else Authentication.NONE


# The properties by which a result says what domain it is about, by method (RFC 8601 §2.7).
_VOUCHING = {"dmarc": ("header.from",), "spf": ("smtp.mailfrom",), "dkim": ("header.d", "header.i")}


def _believed(message: Message, authserv_id: str) -> list[_Found]:
    """The results of our server's topmost headers; a method that one has told is not asked of a lower one."""
    found: list[_Found] = []
    for name, value in message.headers[:_MOST_HEADERS]:
        if name == "received" and (found or not _is_ours(value.lower(), authserv_id)):
            break
        if name == "authentication-results" and value.lower().lstrip().startswith(authserv_id):
            told = {method for method, _, _ in found}
            found += [one for one in _parse(value, authserv_id) if one[0] not in told]
    return found


def _parse(value: str, authserv_id: str) -> Iterator[_Found]:
    try:
        parsed = AuthenticationResultsHeader.parse(f"Authentication-Results: {value[:_MOST_CHARACTERS]}")
    except (AuthResError, RecursionError, ValueError, IndexError, AttributeError, TypeError):
        return
    if (parsed.authserv_id or "").lower() != authserv_id:
        return
    for one in parsed.results:
        if method := getattr(one, "method", None):
            properties = {f"{p.type}.{p.name}".lower(): str(p.value or "").lower() for p in one.properties}
            yield str(method).lower(), str(one.result).lower(), properties


def _is_ours(received: str, authserv_id: str) -> bool:
    """Whether a Received header was written inside our own server's domain."""
    by = _BY.search(received[:_MOST_CHARACTERS])
    if by is None:
        return False
    host = by.group(1).rstrip(".")
    domain = authserv_id if authserv_id.count(".") < 2 else authserv_id.partition(".")[2]
    return "." not in host or _ADDRESS.fullmatch(host) is not None or host == domain or host.endswith(f".{domain}")


def _aligned(sender: str, other: str) -> bool:
    """Whether two domains are one or parent and child (RFC 7489 §3.1, relaxed, without a list of public suffixes)."""
    domain = other.rpartition("@")[2].strip(".")
    if min(sender.count("."), domain.count(".")) < 1:
        return False
    return sender == domain or sender.endswith(f".{domain}") or domain.endswith(f".{sender}")
