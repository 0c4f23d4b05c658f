"""The four yml files of a project: what is taken, and what is refused with which words."""

import re
from pathlib import Path
from typing import Any

import pytest

from bot.engine.findings import DefinitionInvalid, Finding
from bot.settings import KNOWN_TO_RASA, Domain, Endpoints, Settings, load
from tests.conftest import ROOT

FILES = ("config.yml", "endpoints.yml", "credentials.yml", "domain.yml")
SID = "AC" + "0" * 32


def project(folder: Path, **files: str) -> Path:
    """A project whose yml files are empty but for those given."""
    for name in FILES:
        (folder / name).write_text(files.get(name.partition(".")[0], ""), encoding="utf-8")
    return folder


def taken(folder: Path, environment: dict[str, str] | None = None, /, **files: str) -> Settings:
    return load(project(folder, **files), environment or {})


def refused(
    folder: Path, environment: dict[str, str] | None = None, /, **files: str
) -> tuple[Finding, ...]:
    with pytest.raises(DefinitionInvalid) as raised:
        taken(folder, environment, **files)
    return raised.value.findings


def shipped(environment: dict[str, str]) -> Settings:
    return load(ROOT, environment)


# What ships


def test_the_shipped_files_need_no_environment() -> None:
    settings = shipped({})
    assert (settings.host, settings.port, settings.config.default_flow) == (
        "127.0.0.1",
        5005,
        "optin",
    )
    assert settings.database_url == f"sqlite:///{ROOT / 'var' / 'parley.db'}"
    assert settings.notices == ()
    assert settings.endpoints.action_endpoint.actions_module == "actions"
    assert settings.responses["utter_optin_init"][0].buttons[0] == {
        "title": "Yes",
        "payload": "yes",
    }


READ: dict[str, tuple[str, str]] = {
    "HOST": ("0.0.0.0", "endpoints.server.host"),  # noqa: S104
    "PORT": ("8080", "endpoints.server.port"),
    "PUBLIC_URL": ("https://bot.example.com", "endpoints.server.public_url"),
    "DATABASE_URL": ("postgresql://db/parley", "endpoints.tracker_store.url"),
    "REDIS_URL": ("redis://cache", "endpoints.lock_store.url"),
    "BROKER_URL": ("amqp://queue", "endpoints.task_queue.broker_url"),
    "SMTP_URL": ("smtp://mail", "endpoints.mail.url"),
    "DEFAULT_FROM_EMAIL": ("us@example.com", "endpoints.mail.from_email"),
    "REPORT_EMAIL": ("boss@example.com", "endpoints.mail.report_email"),
    "ADMIN_TOKEN": ("secret", "endpoints.access.admin_token"),
    "SECRET_KEY": ("key", "endpoints.access.secret_key"),
    "LLM_URL": ("http://llm", "endpoints.llm.url"),
    "LLM_API_KEY": ("key", "endpoints.llm.api_key"),
    "LLM_MODEL": ("small", "endpoints.llm.model"),
    "TWILIO_ACCOUNT_SID": (SID, "credentials.twilio.account_sid"),
    "TWILIO_AUTH_TOKEN": ("token", "credentials.twilio.auth_token"),
    "TWILIO_PHONE_NUMBER": ("+15550009", "credentials.twilio.twilio_number"),
    "TWILIO_API_URL": ("http://127.0.0.1:1", "credentials.twilio.api_url"),
}


@pytest.mark.parametrize("name", READ)
def test_every_documented_variable_is_read_through_the_shipped_files(name: str) -> None:
    value, place = READ[name]
    found: Any = shipped({name: value})
    for word in place.split("."):
        found = found[word] if isinstance(found, dict) else getattr(found, word)
    assert str(found) == value


def test_every_variable_of_the_shipped_files_is_one_of_these() -> None:
    named = {name for file in FILES for name in re.findall(r"\$\{(\w+)", (ROOT / file).read_text())}
    assert named - {"NAME"} >= set(READ) - {"REDIS_URL"}


def test_variables_that_are_set_to_nothing_count_as_not_set() -> None:
    assert shipped(dict.fromkeys(READ, "")).endpoints == shipped({}).endpoints


# Variables


