"""Rasa's HTTP API: trackers, events and intents of conversations, the model, the domain."""

import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, raw
from sanic.response import json as json_answer

from bot.domain.contacts import Conversation, contact_id_for
from bot.domain.messages import Message
from bot.domain.records import Arrival
from bot.engine.findings import nearest
from bot.engine.parse import Parse
from bot.services.conversations import Conversations, Verbosity
from bot.services.hub import Hub
from bot.services.ids import Ids
from bot.services.inbox import Inbox
from bot.services.ports import Clock, Reader, Store
from bot.web.access import TokenBook, require
from bot.web.api.endpoint import refused
from bot.web.channels import REPLY_SECONDS, outbound
from bot.web.problems import FieldError, Problem, field_problem, title, unavailable
from connectors.acceptance import accept
from connectors.answers import read_json
from connectors.channel import NotStored
from connectors.rest.connector import rasa_messages

Json = dict[str, Any]
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
R = TypeVar("R")

RASA_VERSION = "3.6.21"
"""The version whose API this is; clients compare it."""
OLDEST_COMPATIBLE = "3.5.0"
DEEPEST_BODY = 50
"""Lists within lists: values are saved as JSON, whose writers have an end."""
MOST_ASKED = 1000
LONGEST_ID = 255
MOST_EVENTS = 500

REASONS = {
    400: "BadRequest", 401: "NotAuthenticated", 403: "NotAuthorized", 404: "NotFound",
    406: "NotAcceptable", 409: "Conflict", 500: "ServerError", 503: "ServiceUnavailable",
}  # fmt: skip


