"""parley worker: a Celery worker that takes turns and drains what is due."""

import os
from pathlib import Path
from typing import Annotated

import typer

from bot.app import celery_worker
from bot.cli.logs import configure

HELP = "Run a Celery worker.\n\nExample: BROKER_URL=redis://localhost:6379/1 parley worker --concurrency 2"


def command(
    context: typer.Context,
    concurrency: Annotated[int, typer.Option(help="How many processes.")] = 2,
) -> None:
    """Serves until it is stopped; start as many as are wanted."""
    configure()
    app = celery_worker(Path(context.obj))
    app.worker_main(
        [
            "--quiet", "worker", "--pool=prefork", f"--concurrency={concurrency}",
            "--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat",
            f"--hostname=parley-{os.getpid()}@%h",
        ]
    )  # fmt: skip
