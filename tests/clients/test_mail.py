"""Outgoing mail, as files and over SMTP against a real server on loopback."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.clients.mail import FileMail, SmtpMail
from bot.domain.messages import Message
from tests.e2e.server import free_port

SENDER = "bot@example.com"


def mail(text: str = "Your code is about to expire.", to: str = "ann@example.com") -> Message:
    return Message(
        id="m1", direction="out", connector="email", conversation_id="c", contact_id="k",
        address=f"email:{to}", sender="email:parley", status="sending", created_at=1_700_000_000.0,
        text=text, content={"subject": "Your code\r\nBcc: everyone@example.com"},
    )  # fmt: skip


class Mailbox:
    """A mail server's handler that keeps what it takes, and refuses on request."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.taken.append(envelope.content or b"")
        return self.answer


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, f"smtp://127.0.0.1:{port}"
    server.stop()


async def test_a_mail_goes_over_smtp(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    attempt = await SmtpMail(url, SENDER).send(mail("Grüße 😀"))
    assert attempt.kind == "sent"
    parsed: Any = message_from_bytes(box.taken[0], policy=policy.default)
    assert parsed["To"] == "ann@example.com"
    assert parsed["From"] == SENDER
    assert (
        parsed["Subject"] == "Your code Bcc: everyone@example.com"
    )  # a header cannot be smuggled in
    assert parsed["Bcc"] is None
    assert parsed["Message-ID"] == "<m1@parley>"
    assert parsed.get_content().strip() == "Grüße 😀"


@pytest.mark.parametrize(
    ("answer", "kind"), [("451 try later", "retry"), ("554 not wanted", "rejected")]
)
async def test_what_the_server_answers_decides(
    mailbox: tuple[Mailbox, str], answer: str, kind: str
) -> None:
    box, url = mailbox
    box.answer = answer
    assert (await SmtpMail(url, SENDER).send(mail())).kind == kind


async def test_an_unknown_receiver_is_never_tried_again(mailbox: tuple[Mailbox, str]) -> None:
    attempt = await SmtpMail(mailbox[1], SENDER).send(mail(to="nobody@example.com"))
    assert attempt.kind == "rejected"


async def test_a_server_that_is_away_is_tried_again() -> None:
    assert (await SmtpMail("smtp://127.0.0.1:1", SENDER).send(mail())).kind == "retry"


def test_a_wrong_address_is_told() -> None:
    with pytest.raises(ValueError, match=r"SMTP_URL: expected smtp://"):
        SmtpMail("https://example.com", SENDER)


async def test_mails_are_files_where_no_server_is_set(tmp_path: Path) -> None:
    sender = FileMail(tmp_path / "outbox", SENDER)
    assert await sender.listing(mail(), 0) == ()
    for _ in range(2):  # a repeat changes nothing
        assert (await sender.send(mail())).kind == "sent"
    (path,) = (tmp_path / "outbox").iterdir()
    assert b"Your code is about to expire." in path.read_bytes()
    (listed,) = await sender.listing(mail(), 0)
    assert listed.message_id == "m1"


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    assert (await FileMail(tmp_path / "outbox", SENDER).send(mail())).kind == "retry"
