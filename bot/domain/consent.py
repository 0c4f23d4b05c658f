"""Who may be texted: opt-out, opt-in and help words, and the ledger of what was said.

Sources: Twilio's default keywords (twilio.com/docs/messaging/tutorials/advanced-opt-out) and the
words that 47 CFR 64.1200(a)(10) names as a revocation by themselves.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal

ConsentKind = Literal["stop", "start", "help"]

STOP_WORDS = frozenset(
    """stop|unsubscribe|end|quit|stopall|stop all|revoke|optout|opt out|opt-out|cancel
    |стоп|отписаться|لغو|توقف|arrêt""".replace("\n    ", "").split("|")
)
START_WORDS = frozenset(["start", "yes", "unstop"])
HELP_WORDS = frozenset(["help", "info"])


CARRIER_WORDS = frozenset(
    {
        "STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL",
        "START", "YES", "UNSTOP", "HELP", "INFO",
    }
)  # fmt: skip
"""What a provider's own filter takes for a keyword: the whole message, in any case, no more."""


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One line of the ledger: who withdrew or gave consent, where, how, and in which words."""

    id: str
    contact_id: str
    address: str
    sender: str
    kind: Literal["opted_out", "opted_in"]
    source: str
    evidence: str
    at: float


def keyword(text: str) -> ConsentKind | None:
    """The kind of a message that is one keyword as a whole, in any case, else None."""
    word = unicodedata.normalize("NFKC", text).strip().strip(".!?\"'").strip().casefold()
    if word in STOP_WORDS:
        return "stop"
    if word in START_WORDS:
        return "start"
    return "help" if word in HELP_WORDS else None


def is_carrier_word(text: str) -> bool:
    """Whether a provider that answers keywords itself has answered this one."""
    return text.strip().upper() in CARRIER_WORDS
