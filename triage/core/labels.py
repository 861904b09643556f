"""The four labels a message can have, and "unsure", the honest fifth answer."""

from enum import StrEnum
from typing import Final, Literal


class Label(StrEnum):
    """What a message asks of the manager's inbox (the labelling guide's table); order is precedence."""

    URGENT = "urgent"
    SERIOUS_ERROR = "serious_error"
    RECONSIDERATION = "reconsideration"
    WEBFORM = "webform"


Unsure = Literal["unsure"]
UNSURE: Final[Unsure] = "unsure"
