"""Objects that libraries make: which stay as they are when asked something, and which are one value."""

from __future__ import annotations

from nb2prod.names.knowledge import words

# of these libraries objects answer alike however often they are asked
UNCHANGING = words(
    """
    bs4 calendar contractions datetime dateutil decimal emoji fractions json math nltk numpy operator os pandas pathlib
    pytz re sklearn spacy string textblob unicodedata unidecode
    """
)

# what these give is one value, not a list of them
SINGLE = frozenset(["calendar", "datetime", "dateutil", "decimal", "fractions", "math", "operator", "pytz", "re"])
SINGLE_OF_PANDAS = words(
    "CategoricalDtype DateOffset Interval Timedelta Timestamp set_option to_numeric to_datetime to_timedelta"
)
SINGLE_OF_NUMPY = frozenset(["datetime64", "timedelta64"])

# of scipy.special: element by element
ELEMENT_WISE_OF_SCIPY = words(
    "boxcox boxcox1p cbrt erf erfc exp10 exp2 expit expm1 gamma gammaln inv_boxcox inv_boxcox1p log1p logit ndtr ndtri"
)

# sources of chance: what their objects give differs from call to call
RANDOM = ("random", "numpy.random", "secrets", "uuid")
GENERATORS = frozenset(["Random", "SystemRandom", "default_rng", "RandomState", "Generator", "SeedSequence"])


def is_unchanging(made: str) -> bool:
    """Whether objects that this function made may be asked again and again."""
    return made.partition(".")[0] in UNCHANGING and not is_random(made)


def is_random(dotted: str) -> bool:
    """Whether it draws at random."""
    return dotted.startswith(tuple(f"{source}." for source in RANDOM))


def is_single(made: str) -> bool:
    """Whether what this function gives is one value."""
    library, _, name = made.partition(".")
    of_numpy = library == "numpy" and name in SINGLE_OF_NUMPY
    return library in SINGLE or of_numpy or (library == "pandas" and name in SINGLE_OF_PANDAS)
