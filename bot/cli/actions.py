"""parley actions: the project's actions on rasa-sdk's own server."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import load

HELP = "Serve the project's actions with rasa-sdk's server.\n\nExample: parley actions --port 5055"


def command(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 5055,
) -> None:
    """Becomes rasa-sdk's server, in the project's folder."""
    settings = load(Path(context.obj))
    module = settings.endpoints.action_endpoint.actions_module or "actions"
    os.chdir(settings.project)
    command_line = [sys.executable, "-m", "rasa_sdk", "--actions", module, "--port", str(port)]
    os.execv(sys.executable, command_line)  # noqa: S606 - our own interpreter, no shell