@pytest.mark.parametrize(
    ("written", "environment", "read"),
    [
        ("${NAME}", {"NAME": "x"}, "x"),
        ("${NAME:-y}", {"NAME": "x"}, "x"),
        ("${NAME:-y}", {}, "y"),
        ("${NAME:-y}", {"NAME": ""}, "y"),
        ("${NAME:-http://a:1/b}", {}, "http://a:1/b"),
        ("${NAME:-}", {}, None),
        ("a-${NAME:-y}-${OTHER:-z}", {"OTHER": "o"}, "a-y-o"),
        ("$NAME", {"NAME": "x"}, "$NAME"),
        ("${NAME}", {"NAME": "${OTHER}"}, "${OTHER}"),
    ],
)
def test_variables(
    tmp_path: Path, written: str, environment: dict[str, str], read: str | None
) -> None:
    settings = taken(tmp_path, environment, endpoints=f'llm:\n  model: "{written}"\n')
    assert settings.endpoints.llm.model == read


def test_a_variable_without_a_default_must_be_set(tmp_path: Path) -> None:
    (found,) = refused(tmp_path, endpoints="# hello\nllm:\n  model: small\n  url: ${LLM_URL}\n")
    assert (found.file, found.line) == ("endpoints.yml", 4)
    assert found.reason == "the variable LLM_URL is not set, or empty"
    assert found.cure == "set it, or write ${LLM_URL:-default}"


@pytest.mark.parametrize("written", ["${LLM-URL}", "${LLM_URL:default}", "${LLM_URL", "${}"])
def test_what_only_looks_like_a_variable_is_refused(tmp_path: Path, written: str) -> None:
    (found,) = refused(tmp_path, {"LLM_URL": "x"}, endpoints=f'llm:\n  url: "{written}"\n')
    assert (found.line, "names no variable" in found.reason) == (2, True)


def test_variables_are_found_in_lists_and_credentials(tmp_path: Path) -> None:
    settings = taken(
        tmp_path, {"W": "2", "SID": SID},
        config="pipeline:\n- name: A\n  weight: ${W}\n",
        credentials="twilio:\n  account_sid: ${SID}\n",
    )  # fmt: skip
    assert settings.config.pipeline == [{"name": "A", "weight": "2"}]
    assert settings.credentials == {"twilio": {"account_sid": SID}}


# Mistakes: file, line, reason, cure

MISTAKES = [
    ("config", "language: en\npipelin: []\n", 2, "unknown key 'pipelin'", "'pipeline'"),
    ("config", "language: [en]\n", 1, "language: input should be a valid string", ""),
    ("config", "language: true\n", 1, "valid string, found True", ""),
    ("endpoints", "server:\n  prot: 1\n", 2, "unknown key 'server.prot'", "'port'"),
    ("endpoints", "server:\n  port: many\n", 2, "server.port: input should be a valid int", ""),
    ("endpoints", "server:\n  port: 70000\n", 2, "less than or equal to 65535, found 70000", ""),
    ("endpoints", "server:\n  public_url: bot.example.com\n", 2, "server.public_url: ", ""),
    ("endpoints", "server: here\n", 1, "server: input should be a valid dictionary", ""),
    ("endpoints", "tracker_store:\n  type: mongod\n", 2, "input should be 'sql'", ""),
    ("endpoints", "tracker_store:\n  dialect: x\n", 2, "'tracker_store.dialect'", "type, url"),
    ("endpoints", "lock_stor:\n  type: redis\n", 1, "unknown key 'lock_stor'", "'lock_store'"),
    ("endpoints", "action_endpoint:\n  timeout: 0\n", 2, "greater than 0", ""),
    ("credentials", "rest:\ntwillio:\n", 2, "unknown channel 'twillio'", "'twilio'"),
    ("credentials", "rest: yes\n", 1, "rest: expected a section of keys, found True", ""),
    ("credentials", "- rest\n", 1, "expected keys with values", ""),
    ("domain", "intent:\n- a\n", 1, "unknown key 'intent'", "'intents'"),
    ("domain", "slots:\n  a: text\n", 2, "slots.a: input should be a valid dictionary", ""),
    ("domain", "responses:\n  utter_a: Hi\n", 2, "responses.utter_a: input should be a valid l", ""),
    ("domain", "responses:\n  utter_a:\n  - [Hi]\n", 3, "responses.utter_a.0", ""),
    ("domain", "responses:\n  utter_a:\n  - text: Hi\n    buttons: [Yes]\n", 4, "buttons.0", ""),
    ("domain", "responses:\n  utter_a:\n  - buttons:\n    - payload: a\n", 4, "title: field", ""),
    # YAML itself
    ("config", "language: en\n\tpipeline: []\n", 2, "not valid YAML", ""),
    ("config", "language: 'en\n", 2, "not valid YAML", ""),
    ("config", "language: en\nlanguage: fa\n", 2, "the key 'language' stands twice", ""),
    ("endpoints", "llm:\n  url: a\n  url: b\n", 3, "the key 'url' stands twice", ""),
    ("config", "? [a, b]\n: c\n", 1, "a key must be a word", ""),
    ("config", "? {a: b}\n: c\n", 1, "a key must be a word", ""),
    ("domain", "responses:\n  yes:\n  - text: a\n", 2, "a key must be a word", ""),
    ("config", "language: !!python/object:os.system ls\n", 1, "not valid YAML", ""),
    ("config", "language: en\n---\nlanguage: fa\n", 2, "not valid YAML", ""),
    ("config", "language: en\n# \x01\n", 2, "a character that is not allowed", ""),
    ("config", "language: *nothing\n", 1, "not valid YAML", ""),
    ("endpoints", "llm: 2026-02-30\n", None, "not valid YAML", ""),
    ("config", "just words\n", 1, "expected keys with values", ""),
]  # fmt: skip


