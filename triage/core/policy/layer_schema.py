"""What an office's layer can say: rules/offices/<id>.yaml. What its parts come to is checked in the rules they make."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from triage.core.policy.schema import Section
from triage.core.policy.schema_values import Name, Parameters


class Override(Section):
    """Changes to one rule of the default: `when` and any other key as a whole, `then` key by key.

    Its other keys are those of a rule; they are checked in the rule that comes of it.
    """

    model_config = ConfigDict(extra="allow")

    id: Name = Field(description="The rule of default.yaml that is meant.")

    @model_validator(mode="after")
    def _says_something(self) -> "Override":
        if not self.model_extra:
            raise ValueError("nothing is changed; expected 'when', 'then' or another key of the rule")
        return self


class Insertion(Section):
    """Rules that only this office has, at one place among those of the default."""

    before: Name | None = Field(None, description="The rule of default.yaml above which they stand.")
    after: Name | None = Field(None, description="The rule of default.yaml below which they stand.")
    rules: tuple[dict[str, Any], ...] = Field(min_length=1, description="Rules, in order.")

    @model_validator(mode="after")
    def _one_place(self) -> "Insertion":
        if (self.before is None) == (self.after is None):
            raise ValueError("expected the place of these rules: either 'before' or 'after' one of default.yaml")
        return self


class Disabling(Section):
    """A rule of the default that this office does without."""

    id: Name = Field(description="The rule of default.yaml that is meant.")
    reason: Annotated[str, StringConstraints(min_length=10)] = Field(description="Why, for those who read it later.")


class LayerFile(Section):
    """What one office does otherwise than the default."""

    parameters: Parameters = Field({}, description="Values of the default's parameters at this office.")
    overrides: tuple[Override, ...] = Field((), description="Rules of the default, changed.")
    insert: tuple[Insertion, ...] = Field((), description="Rules of the office's own.")
    always: tuple[dict[str, Any], ...] = Field((), description="What this office adds, whichever rule wins.")
    disable: tuple[Disabling, ...] = Field((), description="Rules of the default that do not apply.")

    @model_validator(mode="after")
    def _not_empty(self) -> "LayerFile":
        empty = [name for name in self.model_fields_set if not getattr(self, name)]
        if empty or not self.model_fields_set:
            what = f"'{min(empty)}'" if empty else "this layer"
            raise ValueError(f"{what} says nothing; an office without a file of its own has the rules of default.yaml")
        return self
