"""A private Dovecot on loopback ports, for tests and for the benchmark: no root needed, nothing shared."""

import contextlib
import os
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme
from imapclient import IMAPClient

from tests.servers.ports import free_ports
from triage.mailbox.account import Account

BINARY = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PASSWORD = "only-for-tests"
STARTS_WITHIN = 20.0

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_home = {folder}/mail/%u
mail_location = {location}
mail_plugins = quota
first_valid_uid = 0
first_valid_gid = 0
mail_max_userip_connections = 1000
default_client_limit = 5000
default_process_limit = 1000
{capability}
passdb {{
  driver = static
  args = password={password}
}}
{own_uids}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
plugin {{
  quota = maildir:User quota
  quota_rule = *:storage=10G
}}
protocol imap {{
  mail_plugins = quota imap_quota
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  process_min_avail = 0
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service stats {{
  chroot =
}}
"""


_OWN_UIDS = "userdb {{\n  driver = passwd-file\n  args = {folder}/users\n}}"
FIRST_UID = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    """A running server; any user name logs in with PASSWORD and has an empty mailbox at first."""

    folder: Path
    imap_port: int
    imaps_port: int
    lmtp_port: int
    ca_file: Path

    def account(self, user: str, *, tls: str = "none", secret: str = PASSWORD) -> Account:
        """How the service reaches a user's mailbox."""
        port = self.imaps_port if tls == "implicit" else self.imap_port
        return Account(
            host="localhost",
            port=port,
            tls=tls,  # type: ignore[arg-type]
            user=user,
            read_secret=lambda: secret,
            ca_file=self.ca_file,
            timeout=20,
        )

    def maildir(self, user: str) -> Path:
        """Where a user's mail lies as files, unless `location` says otherwise."""
        return self.folder / "mail" / user / "Maildir"

    @contextlib.contextmanager
    def client(self, user: str) -> Iterator[IMAPClient]:
        """A mail program of the user's own."""
        with IMAPClient("localhost", self.imap_port, ssl=False) as client:
            client.login(user, PASSWORD)
            yield client

    def deliver(self, user: str, *messages: bytes) -> None:
        """Deliver by LMTP, as a mail server does."""
        with smtplib.LMTP("localhost", self.lmtp_port) as session:
            for message in messages:
                session.sendmail("sender@outside.example", [user], message)

    def append(self, user: str, messages: Sequence[bytes], folder: str = "INBOX") -> None:
        """Put messages into a folder, with exactly these bytes."""
        with self.client(user) as client:
            for start in range(0, len(messages), 100):
                client.multiappend(folder, list(messages[start : start + 100]))

    def folders(self, user: str) -> dict[str, list[bytes]]:
        """Everything in the mailbox: the bytes of each message, by folder; empty folders too."""
        found: dict[str, list[bytes]] = {}
        with self.client(user) as client:
            for _, _, name in client.list_folders():
                client.select_folder(name, readonly=True)
                uids = client.search("ALL")
                data = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
                found[str(name)] = [bytes(data[uid][b"BODY[]"]) for uid in uids if uid in data]
        return found


@contextlib.contextmanager
def running_dovecot(
    folder: Path,
    *,
    without: Sequence[str] = (),
    separator: str = "/",
    prefix: str = "",
    location: str = "maildir:~/Maildir",
    own_uids: Sequence[str] = (),
) -> Iterator[Dovecot]:
    """Run a Dovecot in `folder` until the block ends. `without`: capabilities that it does not tell of.

    Each session in IDLE takes an inotify instance of the mail user's: past sysctl fs.inotify.max_user_instances (128
    on Debian) Dovecot looks for mail every 30 seconds only, and says so in its log. Users named in `own_uids` have one
    of their own each, for which the server must be run by root.
    """
    if BINARY is None:
        raise RuntimeError("dovecot is not installed: apt-get install dovecot-imapd dovecot-lmtpd")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    ports = free_ports(3)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    known = "IMAP4rev1 SASL-IR LITERAL+ MULTIAPPEND ID ENABLE IDLE NAMESPACE UIDPLUS MOVE QUOTA SPECIAL-USE"
    told = " ".join(name for name in known.split() if name not in without)
    config = folder / "dovecot.conf"
    uid, gid = (1000, 1000) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    (folder / "mail").mkdir(exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder / "mail", uid, gid)
        (folder / "mail").chmod(0o1777)  # each user makes a home there
    (folder / "users").write_text(
        "".join(f"{name}::{FIRST_UID + number}:{gid}::{folder}/mail/{name}\n" for number, name in enumerate(own_uids))
    )
    config.write_text(
        _CONFIG.format(
            folder=folder,
            user="dovenull" if os.geteuid() == 0 else _user_name(),
            group="dovecot" if os.geteuid() == 0 else _group_name(),
            password=PASSWORD,
            uid=uid,
            gid=gid,
            imap=ports[0],
            imaps=ports[1],
            lmtp=ports[2],
            separator=separator,
            prefix=prefix,
            location=location,
            own_uids=_OWN_UIDS.format(folder=folder) if own_uids else "",
            capability=f"imap_capability = {told}" if without else "",
        )
    )
    process = subprocess.Popen([BINARY, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait_for(ports[0], process, folder)
        yield Dovecot(
            folder=folder, imap_port=ports[0], imaps_port=ports[1], lmtp_port=ports[2], ca_file=folder / "ca.pem"
        )
    finally:
        process.terminate()
        process.communicate(timeout=15)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            log = folder / "dovecot.log"
            raise RuntimeError(f"dovecot did not start: {said}\n{log.read_text() if log.exists() else ''}")
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1) as probe:
            if probe.recv(4).startswith(b"* OK"):
                return
        time.sleep(0.05)
    raise RuntimeError(f"dovecot did not answer within {STARTS_WITHIN} s; see {folder}/dovecot.log")


def _user_name() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _group_name() -> str:
    import grp

    return grp.getgrgid(os.getegid()).gr_name
