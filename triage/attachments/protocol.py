"""What the reader of attachments and its process say to each other: frames of four bytes of length and a content."""

from typing import BinaryIO

MOST_BYTES = 10 << 20  # of one document
OUT_OF_MEMORY = 3  # exit code of the process


def put(pipe: BinaryIO, content: bytes) -> None:
    """Write a frame. Raises OSError where nobody reads any more."""
    pipe.write(len(content).to_bytes(4, "big"))
    pipe.write(content)
    pipe.flush()


def take(pipe: BinaryIO, *, most: int) -> bytes:
    """Wait for a frame. Raises EOFError where none comes, or a larger one than `most` bytes."""
    head = pipe.read(4)
    length = int.from_bytes(head, "big")
    if len(head) < 4 or length > most or len(content := pipe.read(length)) < length:
        raise EOFError
    return content
