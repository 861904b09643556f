"""The confined process: takes documents from standard input, and gives their text or why there is none.

A document that costs too much memory or time ends the process, and `reader.py` starts another for the next.
"""

import ctypes
import encodings
import json
import os
import resource
import sys
from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages
from typing import BinaryIO

import docx
import pypdf

from triage.attachments.documents import Unreadable, text_of
from triage.attachments.protocol import MOST_BYTES, OUT_OF_MEMORY, put, take

MEMORY = 1 << 30  # bytes of address space
CPU_SECONDS = 10  # for one document: ends it also where nobody is left to end it

_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def load() -> None:
    """Import all that the libraries would import at their first need, when no file can be opened any more."""
    for package in (encodings, pypdf, docx):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            with suppress(ImportError):  # what other systems have, or needs an extra
                import_module(module.name)


def confine() -> None:
    """Give up, for good, what reading a document does not need.

    With every descriptor below the limit in use, neither file nor socket can be opened. The empty network of its own
    is for code that a document may have smuggled in, which could close one first; some containers do not allow it.
    """
    libc = ctypes.CDLL(None)
    libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    for what, most in (
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, MEMORY),
    ):
        resource.setrlimit(what, (most, most))


def serve(documents: BinaryIO, answers: BinaryIO) -> None:
    """Read document after document, until there are no more. Ends the process where memory does not suffice."""
    with suppress(EOFError):
        while True:
            document = take(documents, most=MOST_BYTES)
            _allow_seconds(CPU_SECONDS)
            try:
                answer = {"text": text_of(document)}
            except Unreadable as error:
                answer = {"unread": str(error)}
            except MemoryError:
                os._exit(OUT_OF_MEMORY)
            put(answers, json.dumps(answer).encode("ascii"))


def _allow_seconds(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, hard))


if __name__ == "__main__":
    load()
    confine()
    serve(sys.stdin.buffer, sys.stdout.buffer)
