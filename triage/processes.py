"""The fork server that processes for reading mail come from: started first, since what it loads takes longest.

It has no threads, so a process can be forked from it at any time, which cannot be said of the service itself.
"""

import multiprocessing
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running

# Loaded before the first process is asked for; the command line too, since each process runs the main module.
PRELOADED = ["classifiers.artifact", "triage.reading", "triage.cli"]


def fork_server() -> ForkServerContext:
    """Have the fork server load the libraries, where it has not begun to, and give its context; does not wait."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    ensure_running()
    return context
