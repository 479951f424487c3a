"""The function behind the endpoint: an order comes in as JSON and goes out with its total."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from pydantic import BaseModel, PositiveInt, ValidationError


class Order(BaseModel):
    """What the client sends."""

    item: str
    price: Decimal
    quantity: PositiveInt = 1


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer an event of API Gateway's HTTP API or of a function URL."""
    try:
        order = Order.model_validate_json(event.get("body") or "")
    except ValidationError as error:
        return _answer(422, error.errors(include_url=False, include_context=False))
    return _answer(200, {"item": order.item, "total": str(order.price * order.quantity)})


def _answer(status: int, content: object) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": orjson.dumps(content).decode(),
    }
