"""A reading as the JSON that Rasa's `/model/parse` answers."""

from typing import Any

from bot.engine.parse import Entity, Intent, Parse


def to_rasa(parse: Parse) -> dict[str, Any]:
    """What Rasa expects from a remote NLU; beyond it, the ranking among the asked intents."""
    written: dict[str, Any] = {
        "text": parse.text,
        "intent": _intent(parse.intent),
        "entities": [_entity(e) for e in parse.entities],
        "intent_ranking": [_intent(i) for i in parse.ranking],
        "response_selector": dict(parse.metadata.get("response_selector", {})),
    }
    if parse.asked:
        written["asked_ranking"] = [_intent(i) for i in parse.asked]
        written["asked_share"] = parse.asked_share
    return written


def _intent(intent: Intent) -> dict[str, Any]:
    return {"name": intent.name, "confidence": intent.confidence}


def _entity(entity: Entity) -> dict[str, Any]:
    written: dict[str, Any] = {
        "entity": entity.entity,
        "start": entity.start,
        "end": entity.end,
        "confidence_entity": entity.confidence,
        "value": entity.value,
        "extractor": entity.extractor,
    }
    if entity.role is not None:
        written["role"] = entity.role
    if entity.group is not None:
        written["group"] = entity.group
    return written
