"""Asks a language model that the department runs itself: any server with OpenAI's chat completions (llama.cpp, vLLM).

What comes back is read as JSON against a schema and as nothing else. Whatever goes wrong, there is no opinion.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifiers.opinions import MOST_SAID_BY, Opinion, Options
from triage.core.classification import Question
from triage.core.facts.record import DateMentioned
from triage.core.labels import Label
from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError

PROMPT = Path(__file__).with_name("labelling.txt").read_text(encoding="utf-8")
MOST_DATES = 10
MOST_TOKENS = 100  # of an answer, which needs some 20
MOST_BYTES = 64 * 1024  # of a response
AT_ONCE = 4  # requests; such servers take a few in parallel
# For all messages that are asked about in one go. A process that reads mail has a minute for its share of it.
BATCH_SECONDS = 15.0
MOST_FAILURES, REST_SECONDS = 3, 600.0
_NO_SCHEMA = frozenset({400, 422, 501})  # what servers answer that do not know `response_format`
# `Verdict` in the plainest JSON Schema, which small servers turn into a grammar.
_SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "enum": [label.value for label in Label]},
        "probability": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": ["label", "probability"],
    "additionalProperties": False,
}
_RESPONSE_FORMAT = {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": _SCHEMA}}


class Verdict(BaseModel):
    """All that the model may answer."""

    model_config = ConfigDict(extra="forbid", strict=True)

    label: Label
    probability: float = Field(ge=0, le=1, allow_inf_nan=False)


class _Said(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Said


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


class Breaker:
    """After three failures in a row the server is left alone for ten minutes: mail must not wait for it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that only go forward."""
        self._clock = clock
        self._failures = 0
        self._rests_until = float("-inf")

    @property
    def resting(self) -> bool:
        """Whether the server is not to be asked now."""
        return self._clock() < self._rests_until

    def failed(self) -> None:
        """Count a failure."""
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            self._failures, self._rests_until = 0, self._clock() + REST_SECONDS

    def worked(self) -> None:
        """Forget the failures before."""
        self._failures = 0


class Endpoint:
    """The second opinion of a chat model; asks of each message by itself, some at once."""

    def __init__(self, options: Options, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Raise ConfigurationError where the options name no server or model."""
        if not (options.url and options.model):
            message = "the plug-in 'endpoint' needs a url, such as https://llm.office.example/v1, and a model"
            raise ConfigurationError([Problem(file="triage.yaml", key="second_opinion", message=message)])
        self._options = options
        self._tls = _tls(options.ca_file)
        self._breaker = Breaker(clock)
        self._takes_schema = True
        # Another server, prompt or schema is another opinion, whose errors are not measured.
        version = sha256(f"{options.url}\0{options.model}\0{PROMPT}\0{_SCHEMA}".encode()).hexdigest()[:8]
        self.said_by = f"{options.model[: MOST_SAID_BY - 9]}-{version}"

    def ask(self, questions: Sequence[Question]) -> list[Opinion | None]:
        """Ask about each question; None where no usable answer came in time, or the server is left alone."""
        if not questions or self._breaker.resting:
            return [None] * len(questions)
        return asyncio.run(self._ask_all(questions))

    async def _ask_all(self, questions: Sequence[Question]) -> list[Opinion | None]:
        answers: list[Opinion | None] = [None] * len(questions)
        slots = asyncio.Semaphore(AT_ONCE)
        client = httpx.AsyncClient(
            verify=self._tls,
            timeout=self._options.timeout_seconds,
            follow_redirects=False,  # what is asked is for this server only
            trust_env=False,  # nor for a proxy or a .netrc that happens to be about
            headers={"Accept-Encoding": "identity"},
        )

        async def ask_one(number: int) -> None:
            async with slots:
                if not self._breaker.resting:
                    answers[number] = await self._opinion(client, questions[number])

        async with client:
            try:
                async with asyncio.timeout(BATCH_SECONDS):
                    await asyncio.gather(*map(ask_one, range(len(questions))))
            except TimeoutError:
                self._breaker.failed()
        return answers

    async def _opinion(self, client: httpx.AsyncClient, question: Question) -> Opinion | None:
        try:
            # httpx bounds each read and not their sum: a server that drips would hold us for ever.
            async with asyncio.timeout(self._options.timeout_seconds):
                content = await self._response(client, question)
        except Exception:  # noqa: BLE001 - refused, reset, late, untrusted, no secret: the server cannot be used
            self._breaker.failed()
            return None
        self._breaker.worked()
        # A senseless answer is about this message, and costs the others nothing.
        try:
            said = _Completion.model_validate_json(content).choices[0].message.content
            verdict = Verdict.model_validate_json(said)
        except ValidationError:
            return None
        return Opinion(label=verdict.label, probability=verdict.probability, said_by=self.said_by)

    async def _response(self, client: httpx.AsyncClient, question: Question) -> bytes:
        """Give the body of a good response; raises for any other."""
        body = {
            "model": self._options.model,
            "messages": [{"role": "system", "content": PROMPT}, {"role": "user", "content": block(question)}],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
        }
        if self._takes_schema:
            try:
                return await self._post(client, body | {"response_format": _RESPONSE_FORMAT})
            except httpx.HTTPStatusError as error:
                if error.response.status_code not in _NO_SCHEMA:
                    raise
            content = await self._post(client, body)
            self._takes_schema = False
            return content
        return await self._post(client, body)

    async def _post(self, client: httpx.AsyncClient, body: dict[str, Any]) -> bytes:
        secret = self._options.read_secret
        headers = {"Authorization": f"Bearer {secret()}"} if secret else {}
        url = f"{self._options.url.rstrip('/')}/chat/completions"
        async with client.stream("POST", url, json=body, headers=headers) as response:
            response.raise_for_status()  # a redirect too
            content = b""
            async for part in response.aiter_raw():
                content += part
                if len(content) > MOST_BYTES:
                    raise httpx.RemoteProtocolError("the response is too large")
            return content


def block(question: Question) -> str:
    """The message as data, between two lines that its sender cannot have known, with the dates that were read in it."""
    text = f"Subject: {question.subject}\n\n{question.newest}"
    if question.forwarded:
        text += f"\n\nForwarded below it:\n{question.forwarded}"
    if question.attached:
        text += f"\n\nIn an attached letter:\n{question.attached}"
    marker = f"=== {sha256(text.encode()).hexdigest()[:24]} ==="
    dates = "\n".join(f"- {_in_words(found)}" for found in question.facts.dates[:MOST_DATES])
    return f"{marker}\n{text}\n{marker}\nDates that the message names:\n{dates or '- none was found'}"


def _in_words(found: DateMentioned) -> str:
    away = found.days_away
    when = f"{away} days after" if away > 0 else f"{-away} days before" if away else "the day of"
    return f"{found.date}, {when} the message" + (f": {found.event.value}" if found.event else "")


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except OSError as error:  # ssl.SSLError is one
            message = f"{ca_file} cannot be used ({error}); expected certificates in PEM"
            raise ConfigurationError(
                [Problem(file="triage.yaml", key="second_opinion.ca_file", message=message)]
            ) from error
    return context
