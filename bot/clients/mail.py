"""Outgoing mail: over SMTP, or as files in a folder where no server is set."""

import asyncio
import os
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.domain.deliveries import Attempt, Listed
from bot.domain.gate import Rate
from bot.domain.messages import Message

TIMEOUT_SECONDS = 30.0


def letter(message: Message, sender: str) -> EmailMessage:
    """The mail of an outbound message; its Message-ID carries our id."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.address.partition(":")[2]
    mail["Subject"] = " ".join(str(message.content.get("subject", "")).split())
    mail["Date"] = formatdate(message.created_at)
    mail["Message-ID"] = f"<{message.id}@parley>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no auto-responder shall answer
    mail.set_content(message.text)
    return mail


class FileMail:
    """Writes each mail as an .eml file named by the message's id, so that a repeat changes nothing."""

    local = False
    immediate = False
    settle_after: float | None = 0.0
    rate: Rate | None = None

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder, self._sender = folder, sender

    async def send(self, message: Message) -> Attempt:
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            return Attempt("retry", reason=f"cannot write the mail: {error}")
        return Attempt("sent", message.id, "sent")

    def _write(self, message: Message) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f".{message.id}"
        unfinished.write_bytes(letter(message, self._sender).as_bytes())
        os.replace(unfinished, self._path(message))

    async def listing(self, message: Message, since: float) -> Sequence[Listed]:
        path = self._path(message)
        if not path.exists():
            return ()
        return (Listed(message.id, message.text, "sent", path.stat().st_mtime, message.id),)

    def _path(self, message: Message) -> Path:
        return self._folder / f"{message.id}.eml"


class SmtpMail:
    """Sends over SMTP. A server cannot be asked what it has, so a send is at most once."""

    local = False
    immediate = False
    settle_after: float | None = None
    rate: Rate | None = None

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(
                "SMTP_URL: expected smtp://[user:password@]host[:port], or smtps://..."
            )
        self._tls = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender

    async def send(self, message: Message) -> Attempt:
        try:
            await aiosmtplib.send(
                letter(message, self._sender),
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPConnectError as error:
            return Attempt("retry", reason=f"cannot reach the mail server: {error}")
        except aiosmtplib.SMTPRecipientsRefused as error:
            return Attempt("rejected", reason=f"the mail server refused the address: {error}")
        except aiosmtplib.SMTPResponseException as error:
            temporary = 400 <= error.code < 500
            return Attempt(
                "retry" if temporary else "rejected", code=str(error.code), reason=error.message
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            return Attempt("unknown", reason=f"the mail server fell silent: {error}")
        return Attempt("sent", message.id, "sent")

    async def listing(self, message: Message, since: float) -> Sequence[Listed]:
        return ()
