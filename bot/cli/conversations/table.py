"""Coverage as a table in the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.conversations.coverage import FlowCoverage, Share

MISSING_SHOWN = 20
"""Of one flow; the HTML page has them all."""


def show_coverage(console: Console, covered: Iterable[FlowCoverage]) -> None:
    """A line for each flow, then what is missing."""
    flows = list(covered)
    table = Table("flow", "states", "transitions", "conditions", "all", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for it in flows:
        shares = [_share(share) for share in it.shares.values()]
        table.add_row(it.flow.name, *shares, Text(f"{it.percent:.1f} %", style=colour(it.percent)))
    console.print(table)
    for it in flows:
        missing = list(it.missing()) if it.entered else ["no conversation enters it"]
        for line in missing[:MISSING_SHOWN]:
            console.print(Text(f"  {it.flow.name}: {line}", style="dim"), soft_wrap=True)
        if len(missing) > MISSING_SHOWN:
            more = len(missing) - MISSING_SHOWN
            console.print(Text(f"  {it.flow.name}: and {more} more", style="dim"))


def _share(share: Share) -> Text:
    return Text(f"{share.reached}/{share.all}", style=colour(share.percent))


def colour(percent: float) -> str:
    """Green for all of it, yellow for most."""
    return "green" if percent >= 100 else "yellow" if percent >= 80 else "red"
