"""What is loaded at the start is left alone by the garbage collector; what comes after is not."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from triage.lasting import lasting


class Knot:
    """An object that holds itself: only the collector can free it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """Nothing of one test stays frozen for the next."""
    yield
    gc.unfreeze()


def test_what_is_made_meanwhile_is_never_looked_at_again() -> None:
    """A cycle made at the start stays, one made later is freed."""
    with lasting():
        early = ref(Knot())
    late = ref(Knot())
    gc.collect()
    assert early() is not None
    assert late() is None


def test_the_collector_works_again_though_the_start_fails() -> None:
    """Whatever is wrong with the settings."""
    with pytest.raises(ValueError, match="wrong"), lasting():
        raise ValueError("wrong")
    assert gc.isenabled()
