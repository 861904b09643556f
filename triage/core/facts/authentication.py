"""What the office's own mail server found about the sender's domain (RFC 8601)."""

from authres import AuthenticationResultsHeader
from authres.core import AuthResError

from triage.core.facts.record import Authentication
from triage.core.message import Message

MOST = 5  # headers that are read


def authenticate(message: Message, authserv_id: str | None) -> Authentication:
    """Read the topmost Authentication-Results of the server that we trust; anybody can write one further down.

    FAIL: DMARC failed; or, where DMARC said nothing, both SPF and DKIM failed. PASS: DMARC passed.
    """
    if not authserv_id:
        return Authentication.NONE
    results: dict[str, set[str]] = {}
    for name, value in message.headers[:100]:
        if name == "received" and results:
            break  # what stands below was there before our server took the message in
        if name == "authentication-results":
            for method, result in _results(value, authserv_id):
                results.setdefault(method, set()).add(result)
            if len(results) >= MOST:
                break
    dmarc = results.get("dmarc", set())
    if "pass" in dmarc:
        return Authentication.PASS
    if "fail" in dmarc:
        return Authentication.FAIL
    spf, dkim = results.get("spf", set()), results.get("dkim", set())
    failed = bool(spf) and bool(dkim) and not (spf | dkim) - {"fail", "softfail", "permerror"}
    return Authentication.FAIL if failed else Authentication.NONE


def _results(value: str, authserv_id: str) -> list[tuple[str, str]]:
    try:
        parsed = AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
    except (AuthResError, ValueError, IndexError, AttributeError):
        return []
    if (parsed.authserv_id or "").lower() != authserv_id.lower():
        return []
    return [(str(one.method).lower(), str(one.result).lower()) for one in parsed.results]