class ModelRefused(Exception):
    """A model that cannot be loaded; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class RasaContext:
    """The parts behind Rasa's API.

    `to_rasa` writes a parse as Rasa's JSON. `domain` gives the document of domain.yml. `model`
    gives {"model_file", "model_id"} of the model that is loaded, None without one; `load_model`
    loads another one (None: the project's own) and raises ModelRefused. `train_model` trains the
    project, or the one in a body, and gives the model's name and content; `trainings` counts those
    that run.
    """

    store: Store
    hub: Hub
    inbox: Inbox
    ids: Ids
    clock: Clock
    reader: Reader
    conversations: Conversations
    tokens: TokenBook
    to_rasa: Callable[[Parse], Json]
    domain: Callable[[], Mapping[str, Any]]
    model: Callable[[], Mapping[str, Any] | None]
    load_model: Callable[[str | None], Awaitable[None]] | None = None
    train_model: Callable[[bytes], Awaitable[tuple[str, bytes]]] | None = None
    trainings: Callable[[], int] = lambda: 0


class RasaBody(BaseModel):
    """A body; keys that we do not know are let pass, as Rasa does."""

    model_config = ConfigDict(strict=True, extra="ignore")


class ParseBody(RasaBody):
    """The text to read, of any length that a request may have; `asked` are the intents that can
    answer what was asked."""

    text: str
    message_id: str | None = None
    asked: Annotated[list[str], Field(max_length=MOST_ASKED)] = []


class ModelBody(RasaBody):
    """The model to load; only files of ours, no servers."""

    model_file: str | None = None
    model_server: Any = None
    remote_storage: Any = None


class EventBody(BaseModel):
    """One of Rasa's events, with all that it carries."""

    model_config = ConfigDict(strict=True, extra="allow")

    event: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class SlotBody(EventBody):
    """A slot and its value."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    value: Any = None


class TagsBody(EventBody):
    """The list slot `tags`: all tags of the contact."""

    value: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] | None = None


class IntentPart(RasaBody):
    """A name and how sure it is."""

    name: str | None = None
    confidence: Annotated[float, Field(strict=False)] = 0.0


class EntityPart(RasaBody):
    """A span of the text."""

    entity: str
    value: Any = None
    start: int = 0
    end: int = 0
    confidence: float | None = None
    extractor: str | None = None


class ParseData(RasaBody):
    """A reading that the caller has made."""

    intent: IntentPart | None = None
    intent_ranking: list[IntentPart] = []
    entities: list[EntityPart] = []


class UserBody(EventBody):
    """A message of the user's."""

    text: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    parse_data: ParseData | None = None


class MessageBody(RasaBody):
    """A message for the log; Rasa takes those of the user alone."""

    text: Annotated[str, StringConstraints(max_length=20_000)]
    sender: Literal["user"]
    parse_data: ParseData | None = None


class TriggerEntity(RasaBody):
    """An entity as a list gives it."""

    entity: str
    value: Any = None


class TriggerBody(RasaBody):
    """The intent to trigger."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_+/\-]*$", max_length=200)]
    entities: dict[str, Any] | list[TriggerEntity] | None = None


def _number(value: object) -> object:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


class TrackerQuery(BaseModel):
    """What of the tracker is shown."""

    model_config = ConfigDict(strict=True)

    include_events: Verbosity = "AFTER_RESTART"
    until: Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)] | None = None


BY_EVENT: Mapping[str, type[EventBody]] = {"slot": SlotBody, "user": UserBody}


def rasa_blueprint(context: RasaContext) -> Blueprint:
    """Rasa's routes but `/`, which the host answers."""
    blueprint = Blueprint("rasa")
    for method, path, scope, handler in ROUTES:
        route: Callable[..., Coroutine[Any, Any, HTTPResponse]] = partial(
            _guarded, context, scope, handler
        )
        blueprint.add_route(
            route, path, methods=[method], name=handler.__name__, unquote=True,
            ctx_errors=rasa_error,
        )  # fmt: skip
    return blueprint


def rasa_error(problem: Problem) -> Json:
    """A problem in Rasa's shape."""
    details = {"errors": [{"field": e.field, "detail": e.detail} for e in problem.errors]}
    return {
        "version": RASA_VERSION,
        "status": "failure",
        "message": problem.detail,
        "reason": REASONS.get(problem.status, title(problem.status).replace(" ", "")),
        "details": details if problem.errors else {},
        "help": None,
        "code": problem.status,
    }


async def _guarded(
    context: RasaContext, scope: str, handler: "Handler", request: Request, **path: str
) -> HTTPResponse:
    if scope:
        await require(request, context.tokens, scope)
    conversation_id = path.get("conversation_id", "")
    if len(conversation_id) > LONGEST_ID or "\x00" in conversation_id:
        raise field_problem("conversation_id", f"has at most {LONGEST_ID} characters, and no NUL")
    return await handler(context, request, conversation_id)


# the server and its model


async def version(context: RasaContext, request: Request, _: str) -> HTTPResponse:
    """The version of Rasa whose API this is."""
    return json_answer({"version": RASA_VERSION, "minimum_compatible_version": OLDEST_COMPATIBLE})


async def status(context: RasaContext, request: Request, _: str) -> HTTPResponse:
    """Which model is loaded."""
    return json_answer({**_model(context), "num_active_training_jobs": context.trainings()})


def _model(context: RasaContext) -> Mapping[str, Any]:
    model = context.model()
    if model is None:
        raise Problem(409, "No model is loaded: run `parley train`")
    return model


async def parse(context: RasaContext, request: Request, _: str) -> HTTPResponse:
    """Reads a text, as Rasa's remote NLU does."""
    mode = request.args.get("emulation_mode")
    if mode:
        raise field_problem("emulation_mode", f"{mode!r} is not supported; leave it out")
    body = _body(ParseBody, request)
    _model(context)
    now = datetime.fromtimestamp(context.clock.now(), UTC)
    read = context.to_rasa(context.reader.parse(body.text, asked=tuple(body.asked), now=now))
    return json_answer(
        {**read, "asked_ranking": read.get("asked_ranking", [])} if body.asked else read
    )


async def train_model(context: RasaContext, request: Request, _: str) -> HTTPResponse:
    """Trains the project anew, or the one in the body; answers the model's file, as Rasa does.

    The model in use stays: `PUT /model` with the name in the header `filename` takes the new one.
    """
    if context.train_model is None:
        raise Problem(409, "This server does not train: run `parley train`")
    try:
        name, content = await context.train_model(request.body)
    except ModelRefused as error:
        raise Problem(400, str(error)) from error
    return raw(content, content_type="application/octet-stream", headers={"filename": name})


async def replace_model(context: RasaContext, request: Request, _: str) -> HTTPResponse:
    """Loads a model in place of the current one."""
    body = _body(ModelBody, request) if request.body else ModelBody()
    for name in ("model_server", "remote_storage"):
        if getattr(body, name) is not None:
            raise field_problem(name, "is not supported: name a `model_file`")
    if context.load_model is None:
        raise Problem(409, "The model of this server cannot be replaced while it runs")
    try:
        await context.load_model(body.model_file)
    except ModelRefused as error:
        raise field_problem("model_file", str(error)) from error
    return empty()


async def domain(context: RasaContext, request: Request, _: str) -> HTTPResponse:
    """The domain as JSON, or as YAML where that is asked for."""
    accepted = request.headers.get("accept", "application/json")
    document = dict(context.domain())
    if any(it in accepted for it in ("application/json", "*/*", "application/*")):
        return json_answer(document)
    if "yaml" in accepted or "yml" in accepted:
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        return raw(text.encode(), content_type="application/yaml")
    raise Problem(406, "The domain is given as application/json or application/yaml")


# conversations


async def tracker(context: RasaContext, request: Request, conversation_id: str) -> HTTPResponse:
    """The conversation's tracker."""
    return json_answer(await _tracker(context, conversation_id, _query(request)))


async def add_events(context: RasaContext, request: Request, conversation_id: str) -> HTTPResponse:
    """Adds events to the tracker."""
    query = _query(request)
    given = _value(request)
    events = given if isinstance(given, list) else [given]
    if not events or len(events) > MOST_EVENTS:
        raise Problem(400, f"The body is one event, or a list of 1 to {MOST_EVENTS} events")
    read = [_event(event, place) for place, event in enumerate(events)]
    thread = await _thread(context, conversation_id)
    await _stored(partial(context.conversations.add_events, thread), read)
    return json_answer(await _tracker(context, conversation_id, query))


async def add_message(context: RasaContext, request: Request, conversation_id: str) -> HTTPResponse:
    """Logs a message of the user's; nobody answers it."""
    query = _query(request)
    body = _body(MessageBody, request)
    if body.parse_data:
        parsed = body.parse_data.model_dump(exclude_none=True)
    else:
        now = datetime.fromtimestamp(context.clock.now(), UTC)
        parsed = context.to_rasa(context.reader.parse(body.text, now=now))
    event = {"event": "user", "text": body.text, "parse_data": parsed}
    thread = await _thread(context, conversation_id)
    await _stored(partial(context.conversations.add_events, thread), [event])
    return json_answer(await _tracker(context, conversation_id, query))


async def trigger_intent(
    context: RasaContext, request: Request, conversation_id: str
) -> HTTPResponse:
    """Takes an intent in place of a message, and answers with the replies of its turn."""
    query = _query(request)
    body = _body(TriggerBody, request)
    known = _intents(context.domain())
    if known and body.name not in known:
        raise Problem(404, f"The domain has no intent {body.name!r}; {nearest(body.name, known)}")
    thread = await _thread(context, conversation_id)
    arrival = Arrival(_payload_message(context, thread, body))
    replies = await _stored(partial(_received, context), arrival)
    messages = rasa_messages(conversation_id, map(outbound, replies))
    shown = await _tracker(context, conversation_id, query)
    return json_answer({"tracker": shown, "messages": list(messages)})


async def _received(context: RasaContext, arrival: Arrival) -> Iterable[Message]:
    return await context.inbox.receive_and_wait(arrival, REPLY_SECONDS)


def _payload_message(context: RasaContext, thread: Conversation, body: TriggerBody) -> Message:
    entities = body.entities or {}
    if isinstance(entities, list):
        entities = {it.entity: it.value for it in entities}
    written = json.dumps(entities, ensure_ascii=False) if entities else ""
    id_ = context.ids.new()
    return Message(
        id=id_,
        direction="in",
        connector=thread.connector,
        conversation_id=thread.id,
        contact_id=thread.contact_id,
        address=thread.address,
        sender=thread.sender,
        status="pending",
        created_at=context.clock.now(),
        text=f"/{body.name}{written}",
        content={"metadata": {"triggered": True}},
        provider_id=f"triggered:{id_}",
    )


async def _thread(context: RasaContext, conversation_id: str) -> Conversation:
    """The conversation; an unknown one is of the channel `rest`, whose caller names it."""
    known = await context.store.conversation(conversation_id)
    if known is not None:
        return known
    address = f"rest:{conversation_id}"
    return Conversation(conversation_id, contact_id_for(address), "rest", "rest:bot", address)


async def _tracker(context: RasaContext, conversation_id: str, query: TrackerQuery) -> Json:
    return await context.conversations.tracker(conversation_id, query.include_events, query.until)


def _intents(document: Mapping[str, Any]) -> frozenset[str]:
    listed = document.get("intents") or ()
    return frozenset(n for it in listed for n in (it if isinstance(it, dict) else [str(it)]))


# reading requests


def _query(request: Request) -> TrackerQuery:
    names = [name for name in TrackerQuery.model_fields if name in request.args]
    try:
        return TrackerQuery.model_validate({name: request.args.get(name) for name in names})
    except ValidationError as error:
        raise refused(error) from error


def _event(event: Any, place: int) -> Json:
    kind = event.get("event") if isinstance(event, dict) else None
    is_tags = kind == "slot" and event.get("name") == "tags"
    model = TagsBody if is_tags else BY_EVENT.get(str(kind), EventBody)
    try:
        read = model.model_validate(event)
    except ValidationError as error:
        found = refused(error)
        errors = [FieldError(f"{place}.{e.field}".rstrip("."), e.detail) for e in found.errors]
        detail = f"Couldn't extract a proper event from the request body: {found.detail}"
        raise Problem(400, detail, errors) from error
    return read.model_dump()


def _body(model: type[M], request: Request) -> M:
    try:
        return model.model_validate(_value(request))
    except ValidationError as error:
        raise refused(error) from error


def _value(request: Request) -> Any:
    """The body's JSON; Rasa's clients do not all say that it is JSON."""
    try:
        value = read_json(request.body)
    except ValueError as error:
        raise Problem(400, f"The body is not JSON: {error}") from error
    if _depth(value) > DEEPEST_BODY:
        raise Problem(400, f"The body is nested more than {DEEPEST_BODY} levels deep")
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= DEEPEST_BODY:
        containers = [it for it in level if isinstance(it, dict | list)]
        level = [x for it in containers for x in (it.values() if isinstance(it, dict) else it)]
        depth += bool(containers)
    return depth


async def _stored(take: Callable[[T], Awaitable[R]], item: T) -> R:
    """What `take` answers; it goes on even if the client is gone."""
    try:
        return await accept(take, item)
    except NotStored as error:
        raise unavailable("Nothing was stored; try again") from error


Handler = Callable[[RasaContext, Request, str], Awaitable[HTTPResponse]]
CONVERSATION = "/conversations/<conversation_id:str>"

ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/version", "", version),
    ("GET", "/status", "", status),
    ("POST", "/model/parse", "nlu:parse", parse),
    ("POST", "/model/train", "nlu:write", train_model),
    ("PUT", "/model", "nlu:write", replace_model),
    ("GET", "/domain", "flows:read", domain),
    ("GET", f"{CONVERSATION}/tracker", "conversations:read", tracker),
    ("POST", f"{CONVERSATION}/tracker/events", "conversations:write", add_events),
    ("POST", f"{CONVERSATION}/messages", "conversations:write", add_message),
    ("POST", f"{CONVERSATION}/trigger_intent", "conversations:write", trigger_intent),
)
