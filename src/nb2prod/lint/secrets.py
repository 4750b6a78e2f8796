"""What passwords, keys and tokens look like: formats that their makers publish, and values under telling names."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FORMATS = (
    # what to look for first (plain text is found faster than a pattern), what it is, how it looks
    *((start, "an AWS access key", rf"\b{start}[0-9A-Z]{{16}}\b") for start in ("AKIA", "ASIA")),
    ("AIza", "a Google API key", r"\bAIza[\w-]{35}(?![\w-])"),
    ("GOCSPX-", "a Google client secret", r"\bGOCSPX-[\w-]{28}"),
    *(
        (start, "a GitHub token", rf"\b{start}[A-Za-z0-9]{{36}}\b")
        for start in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")
    ),
    ("github_pat_", "a GitHub token", r"\bgithub_pat_\w{50,}"),
    ("glpat-", "a GitLab token", r"\bglpat-[\w-]{20}"),
    ("hf_", "a Hugging Face token", r"\bhf_[A-Za-z0-9]{30,40}\b"),
    ("sk-", "an API key", r"\bsk-(?:proj-|svcacct-|ant-\w+-|or-v1-)?[A-Za-z0-9_-]{32,}"),
    ("_live_", "a Stripe key", r"\b[sr]k_live_[A-Za-z0-9]{20,}"),
    ("xox", "a Slack token", r"\bxox[abprs]-\d[\w-]{20,}"),
    ("SG.", "a SendGrid key", r"\bSG\.[\w-]{22}\.[\w-]{43}"),
    ("pypi-", "a PyPI token", r"\bpypi-AgEI[\w-]{50,}"),
    (":AA", "a Telegram bot's token", r"\b\d{8,10}:AA[\w-]{33}\b"),
    ("AccountKey=", "an Azure storage key", r"AccountKey=([A-Za-z0-9+/]{80,}={0,2})"),
    ("PRIVATE KEY", "a private key", r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*(?:\\n)?\s*[A-Za-z0-9+/]{30,}"),
    ("eyJ", "a signed token (JWT)", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
    ("://", "a password in an address", r"://([^\s/:@'\"<>{}$]+:[^\s/@'\"<>{}$]+@(?!localhost|127\.)[\w.-]+)"),
)
_PASSWORD = re.compile(r"(?:^|_)(?:password|passwd|passphrase|pwd|pass)$", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?:^|_)(?:secret|(?:api|secret|access|auth|private|account|consumer|subscription|encryption)_?key(?:_id)?|apikey|"
    r"(?:api|access|auth|bearer|bot|oauth|refresh|github|hf|secret)_?token(?:_secret)?|(?:client|consumer|api|app)_?secret|"
    r"(?:access|auth)_?token_?secret|token|credential)$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLACEHOLDER = re.compile(
    r"x{4,}|\*{3,}|\.{3}|[<>{}\[\]\s]|^\$|^%|your|^my[_-]?|todo|change|placeholder|example|dummy|insert|enter|paste|replace|"
    r"redacted|hidden|removed|secret|passw|token|_?key$|^key|test|sample|fake|none|null|here|foo|abcd|1234567|^[A-Z]+(_[A-Z]+)+$|"
    r"^(.)\1+$|^https?:|^[\w-]+/[\w./-]+$|^\w+(\.\w+)+$",
    re.IGNORECASE,
)
_SHORTEST_TOKEN, _SHORTEST_PASSWORD, _RANDOM = 16, 6, 3.0


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a text: what it is, the value, and the offset where it starts."""

    kind: str
    value: str
    start: int


Formats = tuple[tuple[str, str, str], ...]
"""Formats of secrets: a text that must be there, what it is, and the pattern."""


def formats_in(texts: Iterable[str]) -> Formats:
    """Choose the formats that some of many texts may have: looking once through all of them is fast."""
    together = "\n".join(texts)
    return tuple(each for each in _FORMATS if each[0] in together)


def find(text: str, formats: Formats) -> Iterator[Secret]:
    """Yield what has the format of a known secret."""
    for hint, kind, pattern in formats:
        if hint in text:
            for found in re.finditer(pattern, text):  # compiled only where a hint was met
                group = found.re.groups
                if not _is_placeholder(kind, found[group]):
                    yield Secret(kind, found[group], found.start(group))


def kind_of(name: str, value: str) -> str | None:
    """Say what a text is that is given this name (of a variable, argument, key), if it is a secret."""
    words = _CAMEL.sub("_", name).replace("-", "_").replace(" ", "_")
    if _PLACEHOLDER.search(value) or value.lower() in words.lower():
        return None
    letters, others = any(map(str.isalpha, value)), any(not each.isalpha() for each in value)
    if _PASSWORD.search(words):
        return "a password" if len(value) >= _SHORTEST_PASSWORD and letters and others else None
    if _TOKEN.search(words) and len(value) >= _SHORTEST_TOKEN and any(map(str.isdigit, value)) and letters:
        return "a key or token" if _entropy(value) >= _RANDOM else None
    return None


def masked(value: str) -> str:
    """Show as much of a secret as its owner needs to know it again."""
    return f"{value[:4]}…, {len(value)} characters"


def _is_placeholder(kind: str, value: str) -> bool:
    if kind == "a password in an address":
        user, _, rest = value.partition(":")
        password = rest.rpartition("@")[0]
        return (
            bool(re.search(r"passw|^pass$|^pwd$|\*|xxx|your|secret|token", password, re.IGNORECASE)) or user == password
        )
    if kind == "an API key" and not (any(map(str.isdigit, value)) and value.lower() != value):
        return not re.search(r"-[0-9a-f]{32,}$", value)
    return bool(re.search(r"x{6,}|\*{3}|your|example|EXAMPLE|1234567890", value)) or _entropy(value) < _RANDOM


def _entropy(text: str) -> float:
    """Bits a character: words have about 3 at this length, random letters and digits 4 and more."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
