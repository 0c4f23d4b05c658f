"""parley nlu: measures how well the model reads, and makes it better."""

import typer

from bot.cli import describe, evaluate, review

HELP = (
    "Measure how well messages are read, and label those that were not.\n\n"
    "Example: parley nlu evaluate tests/nlu.yml"
)

app = typer.Typer(no_args_is_help=True)
app.command("describe", help=describe.HELP)(describe.command)
app.command("evaluate", help=evaluate.HELP)(evaluate.command)
app.command("review", help=review.HELP)(review.command)
