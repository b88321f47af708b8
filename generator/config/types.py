"""Types of settings: each turns what was written into the value used, or says why not.

A type parses two forms: the TOML value of a file (`parse`) and the text of a flag or an
environment variable (`from_text`). Both raise ValueError with a reason that reads on
after the setting's key: "must be ...", "is not ...".

They are plain classes: a dataclass costs half a millisecond of start-up each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)
JsonSchema = dict[str, object]

# As texts: compiled when first needed, for every command pays for what an import does.
_UNPRINTABLE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]"
# 18 digits fit into 64 bits, so no bound of ours can be passed by a longer number.
_DECIMAL = "-?[0-9]{1,18}"
_TRUE_WORDS = frozenset({"true", "1", "yes", "on"})
_FALSE_WORDS = frozenset({"false", "0", "no", "off"})
_LONGEST_SHOWN = 60


class EntryError(ValueError):
    """What is wrong with one entry of a table; `name` is the entry's."""

    def __init__(self, name: object, reason: str) -> None:
        super().__init__(reason)
        self.name = str(name)


class ValueType(Generic[T_co]):
    """A type of value; `noun` names it in messages and in the documentation."""

    noun = "a value"

    def parse(self, value: object) -> T_co:
        """Return the value to use; raises ValueError."""
        raise NotImplementedError

    def from_text(self, text: str) -> T_co:
        """Parse the text of a flag or an environment variable; raises ValueError."""
        return self.parse(text)

    def describe_schema(self) -> JsonSchema:
        """Describe the type as JSON schema, for editors."""
        raise NotImplementedError


class Integer(ValueType[int]):
    """An integer within bounds."""

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high
        self.noun = f"a whole number from {low} to {high}"

    def parse(self, value: object) -> int:
        """Accept an int within the bounds, and no bool."""
        # To Python, True is an int.
        is_bool = isinstance(value, bool)
        if isinstance(value, int) and not is_bool and self.low <= value <= self.high:
            return value
        raise ValueError(f"must be {self.noun}, not {show_value(value)}")

    def from_text(self, text: str) -> int:
        """Accept ASCII digits alone: no blank, no plus, no `_` and no digit of other scripts."""
        if not re.fullmatch(_DECIMAL, text):
            raise ValueError(f"must be {self.noun}, not {show_value(text)}")
        return self.parse(int(text))

    def describe_schema(self) -> JsonSchema:
        """Describe an integer with bounds."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


class Boolean(ValueType[bool]):
    """On or off."""

    noun = "true or false"

    def parse(self, value: object) -> bool:
        """Accept a bool."""
        if isinstance(value, bool):
            return value
        raise ValueError(f"must be {self.noun}, not {show_value(value)}")

    def from_text(self, text: str) -> bool:
        """Accept the words people use for it."""
        word = text.strip().lower()
        if word in _TRUE_WORDS:
            return True
        if word in _FALSE_WORDS:
            return False
        raise ValueError(f"must be {self.noun}, not {show_value(text)}")

    def describe_schema(self) -> JsonSchema:
        """Describe a boolean."""
        return {"type": "boolean"}


class Choice(ValueType[str]):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        listed = '", "'.join(words)
        self.noun = f'one of "{listed}"'

    def parse(self, value: object) -> str:
        """Accept one of the words."""
        if value not in self.words:
            raise ValueError(f"must be {self.noun}, not {show_value(value)}")
        return str(value)

    def describe_schema(self) -> JsonSchema:
        """Describe an enumeration."""
        return {"enum": list(self.words)}


class Text(ValueType[str]):
    """A string; `check` raises for one that does not do, or returns the form to use.

    `optional` takes an empty one, `lines` one of several lines, `longest` bounds its
    characters. No message shows what was given for a `private` one.
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
        """Accept a printable string of bearable length that `check` accepts."""
        shown = "what was given" if self.private else show_value(value)
        if isinstance(value, str):
            return self._parse_text(value, shown)
        raise ValueError(f"must be {self.noun}, not {shown}")

    def _parse_text(self, text: str, shown: str) -> str:
        if not text and self.optional:
            return text
        if not text:
            raise ValueError(f"must be {self.noun}, not empty")
        if not text.strip():
            raise ValueError(f"must be {self.noun}, not blanks alone")
        if len(text) > self.longest:
            raise ValueError(
                f"must be {self.noun} of at most {self.longest} characters, "
                f"not {len(text)}"
            )
        if self._has_unprintable(text):
            raise ValueError(
                f"must be {self.noun}, and {shown} has a character that cannot be shown"
            )
        return self.check(text)

    def _has_unprintable(self, value: str) -> bool:
        if self.lines:
            value = value.replace("\n", "").replace("\t", "")
        # `isprintable` is quick, and refuses some blanks that do no harm.
        if value.isprintable():
            return False
        return re.search(_UNPRINTABLE, value) is not None

    def describe_schema(self) -> JsonSchema:
        """Describe a string with its length."""
        schema: JsonSchema = {"type": "string", "maxLength": self.longest}
        if not self.optional:
            schema["minLength"] = 1
        return schema


