"""What the endpoints work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.engine.flow import Flow
from bot.services.ports import MediaStore, Store
from bot.services.reviews import Reviews
from bot.web.access import TokenBook


@dataclass(frozen=True, slots=True)
class ApiContext:
    """The parts behind the API. `flows` gives the flows of this moment by name."""

    store: Store
    flows: Callable[[], Mapping[str, Flow]]
    tokens: TokenBook
    media: MediaStore | None = None
    reviews: Reviews | None = None
