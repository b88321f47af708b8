"""Settings as people say them, in English and Russian, and safe to stand in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

LANGUAGES = ("en", "ru")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_DAY_WORDS = {
    "en": (
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ),
    "ru": (
        "воскресеньям",
        "понедельникам",
        "вторникам",
        "средам",
        "четвергам",
        "пятницам",
        "субботам",
    ),
}
_WORKDAYS = (1, 2, 3, 4, 5)


def code(value: object) -> str:
    """A text as inline code, whatever backticks it has.

    Line breaks become blanks, as Markdown reads them.
    """
    text = " ".join(str(value).split())
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def cell(value: object) -> str:
    """Inline code within a table, where a bar would end the cell even in code."""
    return code(value).replace("|", "\\|")


def plain(text: str) -> str:
    """A text as prose: none of its characters means anything to Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~&])", r"\\\1", " ".join(text.split()))


def fenced(text: str, language: str = "yaml") -> str:
    """A block of code, its fence longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"


def listed(values: Sequence[str], language: str) -> str:
    """`a`, `b` and `c`."""
    if len(values) == 1:
        return values[0]
    word = {"en": "and", "ru": "и"}[language]
    return f"{', '.join(values[:-1])} {word} {values[-1]}"


def days(number: int, language: str) -> str:
    """A number of days."""
    if language == "en":
        return f"{number} day" if number == 1 else f"{number} days"
    return f"{number} {_russian(number, 'день', 'дня', 'дней')}"


def minutes(number: int, language: str) -> str:
    """A number of minutes, after a word that wants the genitive in Russian ("after", "не дольше")."""
    if language == "en":
        return f"{number} minute" if number == 1 else f"{number} minutes"
    return (
        f"{number} {'минуты' if number % 10 == 1 and number % 100 != 11 else 'минут'}"  # noqa: PLR2004 - grammar
    )


def _russian(number: int, one: str, few: str, many: str) -> str:
    """The form of a noun after a number."""
    tens, ones = number % 100, number % 10
    if ones == 1 and tens != 11:  # noqa: PLR2004 - grammar
        return one
    return few if ones in {2, 3, 4} and tens not in {12, 13, 14} else many


def schedule(cron: str, zone: str, language: str) -> str:
    """When a cron line fires, in words; the line itself where it is not one of the common kinds."""
    minute, hour, day, month, weekday = cron.split()
    at = zone or "UTC"
    weekdays = _weekdays(weekday)
    if not minute.isdigit() or day != "*" or month != "*" or weekdays is None:
        return {"en": f"by {code(cron)} ({at})", "ru": f"по cron {code(cron)} ({at})"}[
            language
        ]
    if hour == "*" and not weekdays:
        return {
            "en": f"every hour at minute {int(minute)}",
            "ru": f"каждый час на {int(minute)}-й минуте",
        }[language]
    every = re.fullmatch(r"\*/(\d+)", hour)
    if every and 24 % int(every[1]) == 0 and not weekdays:
        hours, at_minute = int(every[1]), int(minute)
        return {
            "en": f"every {hours} hours at minute {at_minute}",
            "ru": f"каждые {hours} ч на {at_minute}-й минуте",
        }[language]
    if not hour.isdigit():
        return {"en": f"by {code(cron)} ({at})", "ru": f"по cron {code(cron)} ({at})"}[
            language
        ]
    time = f"{int(hour):02}:{int(minute):02} ({at})"
    when = _on(weekdays, language)
    return {"en": f"{when} at {time}", "ru": f"{when} в {time}"}[language]


def _on(weekdays: tuple[int, ...], language: str) -> str:
    if not weekdays:
        return {"en": "every day", "ru": "каждый день"}[language]
    if weekdays == _WORKDAYS:
        return {"en": "Monday to Friday", "ru": "по будням"}[language]
    names = [_DAY_WORDS[language][day] for day in weekdays]
    return {"en": "every ", "ru": "по "}[language] + listed(names, language)


def _weekdays(field: str) -> tuple[int, ...] | None:
    """The days of a field of names, numbers and ranges; () for every day, None for anything else."""
    if field == "*":
        return ()
    found: set[int] = set()
    for part in field.upper().split(","):
        ends = [
            _DAYS.index(end) if end in _DAYS else int(end) if end.isdigit() else None
            for end in part.split("-")
        ]
        first, last = ends[0], ends[-1]
        if first is None or last is None:
            return None
        found.update(range(first, last + 1))
    return tuple(sorted(found))
