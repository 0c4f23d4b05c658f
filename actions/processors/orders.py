"""The pizzas of the shipped example: what an order comes to."""

from __future__ import annotations

from typing import Any

PRICES = {"Margherita": 9.5, "Diavola": 11.0, "Funghi": 10.5}
DELIVERY = 2.5
FREE_FROM = 30.0
"""Orders that are delivered at no cost."""


def order_total(session: Any, message: Any) -> dict[str, Any]:
    """Works out the price, and keeps in the registry whether it was delivered for nothing."""
    price = PRICES[session.slots["pizza"]] * session.slots["pizzas"]
    session.registry["free_delivery"] = price >= FREE_FROM
    total = price if price >= FREE_FROM else price + DELIVERY
    return {"total": f"{total:.2f}"}
