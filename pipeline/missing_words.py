"""Words that stand for a value that is missing: for sources and for columns."""

# What pandas takes for missing, besides an empty field.
USUAL_WORDS = (
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
)
# Among numbers these are none either, in any case; among texts they may say something.
NUMBER_WORDS = frozenset(
    {
        *("?", "-", "--", ".", "..", "...", "*"),
        *("n.a.", "n.a", "na", "n/a", "nan", "null", "none", "nil", "nd", "n.d."),
        *("missing", "unknown", "not available", "not applicable", "undefined"),
    }
)
AUTO = "auto"


def resolve_words(setting: tuple[str, ...]) -> tuple[str, ...]:
    """The words that the setting `missing` stands for; `auto` for the usual ones.

    Those that it names come first: they count in a target of texts too.
    """
    words = sorted(word for word in setting if word != AUTO)
    if AUTO in setting:
        words += USUAL_WORDS
    return tuple(dict.fromkeys(words))