@pytest.mark.parametrize(("file", "text", "line", "reason", "cure"), MISTAKES)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, file: str, text: str, line: int | None, reason: str, cure: str
) -> None:
    found = refused(tmp_path, **{file: text})[0]
    assert (found.file, found.line, found.severity) == (f"{file}.yml", line, "error")
    assert reason in found.reason
    assert cure in found.cure


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    found = refused(
        tmp_path, config="langage: en\n", endpoints="server:\n  prot: 1\n  hst: x\n",
        credentials="twillio:\n", domain="slot: {}\n",
    )  # fmt: skip
    assert sorted((f.file, f.line) for f in found) == [
        ("config.yml", 1), ("credentials.yml", 1), ("domain.yml", 1), ("endpoints.yml", 2),
        ("endpoints.yml", 3),
    ]  # fmt: skip


def bomb(levels: int) -> str:
    """Each line stands for ten times what the line before stands for."""
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x, x]", *lines, ""])


MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    "text",
    [bomb(12), MERGES, "a: &a [*a]\n", "a: &a {b: *a}\n", "[" * 5000 + "]" * 5000,
     "a:\n" + "".join(f"{' ' * n}- \n" for n in range(1, 3))
     + "b: " + "{a: " * 900 + "1" + "}" * 900],
    ids=["bomb", "merges", "circle", "circle-of-keys", "deep-list", "deep-keys"],
)  # fmt: skip
@pytest.mark.timeout(10)
def test_a_few_lines_cannot_stand_for_more_than_there_is_memory(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, config=text)


def test_anchors_and_merges_are_taken(tmp_path: Path) -> None:
    text = "llm: &one\n  url: http://a\nserver:\n  host: x\ntask_queue:\n  <<: {type: celery}\n"
    settings = taken(tmp_path, endpoints=text)
    assert settings.endpoints.task_queue.type == "celery"


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    (found,) = refused(tmp_path, config="#" * 5_000_001)
    assert "larger than" in found.reason


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (found,) = [f for f in _missing(tmp_path) if f.file == "config.yml"]
    assert (found.reason, found.cure) == (
        "there is no such file",
        "make a project with: parley init DIR",
    )
    project(tmp_path)
    (tmp_path / "config.yml").write_bytes(b"language: \xff\n")
    (tmp_path / "domain.yml").unlink()
    (tmp_path / "domain.yml").mkdir()
    with pytest.raises(DefinitionInvalid) as raised:
        load(tmp_path, {})
    assert [f.reason for f in raised.value.findings] == [
        "not UTF-8 text", "cannot be read: Is a directory",
    ]  # fmt: skip


def _missing(folder: Path) -> tuple[Finding, ...]:
    with pytest.raises(DefinitionInvalid) as raised:
        load(folder / "nowhere", {})
    return raised.value.findings


def test_all_but_config_may_be_missing(tmp_path: Path) -> None:
    project(tmp_path)
    for name in FILES[1:]:
        (tmp_path / name).unlink()
    settings = load(tmp_path, {})
    assert (settings.credentials, settings.endpoints) == ({}, Endpoints())
    assert settings.domain == Domain()


# Rasa's keys


@pytest.mark.parametrize(("file", "key"), [(f, k) for f, ks in KNOWN_TO_RASA.items() for k in ks])
def test_rasa_s_own_keys_are_taken_with_a_notice(tmp_path: Path, file: str, key: str) -> None:
    settings = taken(tmp_path, **{file.partition(".")[0]: f"# first\n{key}:\n  any: thing\n"})
    (notice,) = settings.notices
    assert (notice.file, notice.line, notice.severity) == (file, 2, "warning")
    assert notice.reason == f"{key!r} is Rasa's and is not needed here"


