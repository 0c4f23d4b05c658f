"""The REST API under /api/v1: one file per feature, one decorator for all."""

from bot.web.api.context import ApiContext
from bot.web.api.routes import api_blueprint

__all__ = ["ApiContext", "api_blueprint"]
