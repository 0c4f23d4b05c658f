"""The API dataset: declared HTTP calls, as values. What they send and read is worked out here, purely."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bot.engine.api_texts import Template

if TYPE_CHECKING:
    # Its library is loaded where an API is read: most commands read none.
    from bot.engine.api_paths import Path

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
"""Methods that may be sent again without harm, by their definition."""

TIMEOUT = 5.0
LARGEST_ANSWER = 1_000_000

Failure = Literal[
    "timeout", "unreachable", "refused", "auth", "status", "not_json", "too_large", "mapping",
    "parameter", "off",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    """A key in a header or in the query."""

    name: str
    value: Template
    place: Literal["header", "query"] = "header"


@dataclass(frozen=True, slots=True)
class Basic:
    """User name and password (RFC 7617)."""

    username: Template
    password: Template


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that does not change."""

    token: Template


@dataclass(frozen=True, slots=True)
class OAuth2:
    """Tokens that are fetched (RFC 6749). Calls with equal values share their token."""

    grant: Literal["client_credentials", "refresh_token"]
    token_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""
    client_in: Literal["header", "form"] = "header"
    allow_private: bool = False


Auth: TypeAlias = Key | Basic | Bearer | OAuth2


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent: a `json` tree whose texts are templates, the fields of a `form`, or a `text`."""

    kind: Literal["json", "form", "text"]
    value: Any


@dataclass(frozen=True, slots=True)
class Saved:
    """Where in the answer a slot's value stands. One value is taken as it is, several are a list;
    with `always_list` one is, too. Where nothing is found it is the default."""

    path: "Path"
    default: Any = None
    always_list: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """One declared HTTP call, from `flows/apis/NAME.json`.

    `parameters` are the names (in snake_case) that its templates take from the step's `with`, `slots`
    those that its response mapping gives. `definition` is the document as it was written; the other
    values have their settings filled in, so no Api is shown or stored but by its definition.
    """

    name: str
    version: str
    parameters: frozenset[str] = frozenset()
    slots: frozenset[str] = frozenset()
    definition: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    method: Method = "GET"
    url: Template = ()
    headers: Mapping[str, Template] = field(default_factory=dict)
    query: Mapping[str, Template] = field(default_factory=dict)
    body: Body | None = None
    auth: Auth | None = None
    timeout: float = TIMEOUT
    """Seconds for one attempt: connecting, redirects and the whole answer."""
    retries: int = 0
    expect: frozenset[int] = frozenset()
    """Statuses; none means all from 200 to 299."""
    largest_answer: int = LARGEST_ANSWER
    """Bytes, also when it is unpacked."""
    save: Mapping[str, Saved] = field(default_factory=dict)
    has_sample: bool = False
    sample: Any = None
    allow_private: bool = False
    idempotent: bool = True
    """Whether a request that may have been carried out already may be sent again."""
    secret: frozenset[str] = frozenset()
    """Parameters that the log does not show."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """Texts that are never shown, wherever they turn up."""
    off: tuple[str, ...] = ()
    """Variables that are not set: while one is missing, nothing is sent."""

    def expects(self, status: int) -> bool:
        """Whether the status is a good one."""
        return status in self.expect if self.expect else 200 <= status <= 299


@dataclass(frozen=True, slots=True)
class ApiResult:
    """What became of a call. `failed` says why it came to nothing, in one word: `timeout`,
    `unreachable`, `refused` (an address that is not allowed), `auth`, `status`, `not_json`,
    `too_large`, `mapping`, `parameter` (a value that the request needs is missing), `off` (a variable
    is not set). `shown` is what the log keeps: method, URL, status, milliseconds, attempts, and a
    reason where it failed, with all secrets redacted.
    """

    slots: Mapping[str, Any] = field(default_factory=dict)
    failed: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
