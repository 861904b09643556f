"""Makes the second opinion that the settings name; light, since every process that reads mail imports it."""

from functools import partial

from classifiers.opinions import Advice, Options, SecondOpinion, advice, plugin
from classifiers.opinions.record import load_or_say
from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError
from triage.secrets import read_secret
from triage.settings import SecondOpinionSettings


def opinion_of(asked: SecondOpinionSettings) -> SecondOpinion:
    """Make what gives the opinions. Raises ConfigurationError where no such plug-in is installed, or it refuses."""
    options = Options(
        url=asked.url,
        model=asked.model,
        read_secret=partial(read_secret, asked.secret) if asked.secret else None,
        ca_file=asked.ca_file,
        timeout_seconds=asked.timeout_seconds,
    )
    try:
        return plugin(asked.plugin)(options)
    except ConfigurationError:
        raise
    except Exception as error:  # somebody else's code, which fails in its own way
        message = f"the plug-in '{asked.plugin}' cannot be used ({type(error).__name__}: {error})"
        raise ConfigurationError([Problem(file="triage.yaml", key="second_opinion.plugin", message=message)]) from error


def advice_of(asked: SecondOpinionSettings | None, model: str | None) -> Advice | None:
    """Make what the pipeline asks beside this version of the model; None where nobody is to be asked.

    Raises what `opinion_of` does.
    """
    if asked is None or model is None:
        return None
    allowed, _ = load_or_say(asked.record, model=model)
    return advice(opinion_of(asked), allowed)
