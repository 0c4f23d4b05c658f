"""What the fake Twilio remembers: the messages it took, and the faults it is told to show."""

import math
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Literal

VERSION = "2010-04-01"

FaultKind = Literal[
    "rate",  # 429 with Retry-After
    "error_before",  # 500, and nothing was taken
    "error_after",  # 500, but the message was taken
    "hold_before",  # no answer for some seconds, and nothing was taken
    "hold_after",  # no answer for some seconds, but the message was taken
    "drop_before",  # the connection is cut, and nothing was taken
    "drop_after",  # the connection is cut, but the message was taken
    "garbled",  # 201 with a body that is no JSON; the message was taken
    "slow",  # taken, and answered after some seconds
]
FAULT_KINDS: tuple[FaultKind, ...] = (
    "rate",
    "error_before",
    "error_after",
    "hold_before",
    "hold_after",
    "drop_before",
    "drop_after",
    "garbled",
    "slow",
)

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_ESCAPED = frozenset("\f^{}\\[~]|€")


@dataclass(slots=True)
class Fault:
    """One way to fail: the next `times` requests, or each with a probability."""

    kind: FaultKind
    times: int | None = None
    probability: float = 1.0
    seconds: float = 1.0
    on: Literal["create", "list"] = "create"

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"unknown fault '{self.kind}'; known are {', '.join(FAULT_KINDS)}")

    def strikes(self, on: str, chance: random.Random) -> bool:
        """Whether this request is hit."""
        if self.on != on or self.times == 0 or chance.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Record:
    """A message in the books, outbound or inbound."""

    sid: str
    to: str
    sender: str
    body: str
    created_at: float
    direction: str = "outbound-api"
    status: str = "queued"
    service: str | None = None
    callback: str = ""
    media: tuple[str, ...] = ()
    content_sid: str = ""
    segments: int = 1
    error_code: int | None = None
    reports: list[dict[str, Any]] = field(default_factory=list)
    deliveries: dict[str, Any] = field(default_factory=dict)

    def entry(self) -> dict[str, Any]:
        """The record as the books show it."""
        return {
            "sid": self.sid,
            "to": self.to,
            "from": self.sender,
            "body": self.body,
            "created_at": self.created_at,
            "status": self.status,
            "messaging_service_sid": self.service,
            "status_callback": self.callback,
            "media": list(self.media),
            "content_sid": self.content_sid,
            "segments": self.segments,
            "error_code": self.error_code,
            "reports": self.reports,
            **self.deliveries,
        }

    def resource(self, account_sid: str) -> dict[str, Any]:
        """The record as Twilio's API shows it."""
        folder = "MM" if self.media else "SM"
        uri = f"/{VERSION}/Accounts/{account_sid}/Messages/{self.sid}"
        date = _date(int(self.created_at))
        return {
            "account_sid": account_sid,
            "api_version": VERSION,
            "body": self.body,
            "date_created": date,
            "date_sent": None if self.status in ("queued", "accepted") else date,
            "date_updated": date,
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": self.sender or None,
            "messaging_service_sid": self.service,
            "num_media": str(len(self.media)),
            "num_segments": str(self.segments),
            "price": None,
            "price_unit": None if folder == "SM" else "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


class Books:
    """All records, found by number."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self._by_number: defaultdict[str, list[Record]] = defaultdict(list)

    def add(self, record: Record) -> None:
        """Keeps a record; one with the same sid is kept once."""
        if record.sid not in self.records:
            self.records[record.sid] = record
            self._by_number[record.to].append(record)

    def listed(self, query: Mapping[str, str], delay: float) -> list[Record]:
        """The records that match, newest first, without those that are too young to be seen."""
        wanted, sender = query.get("To"), query.get("From")
        seen_until = time.time() - delay
        records: Iterable[Record] = (
            self._by_number.get(wanted, []) if wanted else self.records.values()
        )
        return [
            record
            for record in reversed(list(records))
            if record.created_at <= seen_until and (not sender or record.sender == sender)
        ]

    def entries(self, direction: str) -> list[dict[str, Any]]:
        """The books, one way."""
        return [r.entry() for r in self.records.values() if r.direction.startswith(direction)]


def segments(text: str) -> int:
    """How many parts the text is billed as (nearly: escape pairs may be split over two)."""
    if _GSM7.issuperset(text):
        units, single, part = len(text), 160, 153
    elif (_GSM7 | _GSM7_ESCAPED).issuperset(text):
        units = len(text) + sum(character in _GSM7_ESCAPED for character in text)
        single, part = 160, 153
    else:
        units, single, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= single else math.ceil(units / part)


_dates: dict[int, str] = {}


def _date(second: int) -> str:
    if second not in _dates:
        _dates.clear()
        _dates[second] = formatdate(second).replace("-0000", "+0000")
    return _dates[second]
