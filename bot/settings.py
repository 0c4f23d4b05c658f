"""The only reader of yml files and environment: a project's settings, checked as a whole.

The files have Rasa's shapes (config.yml, endpoints.yml, credentials.yml, domain.yml); the domain may
be split over files in `domain/`. `${VAR}` and `${VAR:-default}` are expanded. A mistake is a finding
with file, line and the nearest known key.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.domain_parts import Part, merged
from bot.engine.facts import ResponseText
from bot.engine.findings import DefinitionInvalid, Finding, nearest
from bot.engine.variables import VARIABLE
from connectors.registry import CONNECTORS

_QUOTED = re.compile(r"'([^']+)'")
M = TypeVar("M", bound=BaseModel)
_FORBID = ConfigDict(extra="forbid", frozen=True)

LARGEST_FILE = 5_000_000
"""Characters; the largest domains of real assistants have a tenth of it."""
MOST_VALUES = 200_000
"""A few lines of anchors within anchors can stand for more values than there is memory."""
DEEPEST_VALUE = 50
RATE = "messages_per_second"
"""Every channel takes it beside the connector's own keys."""

_BOOLEAN = "tag:yaml.org,2002:bool"
_NOT_RESOLVED = ("tag:yaml.org,2002:timestamp",)

DOMAIN = "domain.yml"
_DOMAIN_FOLDER = "domain"
_OPTIONAL = ("endpoints.yml", "credentials.yml", DOMAIN)
"""Files that may be missing: what they leave out has a default."""

KNOWN_TO_RASA: Mapping[str, frozenset[str]] = {
    "config.yml": frozenset(
        {"recipe", "assistant_id", "policies", "importers", "version", "data", "pipeline_options"}
    ),
    "endpoints.yml": frozenset(
        {"nlg", "models", "event_broker", "model_groups", "nlu", "version"}
    ),
    "credentials.yml": frozenset(
        {
            "facebook", "slack", "mattermost", "botframework", "rocketchat", "socketio", "callback",
            "hangouts", "webexteams", "rasa", "console", "version",
        }
    ),
    "domain.yml": frozenset({"forms", "session_config", "e2e_actions", "config", "store_entities_as_slots"}),
}  # fmt: skip
"""Keys that Rasa knows and we do not need: taken with a notice."""


class ActionEndpoint(BaseModel):
    """Where enter methods run: a module in this process, or an action server."""

    model_config = _FORBID
    actions_module: str | None = None
    url: str | None = None
    timeout: float = Field(default=10.0, gt=0)


class TrackerStore(BaseModel):
    """The database: SQLite or PostgreSQL."""

    model_config = _FORBID
    type: Literal["SQL", "sql"] = "SQL"
    url: str | None = None


class LockStore(BaseModel):
    """Who holds the lock of a contact."""

    model_config = _FORBID
    type: Literal["in_memory", "redis", "database"] = "in_memory"
    url: str | None = None


class TaskQueue(BaseModel):
    """Who drains what is due."""

    model_config = _FORBID
    type: Literal["embedded", "celery"] = "embedded"
    broker_url: str | None = None


class Llm(BaseModel):
    """An LLM that answers what no flow does."""

    model_config = _FORBID
    url: str | None = None
    model: str | None = None
    api_key: str | None = None


class Server(BaseModel):
    """The HTTP server: where it listens, and how large a request may be (bytes)."""

    model_config = _FORBID
    host: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+")
    request_max_bytes: int = Field(default=2_000_000, gt=0)


class Mail(BaseModel):
    """Outgoing mail; without a url mails are files in var/outbox/."""

    model_config = _FORBID
    url: str | None = None
    from_email: str | None = None
    report_email: str | None = None


class Access(BaseModel):
    """The administrator's token and the key that signs what we hand out."""

    model_config = _FORBID
    admin_token: str | None = None
    secret_key: str | None = None


