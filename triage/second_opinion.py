"""Makes the second opinion that the settings name; light, since every process that reads mail imports it."""

from functools import partial
from typing import TYPE_CHECKING

from classifiers.opinions import Advice, Allowed, Options, SecondOpinion, advice, plugin
from classifiers.opinions.record import load_or_say
from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError
from triage.secrets import read_secret
from triage.settings import ErrorBudgetSettings, SecondOpinionSettings

if TYPE_CHECKING:  # it loads the machine-learning library, which the daemon's own process does without
    from classifiers.linear import LinearClassifier


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


def advice_of(
    asked: SecondOpinionSettings | None, classifier: "LinearClassifier | None", budget: ErrorBudgetSettings
) -> Advice | None:
    """Make what the pipeline asks beside this model; None where nobody is to be asked.

    Raises what `opinion_of` does.
    """
    if asked is None or classifier is None:
        return None
    allowed, _ = allowed_of(asked, classifier, budget)
    return advice(opinion_of(asked), allowed)


def allowed_of(
    asked: SecondOpinionSettings, classifier: "LinearClassifier", budget: ErrorBudgetSettings
) -> tuple[Allowed, str]:
    """Give what the opinion may settle beside this model; or nothing, and a sentence why."""
    return load_or_say(
        asked.record,
        model=classifier.version,
        urgent_at_most=classifier.limits.urgent_at_most,
        urgent_as_other=budget.urgent_as_other,
    )
