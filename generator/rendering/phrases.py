"""Settings as people say them, in English and Russian, and safe to stand in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..config.cron import WEEKDAYS

LANGUAGES = ("en", "ru")
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
_AND = {"en": "and", "ru": "и"}
_EVERY_DAY = {"en": "every day", "ru": "каждый день"}
_ON_WORKDAYS = {"en": "Monday to Friday", "ru": "по будням"}
_ON_DAYS = {"en": "every {days}", "ru": "по {days}"}
_BY_CRON = {"en": "by {cron} ({zone})", "ru": "по cron {cron} ({zone})"}
_HOURLY = {
    "en": "every hour at minute {minute}",
    "ru": "каждый час на {minute}-й минуте",
}
_EVERY_HOURS = {
    "en": "every {hours} hours at minute {minute}",
    "ru": "каждые {hours} ч на {minute}-й минуте",
}
_AT_TIME = {"en": "{days} at {time}", "ru": "{days} в {time}"}
# In Russian, 11 to 14 take the plural that 1 to 4 do not.
_TEENS = range(11, 15)


def format_code(value: object) -> str:
    """Return a text as inline code, whatever backticks it has.

    Line breaks become blanks, as Markdown reads them.
    """
    text = " ".join(str(value).split())
    ticks = "`" * (_measure_ticks(text) + 1)
    # A backtick at the edge would be read as one of the fence's.
    if text.startswith("`") or text.endswith("`"):
        text = f" {text} "
    return ticks + text + ticks


def format_cell(value: object) -> str:
    """Return inline code within a table, where a bar would end the cell even in code."""
    return format_code(value).replace("|", "\\|")


def escape_prose(text: str) -> str:
    """Return a text as prose: no character of it means anything to Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~&])", r"\\\1", " ".join(text.split()))


def format_fenced(text: str, language: str = "yaml") -> str:
    """Return a block of code, its fence longer than any in the text."""
    fence = "`" * max(3, _measure_ticks(text) + 1)
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"


def _measure_ticks(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max(map(len, re.findall(r"`+", text)), default=0)


def join_words(values: Sequence[str], language: str) -> str:
    """Return `a`, `b` and `c`."""
    if len(values) == 1:
        return values[0]
    return f"{', '.join(values[:-1])} {_AND[language]} {values[-1]}"


def count_days(number: int, language: str) -> str:
    """Return a number of days."""
    if language == "ru":
        return f"{number} {_choose_russian(number, 'день', 'дня', 'дней')}"
    if number == 1:
        return f"{number} day"
    return f"{number} days"


def count_minutes(number: int, language: str) -> str:
    """Return a number of minutes.

    In Russian after a word that wants the genitive ("после", "не дольше").
    """
    if language == "ru":
        return f"{number} {_choose_russian(number, 'минуты', 'минут', 'минут')}"
    if number == 1:
        return f"{number} minute"
    return f"{number} minutes"


def _choose_russian(number: int, one: str, few: str, many: str) -> str:
    """Choose the form of a noun after a number."""
    if number % 100 in _TEENS:
        return many
    return {1: one, 2: few, 3: few, 4: few}.get(number % 10, many)


def describe_schedule(cron: str, zone: str, language: str) -> str:
    """Say when a cron line fires; the line itself where it is not a common one."""
    zone = zone or "UTC"
    by_cron = _BY_CRON[language].format(cron=format_code(cron), zone=zone)
    minute, hour, day, month, weekday = cron.split()
    weekdays = _parse_weekdays(weekday)
    if not minute.isdigit() or (day, month) != ("*", "*") or weekdays is None:
        return by_cron
    if hour == "*" and not weekdays:
        return _HOURLY[language].format(minute=int(minute))
    every = re.fullmatch(r"\*/(\d+)", hour)
    # `*/5` fires at 20:00 and then at 0:00, which is not every five hours.
    if every and 24 % int(every[1]) == 0 and not weekdays:
        return _EVERY_HOURS[language].format(hours=int(every[1]), minute=int(minute))
    if not hour.isdigit():
        return by_cron
    time = f"{int(hour):02}:{int(minute):02} ({zone})"
    days = _describe_days(weekdays, language)
    return _AT_TIME[language].format(days=days, time=time)


def _describe_days(weekdays: tuple[int, ...], language: str) -> str:
    if not weekdays:
        return _EVERY_DAY[language]
    if weekdays == _WORKDAYS:
        return _ON_WORKDAYS[language]
    names = [_DAY_WORDS[language][day] for day in weekdays]
    return _ON_DAYS[language].format(days=join_words(names, language))


def _parse_weekdays(field: str) -> tuple[int, ...] | None:
    """Return the days of a field of names, numbers and ranges.

    () for every day, None for anything else.
    """
    if field == "*":
        return ()
    days: set[int] = set()
    for part in field.upper().split(","):
        first, _, last = part.partition("-")
        low = _parse_weekday(first)
        high = _parse_weekday(last or first)
        if low is None or high is None:
            return None
        days.update(range(low, high + 1))
    return tuple(sorted(days))


def _parse_weekday(word: str) -> int | None:
    if word in WEEKDAYS:
        return WEEKDAYS.index(word)
    if word.isdigit():
        return int(word)
    return None