class Endpoints(BaseModel):
    """endpoints.yml"""

    model_config = _FORBID
    action_endpoint: ActionEndpoint = Field(
        default_factory=lambda: ActionEndpoint(actions_module="actions")
    )
    tracker_store: TrackerStore = Field(default_factory=TrackerStore)
    lock_store: LockStore = Field(default_factory=LockStore)
    task_queue: TaskQueue = Field(default_factory=TaskQueue)
    llm: Llm = Field(default_factory=Llm)
    server: Server = Field(default_factory=Server)
    mail: Mail = Field(default_factory=Mail)
    access: Access = Field(default_factory=Access)


class Review(BaseModel):
    """Whether messages that were read badly are kept for labelling, and how far back (days)."""

    model_config = _FORBID
    collect: bool = True
    days: float = Field(default=30.0, gt=0, le=3650)


class Config(BaseModel):
    """config.yml; the pipeline is the NLU layer's to check."""

    model_config = _FORBID
    language: str = "en"
    additional_languages: list[str] | None = None
    pipeline: Any = None
    default_flow: str | None = None
    review: Review = Field(default_factory=Review)


class ResponseButton(BaseModel):
    """A choice of a response."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)
    title: str
    payload: str | None = None


class ResponseVariation(BaseModel):
    """One wording of a response; Rasa knows more keys than we need."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)
    text: str | None = None
    buttons: list[ResponseButton] | None = None
    image: str | None = None
    custom: dict[str, Any] | None = None
    channel: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _text_alone(cls, written: Any) -> Any:
        return {"text": written} if isinstance(written, str) else written


class Domain(BaseModel):
    """domain.yml, in Rasa's shape. `version` may be written as a number, and so may an intent."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
    version: str | None = None
    intents: list[str | dict[str, Any]] = Field(default_factory=list)
    entities: list[str | dict[str, Any]] = Field(default_factory=list)
    slots: dict[str, dict[str, Any]] = Field(default_factory=dict)
    responses: dict[str, list[ResponseVariation]] = Field(default_factory=dict)
    actions: list[str | dict[str, Any]] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Settings:
    """A project's settings. `notices` are remarks that do not refuse the start."""

    project: Path
    config: Config
    endpoints: Endpoints
    credentials: Mapping[str, Mapping[str, Any]]
    domain: Domain
    domain_document: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Finding, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def variable(self, name: str) -> str | None:
        """What stands for `${NAME}` outside of the four files; None where it is not set, or empty."""
        return self.environment.get(name) or None

    @property
    def var(self) -> Path:
        """Where the project keeps what it makes."""
        return self.project / "var"

    @property
    def host(self) -> str:
        return self.endpoints.server.host or "127.0.0.1"

    @property
    def port(self) -> int:
        return self.endpoints.server.port or 5005

    @property
    def database_url(self) -> str:
        return self.endpoints.tracker_store.url or f"sqlite:///{self.var / 'parley.db'}"

    @property
    def responses(self) -> dict[str, tuple[ResponseText, ...]]:
        """The domain's responses as the engine renders them."""
        return {
            name: tuple(_response(v) for v in variations)
            for name, variations in self.domain.responses.items()
        }