class ListOf(ValueType[tuple[T_co, ...]]):
    """A list of values of one type, none twice; as text a TOML array, or a value a line."""

    def __init__(self, item: ValueType[T_co], least: int = 0) -> None:
        self.item = item
        self.least = least
        self.noun = f"a list, each {item.noun}"

    def parse(self, value: object) -> tuple[T_co, ...]:
        """Accept a list; a single value stands for a list of one."""
        # A list, not a set: steps and artifacts are tables, which have no hash.
        parsed: list[T_co] = []
        for raw in as_list(value):
            item = self.item.parse(raw)
            if item in parsed:
                raise ValueError(f"names {show_value(item)} twice")
            parsed.append(item)
        if len(parsed) < self.least:
            raise ValueError(f"must be {self.noun}, and must not be empty")
        return tuple(parsed)

    def from_text(self, text: str) -> tuple[T_co, ...]:
        """Accept a TOML array, which starts with a bracket, or the lines of the text."""
        if text.lstrip().startswith("["):
            return self.parse(parse_toml(text))
        return self.parse([line for line in text.splitlines() if line.strip()])

    def describe_schema(self) -> JsonSchema:
        """Describe an array, or the single value."""
        item = self.item.describe_schema()
        several = {
            "type": "array",
            "items": item,
            "minItems": self.least,
            "uniqueItems": True,
        }
        return {"anyOf": [item, several]}


class TableOf(ValueType[dict[str, T_co]]):
    """Names with values of one type; as text an inline TOML table."""

    def __init__(self, key: ValueType[str], value: ValueType[T_co]) -> None:
        self.key = key
        self.value = value
        self.noun = f"a table of {key.noun} = {value.noun}"

    def parse(self, value: object) -> dict[str, T_co]:
        """Accept a mapping whose every name and value fits; raises EntryError."""
        parsed = {}
        for name, raw in require_table(value, self.noun).items():
            try:
                parsed[self.key.parse(name)] = self.value.parse(raw)
            except ValueError as error:
                raise EntryError(name, f"has {show_value(name)}: {error}") from None
        return parsed

    def from_text(self, text: str) -> dict[str, T_co]:
        """Accept an inline table."""
        return self.parse(parse_toml(text))

    def describe_schema(self) -> JsonSchema:
        """Describe an object."""
        return {
            "type": "object",
            "additionalProperties": self.value.describe_schema(),
        }


class OrInherit(ValueType[T_co | None]):
    """A value of another type, or None where nothing is written: the setting inherits."""

    def __init__(self, inner: ValueType[T_co]) -> None:
        self.inner = inner
        self.noun = inner.noun

    def parse(self, value: object) -> T_co | None:
        """Accept what the other type accepts, and None."""
        if value is None:
            return None
        return self.inner.parse(value)

    def from_text(self, text: str) -> T_co | None:
        """Accept what the other type accepts; an empty text inherits."""
        if not text:
            return None
        return self.inner.from_text(text)

    def describe_schema(self) -> JsonSchema:
        """Describe the other type: TOML inherits by leaving the key out."""
        return self.inner.describe_schema()


def as_list(value: object) -> list[object] | tuple[object, ...]:
    """Return a list or tuple as it is, and any other value as a list of one."""
    if isinstance(value, list | tuple):
        return value
    return [value]


def require_table(value: object, noun: str) -> dict[str, Any]:
    """Return a table as it is; raises ValueError, as for every mistake, for no table."""
    if isinstance(value, dict):
        return value
    raise ValueError(f"must be {noun}, not {show_value(value)}")


def parse_toml(text: str) -> object:
    """Parse one TOML value; raises ValueError."""
    import tomllib  # noqa: PLC0415 - only for lists and tables from flags and variables

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError as error:
        raise ValueError(f"is not a TOML value ({error})") from None


def show_value(value: object) -> str:
    """Return a value as messages show it, on one line of bearable length."""
    text = repr(value)
    if len(text) > _LONGEST_SHOWN:
        return text[: _LONGEST_SHOWN - 3] + "..."
    return text
