"""What the endpoints work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.engine.flow import Flow
from bot.services.ports import MediaStore, Store
from bot.services.publishing import Publishing
from bot.services.reloading import Refusal
from bot.services.reviews import Reviews
from bot.services.starts import Starts
from bot.services.versions import Versions
from bot.web.access import TokenBook


@dataclass(frozen=True, slots=True)
class ApiContext:
    """The parts behind the API. `flows` gives the flows of this moment by name, `refusal`
    why the project's files are not what is current."""

    store: Store
    flows: Callable[[], Mapping[str, Flow]]
    tokens: TokenBook
    media: MediaStore | None = None
    reviews: Reviews | None = None
    publishing: Publishing | None = None
    versions: Versions | None = None
    refusal: Callable[[], Refusal | None] = lambda: None
    starts: Starts | None = None
