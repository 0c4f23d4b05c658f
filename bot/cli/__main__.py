"""`python -m bot.cli` is `parley`."""

from bot.cli.main import entry

entry()