def test_sections_named_by_a_module_path_pass_through_with_a_notice(tmp_path: Path) -> None:
    settings = taken(tmp_path, credentials="rest:\nmy.channel.MyInput:\n  secret: x\n")
    assert settings.credentials == {"rest": {}, "my.channel.MyInput": {"secret": "x"}}
    (notice,) = settings.notices
    assert (notice.line, "passed through" in notice.reason) == (2, True)


# Channels

TWILIO = f"twilio:\n  account_sid: {SID}\n  auth_token: x\n  twilio_number: '+15550009'\n"


@pytest.mark.parametrize(
    ("more", "line", "reason"),
    [
        ("  api_ur: x\n", 5, "did you mean 'api_url'?"),
        ("  api_url: example.com\n", 5, "'api_url' must begin with https://"),
        ("  timeout: soon\n", 5, "'timeout' must be a number greater than 0"),
        ("  messages_per_second: lots\n", 5, "'messages_per_second' must be a number above 0"),
        ("  messages_per_second: 0\n", 5, "'messages_per_second' must be a number above 0"),
    ],
)
def test_a_channel_s_own_mistakes_are_told_before_it_is_opened(
    tmp_path: Path, more: str, line: int, reason: str
) -> None:
    (found,) = refused(tmp_path, credentials=TWILIO + more)
    assert (found.file, found.line) == ("credentials.yml", line)
    assert reason in found.reason


def test_a_number_without_quotes_is_told_at_its_line(tmp_path: Path) -> None:
    (found,) = refused(tmp_path, credentials=TWILIO.replace("'+15550009'", "+15550009"))
    assert (found.line, "write it in quotes" in found.reason) == (4, True)


def test_a_channel_that_is_half_set_is_off_and_says_so(tmp_path: Path) -> None:
    settings = taken(tmp_path, credentials=f"twilio:\n  account_sid: {SID}\n")
    (notice,) = settings.notices
    assert notice.reason == "twilio is off: auth_token, twilio_number missing or empty"


def test_names_and_texts_stay_as_written(tmp_path: Path) -> None:
    domain = """
version: 3.1
intents: [yes, no: {use_entities: []}, 12]
responses:
  utter_a:
  - text: Yes
    buttons: [{title: On, payload: off}]
  - text: 2026-11-20
  utter_b:
  - No
"""
    settings = taken(
        tmp_path,
        domain=domain.replace("no:", "'no':"),
        config="language: no\nreview: {collect: off}",
    )
    assert settings.config.language == "no"
    assert settings.config.review.collect is False
    assert settings.domain.version == "3.1"
    assert settings.domain.intents == ["yes", {"no": {"use_entities": []}}, "12"]
    first, second = settings.responses["utter_a"]
    assert (first.text, first.buttons) == ("Yes", ({"title": "On", "payload": "off"},))
    assert second.text == "2026-11-20"
    assert [it.text for it in settings.responses["utter_b"]] == ["No"]


def test_the_templates_of_rasa_1_are_the_responses(tmp_path: Path) -> None:
    settings = taken(tmp_path, domain="templates:\n  utter_a:\n  - text: Hi\n  - Hello\n")
    assert [it.text for it in settings.responses["utter_a"]] == ["Hi", "Hello"]
    (notice,) = settings.notices
    assert (notice.file, notice.line, notice.severity) == ("domain.yml", 1, "warning")


def test_a_mistake_in_templates_is_told_at_its_line(tmp_path: Path) -> None:
    (found,) = refused(tmp_path, domain="templates:\n  utter_a:\n  - text: [Hi]\n")
    assert found.line == 3


def test_responses_are_read_with_all_that_rasa_writes_in_them(tmp_path: Path) -> None:
    text = """
responses:
  utter_a:
  - text: 42
    channel: sms
    id: one
    condition: [{type: slot, name: x, value: true}]
    buttons:
    - {title: 1, payload: /one, extra: x}
  - image: https://x/y.png
    custom: {a: 1}
"""
    first, second = taken(tmp_path, domain=text).responses["utter_a"]
    assert (first.text, first.channel) == ("42", "sms")
    assert first.buttons == ({"title": "1", "payload": "/one"},)
    assert (second.image, second.custom) == ("https://x/y.png", {"a": 1})


def test_a_price_in_a_response_is_no_mistake(tmp_path: Path) -> None:
    text = 'responses:\n  utter_a:\n  - text: "It costs ${{price}}"\n'
    assert taken(tmp_path, domain=text).responses["utter_a"][0].text == "It costs ${{price}}"