def load(project: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Reads and checks the four files; raises DefinitionInvalid with every finding."""
    # The environment is the one outside source; tests pass their own.
    values = os.environ if environment is None else environment  # noqa: TID251
    reading = _Reading(project, values)
    config = reading.section("config.yml", Config)
    endpoints = reading.section("endpoints.yml", Endpoints)
    domain, domain_document = reading.domain()
    credentials = reading.credentials()
    errors = [finding for finding in reading.findings if finding.severity == "error"]
    if errors or config is None or endpoints is None or domain is None:
        raise DefinitionInvalid(errors)
    return Settings(
        project=project,
        config=config,
        endpoints=endpoints,
        credentials=credentials,
        domain=domain,
        domain_document=domain_document,
        notices=tuple(reading.findings),
        environment=values,
    )


class _Reading:
    """The four files of a project while they are read, and what was found in them."""

    def __init__(self, project: Path, environment: Mapping[str, str]) -> None:
        self.project, self.environment = project, environment
        self.findings: list[Finding] = []

    def section(self, name: str, model: type[M]) -> M | None:
        return self._section(name, model, KNOWN_TO_RASA[name])[0]

    def domain(self) -> tuple[Domain | None, dict[str, Any]]:
        """The domain and its document, put together from all its files."""
        models: list[Domain | None] = []
        parts: list[Part] = []
        for name in self._domain_files() or [DOMAIN]:
            model, document = self._section(name, Domain, KNOWN_TO_RASA[DOMAIN])
            models.append(model)
            parts.append(Part(name, document))
        if None in models:
            return None, {}
        document, duplicates = merged(parts)
        for section, listed, file, first in duplicates:
            reason = f"{listed!r} is listed in the {section} of {first} too, which holds"
            self._notice("domain-duplicate", file, None, reason)
        return Domain.model_validate(_without_empty(document)), document

    def _domain_files(self) -> list[str]:
        """`domain.yml` and what stands below `domain/`, in a fixed order; nothing by links from
        outside of the project."""
        below = [
            path
            for pattern in ("*.yml", "*.yaml")
            for path in (self.project / _DOMAIN_FOLDER).rglob(pattern)
        ]
        found = [self.project / DOMAIN, self.project / "domain.yaml", *sorted(below)]
        inside = (path for path in found if _is_file_inside(path, self.project))
        return [path.relative_to(self.project).as_posix() for path in inside]

    def _section(
        self, name: str, model: type[M], foreign: frozenset[str]
    ) -> tuple[M | None, dict[str, Any]]:
        """One file's model, None where it has mistakes, and its document."""
        read = self._read(name)
        if read is None:
            return None, {}
        document, lines = read
        if model is Domain:
            self._rename_templates(name, document, lines)
        self._take_foreign_keys(name, document, set(model.model_fields), foreign, lines)
        try:
            return model.model_validate(_without_empty(document)), document
        except ValidationError as error:
            self.findings.extend(_findings(name, error, model, lines))
            return None, document

    def credentials(self) -> dict[str, dict[str, Any]]:
        read = self._read("credentials.yml")
        if read is None:
            return {}
        document, lines = read
        foreign = KNOWN_TO_RASA["credentials.yml"]
        self._take_foreign_keys("credentials.yml", document, set(), foreign, lines)
        sections: dict[str, dict[str, Any]] = {}
        for name, value in document.items():
            section = self._channel(name, value, lines)
            if section is not None:
                sections[name] = section
        return sections

    def _channel(
        self, name: str, value: Any, lines: Mapping[tuple[str, ...], int]
    ) -> dict[str, Any] | None:
        """One section of credentials.yml, without what is empty."""
        file, line = "credentials.yml", lines.get((name,))
        if name not in CONNECTORS and "." not in name:
            self._error(file, line, f"unknown channel {name!r}", nearest(name, CONNECTORS))
            return None
        if not isinstance(value, dict | type(None)):
            self._error(file, line, f"{name}: expected a section of keys, found {value!r:.60}")
            return None
        section = {k: v for k, v in (value or {}).items() if v not in (None, "")}
        if name not in CONNECTORS:
            self._notice("module-path", file, line, f"{name!r} names a class: passed through")
            return section
        required = CONNECTORS[name].required
        missing = [key for key in required if key not in section]
        if missing and len(missing) < len(required):
            reason = f"{name} is off: {', '.join(missing)} missing or empty"
            self._notice("channel-off", file, line, reason)
        self._check_keys(name, section, lines, complete=not missing)
        return section

    def _check_keys(
        self, name: str, section: dict[str, Any], lines: Mapping[tuple[str, ...], int],
        *, complete: bool,
    ) -> None:  # fmt: skip
        """Says now what the connector would refuse when it is opened."""
        keys = dict(section)
        try:
            rate = keys.pop(RATE, None)
            if rate is not None and not (isinstance(rate, int | float | str) and float(rate) > 0):
                raise ValueError
        except ValueError:
            line = lines.get((name, RATE))
            self._error("credentials.yml", line, f"{name}: {RATE!r} must be a number above 0")
        if not complete:
            return
        try:
            CONNECTORS[name].from_credentials(keys)
        except ValueError as error:
            told = str(error)
            named = _QUOTED.search(told)
            at = lines.get((name, named.group(1))) if named else None
            self._error("credentials.yml", at or lines.get((name,)), told)

    def _read(self, name: str) -> tuple[dict[str, Any], dict[tuple[str, ...], int]] | None:
        path = self.project / name
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            if name in _OPTIONAL:
                return {}, {}
            self._error(name, None, "there is no such file", "make a project with: parley init DIR")
            return None
        except UnicodeDecodeError:
            self._error(name, None, "not UTF-8 text")
            return None
        except OSError as error:
            self._error(name, None, f"cannot be read: {error.strerror}")
            return None
        if len(text) > LARGEST_FILE:
            self._error(name, None, f"larger than {LARGEST_FILE:,} characters")
            return None
        return self._parsed(name, text)

    def _parsed(
        self, name: str, text: str
    ) -> tuple[dict[str, Any], dict[tuple[str, ...], int]] | None:
        lines: dict[tuple[str, ...], int] = {}
        try:
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
            faults = _collect_lines(node, lines)
            for place, reason in faults:
                self._error(name, place, reason)
            if faults:
                return None
            document = yaml.load(text, Loader=_loader(name))  # noqa: S506
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else None
            self._error(name, line, f"not valid YAML: {error.problem or error.context}")
            return None
        except yaml.reader.ReaderError as error:
            at = text.count("\n", 0, error.position) + 1
            self._error(
                name, at, f"not valid YAML: a character that is not allowed ({error.reason})"
            )
            return None
        except (yaml.YAMLError, ValueError) as error:
            # A date such as 2026-02-30 is no YAML error to the library.
            self._error(name, None, f"not valid YAML: {error}")
            return None
        except RecursionError:
            self._error(name, None, "nested too deeply")
            return None
        if document is None:
            return {}, lines
        if not isinstance(document, dict):
            self._error(name, 1, "expected keys with values")
            return None
        return self._expanded(document, name, lines, ()), lines

    def _expanded(
        self, value: Any, file: str, lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]
    ) -> Any:
        if isinstance(value, dict):
            return {
                str(k): self._expanded(v, file, lines, (*path, str(k))) for k, v in value.items()
            }
        if isinstance(value, list):
            return [self._expanded(v, file, lines, (*path, str(i))) for i, v in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value

        def replaced(match: re.Match[str]) -> str:
            name, default = match.group(1), match.group(2)
            found = self.environment.get(name)
            if found:
                return found
            if default is None:
                self._error(
                    file, lines.get(path), f"the variable {name} is not set, or empty",
                    f"set it, or write ${{{name}:-default}}",
                )  # fmt: skip
            return default or ""

        if "${" in VARIABLE.sub("", value) and not _is_of_domain(file):
            self._error(
                file, lines.get(path), f"{value!r:.60} names no variable",
                "write ${NAME} or ${NAME:-default}",
            )  # fmt: skip
            return value
        return VARIABLE.sub(replaced, value)

    def _take_foreign_keys(
        self,
        file: str,
        document: dict[str, Any],
        known: set[str],
        foreign: frozenset[str],
        lines: Mapping[tuple[str, ...], int],
    ) -> None:
        """Drops keys that only Rasa needs, with a notice."""
        for key in list(document):
            if key not in known and key in foreign:
                del document[key]
                reason = f"{key!r} is Rasa's and is not needed here"
                self._notice("rasa-key", file, lines.get((key,)), reason)

    def _rename_templates(
        self, file: str, document: dict[str, Any], lines: dict[tuple[str, ...], int]
    ) -> None:
        """Takes the responses by the name that Rasa 1 had for them."""
        if "templates" not in document or "responses" in document:
            return
        document["responses"] = document.pop("templates")
        for path in [path for path in lines if path[0] == "templates"]:
            lines["responses", *path[1:]] = lines[path]
        reason = "'templates' is called 'responses' since Rasa 2, and is read as that"
        self._notice("rasa-key", file, lines["templates",], reason)

    def _notice(self, code: str, file: str, line: int | None, reason: str) -> None:
        self.findings.append(Finding(code, "warning", "", reason, file=file, line=line))

    def _error(self, file: str, line: int | None, reason: str, cure: str = "") -> None:
        self.findings.append(Finding("settings", "error", "", reason, cure, file=file, line=line))


class _RasasLoader(yaml.CSafeLoader):
    """YAML as Rasa reads it: `yes` is the word, only `true` and `false` are truth values; no dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [
            (tag, expression)
            for tag, expression in resolvers
            if tag not in _NOT_RESOLVED and (tag != _BOOLEAN or first in "tTfF")
        ]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _loader(file: str) -> type[yaml.CSafeLoader]:
    """Names and texts stay as written where they may be any: `language: no`, `- text: Yes`."""
    return _RasasLoader if file == "config.yml" or _is_of_domain(file) else yaml.CSafeLoader


def _is_file_inside(path: Path, project: Path) -> bool:
    try:
        return path.is_file() and path.resolve().is_relative_to(project.resolve())
    except (OSError, RuntimeError):
        return True  # reading it will say why it cannot be read


def _is_of_domain(file: str) -> bool:
    return file.partition(".")[0] == _DOMAIN_FOLDER or file.startswith(f"{_DOMAIN_FOLDER}/")


def _without_empty(value: Any) -> Any:
    """Empty texts and sections count as not given, so that an unset variable is no wrong value."""
    if isinstance(value, dict):
        return {k: _without_empty(v) for k, v in value.items() if v is not None and v != ""}
    return value


_NO_KEYS = frozenset({"tag:yaml.org,2002:null", "tag:yaml.org,2002:bool"})
_Faults = list[tuple[int, str]]
_Path = tuple[str, ...]


def _collect_lines(root: Any, lines: dict[_Path, int]) -> _Faults:
    """Fills in the line of every key and item; answers what a document must not have, by line.

    Anchors are followed as often as they are named, so that the number of values is known before
    they are made.
    """
    faults: _Faults = []
    ahead: list[tuple[Any, _Path]] = [(root, ())]
    for _ in range(MOST_VALUES):
        if not ahead:
            return sorted(faults)
        node, path = ahead.pop()
        if len(path) > DEEPEST_VALUE:
            return [(node.start_mark.line + 1, f"nested more than {DEEPEST_VALUE} levels deep")]
        if isinstance(node, yaml.MappingNode):
            ahead.extend(_members(node, path, lines, faults))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                here = (*path, str(index))
                lines[here] = item.start_mark.line + 1
                ahead.append((item, here))
    return [(1, f"stands for more than {MOST_VALUES:,} values")]


def _members(
    node: yaml.MappingNode, path: _Path, lines: dict[_Path, int], faults: _Faults
) -> Iterator[tuple[Any, _Path]]:
    own: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag in _NO_KEYS:
            faults.append((line, "a key must be a word; put yes, no, on, off and null in quotes"))
            continue
        if key.value in own:
            faults.append((line, f"the key {key.value!r} stands twice"))
        own.add(key.value)
        here = (*path, str(key.value))
        lines[here] = line
        yield value, here


def _findings(
    file: str, error: ValidationError, model: type[BaseModel], lines: Mapping[tuple[str, ...], int]
) -> list[Finding]:
    found = []
    for item in error.errors():
        path = tuple(str(word) for word in item["loc"])
        line = next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), None)
        name = ".".join(path)
        if item["type"] == "extra_forbidden":
            reason, cure = f"unknown key {name!r}", nearest(path[-1], _fields(model, path[:-1]))
        else:
            reason, cure = f"{name}: {item['msg'].lower()}, found {item['input']!r:.60}", ""
        found.append(Finding("settings", "error", "", reason, cure, file=file, line=line))
    return found


def _fields(model: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    for word in path:
        annotation = model.model_fields[word].annotation if word in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def _response(variation: ResponseVariation) -> ResponseText:
    return ResponseText(
        text=variation.text or "",
        buttons=tuple(
            {"title": b.title, "payload": b.payload or ""} for b in variation.buttons or ()
        ),
        image=variation.image,
        custom=variation.custom,
        channel=variation.channel,
    )
