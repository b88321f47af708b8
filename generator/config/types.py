"""What values settings can take.

Each kind turns what was written into the value used, or says what is wrong.

Kinds are plain classes: a dataclass costs half a millisecond of start-up each.

A kind parses two forms: the TOML value of a file (`parse`) and the text of a flag or
environment variable (`from_text`). Both raise ValueError with a reason that reads on
after "must be" or "is not".
"""

from __future__ import annotations

import re
from collections.abc import Callable

JsonSchema = dict[str, object]
# Compiled when first needed: the start of every command pays for what is done at import.
_UNPRINTABLE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]"


class WithinError(ValueError):
    """What is wrong with one entry of a table: `name` is the entry's."""

    def __init__(self, name: object, reason: str) -> None:
        super().__init__(reason)
        self.name = str(name)


class Kind:
    """One kind of value."""

    noun = "a value"

    def parse(self, value: object) -> object:
        """The value to use; raises ValueError."""
        raise NotImplementedError

    def from_text(self, text: str) -> object:
        """The same, of the text of a flag or an environment variable."""
        return self.parse(text)

    def schema(self) -> JsonSchema:
        """The kind as JSON schema, for editors."""
        raise NotImplementedError


class Whole(Kind):
    """A whole number within bounds."""

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high
        self.noun = f"a whole number from {low} to {high}"

    def parse(self, value: object) -> int:
        """An int, not a bool, within the bounds."""
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or not self.low <= value <= self.high
        ):
            raise ValueError(f"must be {self.noun}, not {_shown(value)}")
        return value

    def from_text(self, text: str) -> int:
        """Decimal digits."""
        if not re.fullmatch(r"[+-]?\d{1,18}", text.strip(), re.ASCII):
            raise ValueError(f"must be {self.noun}, not {_shown(text)}")
        return self.parse(int(text))

    def schema(self) -> JsonSchema:
        """Integer with bounds."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


class Switch(Kind):
    """On or off."""

    noun = "true or false"

    def parse(self, value: object) -> bool:
        """A bool."""
        if not isinstance(value, bool):
            raise ValueError(f"must be true or false, not {_shown(value)}")  # noqa: TRY004 - one type for all reasons
        return value

    def from_text(self, text: str) -> bool:
        """The words people use for it."""
        word = text.strip().lower()
        if word not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
            raise ValueError(f"must be true or false, not {_shown(text)}")
        return word in {"true", "1", "yes", "on"}

    def schema(self) -> JsonSchema:
        """Boolean."""
        return {"type": "boolean"}


class Choice(Kind):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.noun = "one of " + ", ".join(f'"{word}"' for word in words)

    def parse(self, value: object) -> str:
        """One of the words."""
        if value not in self.words:
            raise ValueError(f"must be {self.noun}, not {_shown(value)}")
        return str(value)

    def schema(self) -> JsonSchema:
        """Enumeration."""
        return {"enum": list(self.words)}


class Text(Kind):
    """A string; `check` says what is wrong with one, or gives back the form to use.

    No message shows what was given for a `private` one.
    """

    def __init__(  # noqa: PLR0913 - all but two are named
        self,
        noun: str,
        check: Callable[[str], str] = str,
        *,
        optional: bool = False,
        lines: bool = False,
        private: bool = False,
        longest: int = 1000,
    ) -> None:
        self.noun = noun
        self.check = check
        self.optional = optional
        self.lines = lines
        self.private = private
        self.longest = longest

    def parse(self, value: object) -> str:
        """A string that can be shown, of bearable length, that `check` accepts."""
        given = "what was given" if self.private else _shown(value)
        if not isinstance(value, str):
            raise ValueError(f"must be {self.noun}, not {given}")  # noqa: TRY004 - one type for all reasons
        if not value and self.optional:
            return value
        if not value.strip():
            raise ValueError(
                f"must be {self.noun}, not {'blanks alone' if value else 'empty'}"
            )
        if len(value) > self.longest:
            raise ValueError(
                f"must be {self.noun} of at most {self.longest} characters, not {len(value)}"
            )
        shown = value.replace("\n", "").replace("\t", "") if self.lines else value
        if not shown.isprintable() and re.search(_UNPRINTABLE, shown):
            raise ValueError(
                f"must be {self.noun}, and {given} has a character that cannot be shown"
            )
        return self.check(value)

    def schema(self) -> JsonSchema:
        """String."""
        return {"type": "string", "maxLength": self.longest} | (
            {} if self.optional else {"minLength": 1}
        )


class Several(Kind):
    """A list of values of one kind, none twice. As text: a TOML array, or one value a line."""

    def __init__(self, of: Kind, least: int = 0) -> None:
        self.of = of
        self.least = least
        self.noun = f"a list, each {of.noun}"

    def parse(self, value: object) -> tuple[object, ...]:
        """A list; a single value stands for a list of one."""
        items = value if isinstance(value, list | tuple) else [value]
        parsed = tuple(self.of.parse(item) for item in items)
        if len(parsed) < self.least:
            raise ValueError(f"must be {self.noun}, and must not be empty")
        for place, item in enumerate(parsed):
            if item in parsed[:place]:
                raise ValueError(f"names {_shown(item)} twice")
        return parsed

    def from_text(self, text: str) -> tuple[object, ...]:
        """A TOML array where it starts with a bracket, else the lines of the text."""
        if text.lstrip().startswith("["):
            return self.parse(toml_value(text))
        return self.parse([line for line in text.splitlines() if line.strip()])

    def schema(self) -> JsonSchema:
        """Array, or the single value."""
        one = self.of.schema()
        return {
            "anyOf": [
                one,
                {
                    "type": "array",
                    "items": one,
                    "minItems": self.least,
                    "uniqueItems": True,
                },
            ]
        }


class Table(Kind):
    """Names with values of one kind. As text: an inline TOML table."""

    def __init__(self, key: Kind, value: Kind) -> None:
        self.key = key
        self.value = value
        self.noun = f"a table of {key.noun} = {value.noun}"

    def parse(self, value: object) -> dict[str, object]:
        """A mapping whose every name and value fits."""
        if not isinstance(value, dict):
            raise ValueError(f"must be {self.noun}, not {_shown(value)}")  # noqa: TRY004 - one type for all reasons
        parsed = {}
        for name, item in value.items():
            try:
                parsed[str(self.key.parse(name))] = self.value.parse(item)
            except ValueError as error:
                raise WithinError(name, f"has {_shown(name)}: {error}") from None
        return parsed

    def from_text(self, text: str) -> dict[str, object]:
        """An inline table."""
        return self.parse(toml_value(text))

    def schema(self) -> JsonSchema:
        """Object."""
        return {"type": "object", "additionalProperties": self.value.schema()}


def toml_value(text: str) -> object:
    """One TOML value; raises ValueError."""
    import tomllib  # noqa: PLC0415 - only for lists and tables from flags and variables

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError as error:
        raise ValueError(f"is not a TOML value ({error})") from None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - fits a line