# A domain in several files


def split(folder: Path, **parts: str) -> Path:
    """A project with these files below `domain/`; `a__b` is `domain/a/b.yml`."""
    for name, text in parts.items():
        path = folder / "domain" / f"{name.replace('__', '/')}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_domain_may_be_split_over_a_folder(tmp_path: Path) -> None:
    split(
        tmp_path,
        small_talk="version: '3.1'\nintents: [greet, bye]\nresponses:\n  utter_a: [{text: A}]\n",
        shop__orders="intents:\n- order: {use_entities: [size]}\nslots:\n  size: {type: text}\n",
    )
    settings = taken(tmp_path, domain="intents: [affirm]\nresponses:\n  utter_b: [{text: B}]\n")
    order = {"order": {"use_entities": ["size"]}}
    assert settings.domain.intents == ["affirm", order, "greet", "bye"]
    assert settings.responses["utter_a"][0].text == "A"
    assert set(settings.responses) == {"utter_a", "utter_b"}
    assert settings.domain.slots == {"size": {"type": "text"}}
    assert settings.domain_document["version"] == "3.1"
    assert settings.domain_document["intents"] == settings.domain.intents
    assert settings.notices == ()


def test_a_folder_may_be_the_whole_domain(tmp_path: Path) -> None:
    project(split(tmp_path, intents="intents: [greet]\n"))
    (tmp_path / "domain.yml").unlink()
    assert load(tmp_path, {}).domain.intents == ["greet"]


def test_what_two_files_of_the_domain_say_is_told_and_the_first_holds(tmp_path: Path) -> None:
    split(
        tmp_path,
        a="responses:\n  utter_a: [{text: second}]\nintents:\n- greet: {use_entities: []}\n",
        b="slots:\n  s: {type: text}\n",
        c="slots:\n  s: {type: bool}\n  t: {type: bool}\n",
    )
    settings = taken(tmp_path, domain="intents: [greet]\nresponses:\n  utter_a: [{text: first}]\n")
    assert settings.responses["utter_a"][0].text == "first"
    assert settings.domain.intents == ["greet"]
    assert settings.domain.slots == {"s": {"type": "text"}, "t": {"type": "bool"}}
    assert [(n.code, n.file, n.reason) for n in settings.notices] == [
        ("domain-duplicate", "domain/a.yml",
         "'utter_a' is listed in the responses of domain.yml too, which holds"),
        ("domain-duplicate", "domain/a.yml",
         "'greet' is listed in the intents of domain.yml too, which holds"),
        ("domain-duplicate", "domain/c.yml",
         "'s' is listed in the slots of domain/b.yml too, which holds"),
    ]  # fmt: skip


def test_a_mistake_in_a_part_of_the_domain_is_told_with_its_place(tmp_path: Path) -> None:
    split(tmp_path, a="intents: [x]\nslot: {}\n", b="session_config: {}\nresponses: [\n")
    found = refused(tmp_path)
    assert [(f.file, f.line) for f in found] == [("domain/a.yml", 2), ("domain/b.yml", 3)]
    assert "'slots'" in found[0].cure


def test_rasa_s_own_keys_are_taken_in_every_part_of_the_domain(tmp_path: Path) -> None:
    split(tmp_path, a="session_config: {session_expiration_time: 60}\n")
    (notice,) = taken(tmp_path).notices
    assert (notice.code, notice.file) == ("rasa-key", "domain/a.yml")


def test_a_price_in_a_part_of_the_domain_is_no_mistake(tmp_path: Path) -> None:
    split(tmp_path, a='responses:\n  utter_a:\n  - text: "It costs ${{price}}"\n')
    assert taken(tmp_path).responses["utter_a"][0].text == "It costs ${{price}}"


def test_a_link_out_of_the_project_is_no_part_of_the_domain(tmp_path: Path) -> None:
    (tmp_path / "outside.yml").write_text("intents: [stolen]\n", encoding="utf-8")
    inside = tmp_path / "inside"
    (inside / "domain").mkdir(parents=True)
    (inside / "domain" / "a.yml").symlink_to(tmp_path / "outside.yml")
    assert taken(inside).domain.intents == []


def test_further_languages_are_codes_in_a_list(tmp_path: Path) -> None:
    settings = taken(tmp_path, config="language: en\nadditional_languages: [es, pt]\n")
    assert settings.config.additional_languages == ["es", "pt"]
    (found,) = refused(tmp_path, config="additional_languages: es\n")
    assert (found.line, "valid list" in found.reason) == (1, True)
