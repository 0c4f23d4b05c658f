"""What must hold after every turn, whatever the turn did."""

from bot.engine.conditions import holds
from bot.engine.facts import Facts
from bot.engine.flow import Flow, Invariant
from bot.engine.run import Run
from bot.engine.session import Session


def broken(flow: Flow, session: Session, facts: Facts, now: float) -> Invariant | None:
    """The first invariant that does not hold of the session as a turn leaves it."""
    if not flow.invariants:
        return None
    situation = Run(flow, session, facts, now).situation()
    return next((i for i in flow.invariants if not holds(i.condition, situation)), None)
