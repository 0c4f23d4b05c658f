"""One turn: all that one message or timer causes, from parse to replies, as one draft.

No transaction is open while actions run; nothing is written or sent here.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.messages import Message
from bot.domain.records import Work
from bot.domain.starts import Start
from bot.domain.timers import Timer
from bot.engine.advance import advance, apologise, start
from bot.engine.asking import intents_asked
from bot.engine.commands import Record, SendMessage, SetSlot
from bot.engine.conditions import Condition
from bot.engine.events import (
    ActionReturned,
    Event,
    FlowReturned,
    FlowStarted,
    MessageReceived,
    TimerFired,
)
from bot.engine.facts import Facts, ResponseText
from bot.engine.flow import APOLOGY, Flow
from bot.engine.invariants import broken
from bot.engine.parse import NOTHING_READ, Parse
from bot.engine.responses import respond
from bot.engine.routing import Begin, conditions_ahead, questions, route
from bot.engine.session import Session
from bot.services import sessions, starts
from bot.services.calls import Calls
from bot.services.consent_words import ConsentWords, keyword_of
from bot.services.drafts import Draft
from bot.services.flowbook import Edition, FlowBook
from bot.services.ids import Ids
from bot.services.meter import UNMETERED, Meter
from bot.services.ports import ActionFailed, ActionRunner, ApiCaller, Clock, Reader, Store
from bot.services.received import content_shown, parse_shown, with_content
from bot.services.trackers import Trackers

FLOW_GONE = "Sorry, I cannot go on with this: it has changed meanwhile. Please start again."
"""What is said where the domain has no `utter_flow_gone`."""
GONE = "state_gone"
"""Why a session ends whose state does not exist any more."""
STATES_KEPT = 20_000
"""Of which it is known what they ask: versions come and go, and nobody says when."""
FLOWS_PER_TURN = 5
"""Flows that start each other in a circle would not either."""
FLOWS_WAITING = 8
"""Flows that start themselves and wait for their return would pile up."""


@dataclass(frozen=True, slots=True)
class Bot:
    """What a project says once: responses, declared slots, the default flow."""

    responses: Mapping[str, tuple[ResponseText, ...]]
    declared_slots: Mapping[str, Any]
    default_flow: str | None
    actions: frozenset[str] | None
    conditions: frozenset[str]


class Turns:
    """Makes the draft of a turn from what the store holds and what happened."""

    def __init__(
        self,
        *,
        store: Store,
        reader: Reader,
        runner: ActionRunner,
        flows: FlowBook,
        bot: Bot,
        ids: Ids,
        clock: Clock,
        conversation_key: Callable[[str, str, str], str],
        apis: ApiCaller | None = None,
        meter: Meter = UNMETERED,
        seen: Callable[[Condition, bool], None] | None = None,
    ) -> None:
        self.seen = seen
        """Told of every condition that is decided: conversation tests measure coverage by it."""
        self._meter = meter
        self._store, self._reader, self._runner, self._flows = store, reader, runner, flows
        self._bot, self._ids, self._clock = bot, ids, clock
        self._conversation_key = conversation_key
        self._consent = ConsentWords(ids, self._respond_to)
        self._questions: dict[tuple[str, str], frozenset[str]] = {}
        self._questions_of: Edition | None = None
        self._answers: dict[tuple[str, str], frozenset[str]] = {}
        self._trackers = Trackers(store, bot.declared_slots)
        self._calls = Calls(store, runner, apis, self._trackers)
        self.saved = self._trackers.saved

    async def on_message(self, work: Work, message: Message) -> Draft:
        """The turn of an inbound message."""
        draft = self._draft(work, message.conversation_id, message.id)
        draft.claims_message = message.id
        if draft.conversation.status == "closed":
            draft.conversation = replace(draft.conversation, status="bot")
            draft.event("conversation_reopened")
        text = str(message.content.get("payload") or "") or message.text
        # A stop word is honoured whatever may be wrong with the reading.
        stops = keyword_of(message) == "stop"
        parse = NOTHING_READ if stops else await self._read(draft, text)
        draft.event("message_received", text=message.text, channel=draft.conversation.channel,
                    **content_shown(message), parse=parse_shown(parse))  # fmt: skip
        if message.content.get("media"):
            # What is to be fetched behind the turn; it is found by this event after a crash, too.
            draft.event("media_received", media=message.content["media"])
        self._note_profile(draft, message)
        if self._consent.answer(draft, message, parse):
            return draft
        if draft.contact.opted_out:
            draft.event("message_ignored", reason="opted_out")
        elif draft.conversation.status == "human":
            draft.event("left_to_human")
        else:
            await self._answer(draft, message, text, parse)
        draft.attribute("message_received")
        return draft

    async def on_timer(self, work: Work, timer: Timer) -> Draft:
        """The turn of a timer that is due."""
        draft = self._draft(work, timer.conversation_id, timer.id)
        draft.claims_timer = timer.id
        if timer.start is not None:
            await self._start(draft, timer, Start.from_json(timer.start))
            return draft
        session = draft.sessions.get(timer.session_id)
        flow = await self._flow_of(draft, session) if session else None
        if session is None or flow is None:
            draft.event("timer_ignored", timer=timer.id, reason="the session is over")
            return draft
        if draft.conversation.status == "human":
            sessions.hold_back(draft, session, timer.id)
            return draft
        if session.status != "active":
            busy = await self._unexpired(draft)
            if busy is not None and busy.id != session.id:
                sessions.hold_back(draft, session, timer.id)
                return draft
            session = draft.sessions[session.id]
        facts = await self._asked(draft, self._facts(draft), session, flow)
        if not await self._run(draft, flow, session, TimerFired(timer.id), facts):
            sessions.retry_timer(draft, session, timer.id)
        return draft

    async def _start(self, draft: Draft, timer: Timer, asked: Start) -> None:
        """Starts a flow that was asked for from outside, or says why not, or puts it off."""
        flow = draft.edition.flows.get(asked.flow)
        refused = starts.refusal(draft, asked, flow)
        if flow is None or refused:
            starts.not_started(draft, timer, asked, refused or "")
            return
        active = await self._unexpired(draft)
        talking = await self._flows.version(active.flow, active.version) if active else None
        facts = await self._asked(draft, self._facts(draft), active, talking)
        trigger = starts.entry(flow, asked, facts)
        if trigger is None:
            starts.not_started(draft, timer, asked, "the condition of its trigger does not hold")
        elif active and (active.flow == flow.name or not trigger.interrupt):
            starts.put_off(draft, timer, asked, f"the flow {active.flow!r} is under way")
        else:
            if draft.conversation.status == "closed":
                draft.conversation = replace(draft.conversation, status="bot")
                draft.event("conversation_reopened")
            if not await self._begin(draft, flow, asked.trigger, facts, active, slots=asked.slots):
                starts.put_off(draft, timer, asked, "its first action failed")

    def given_up(self, work: Work, cause: Message | Timer, reason: str) -> Draft:
        """The turn of a message or timer that a defect of ours keeps from being handled.

        Nothing moves; the log says why, and who wrote hears an apology.
        """
        draft = self._draft(work, cause.conversation_id, cause.id)
        if isinstance(cause, Message):
            draft.claims_message = cause.id
            draft.event("message_received", text=cause.text, channel=draft.conversation.channel)
            if keyword_of(cause) == "stop":
                self._consent.opt_out(draft, cause, "keyword")
            elif draft.conversation.status != "human" and not draft.contact.opted_out:
                draft.say(APOLOGY)
        else:
            draft.claims_timer = cause.id
        draft.event("turn_failed", reason=reason)
        return draft

    async def _read(self, draft: Draft, text: str) -> Parse:
        """What the message means, by itself and as an answer to what was asked."""
        asked: frozenset[str] = frozenset()
        session = sessions.active(draft)
        flow = await self._flows.version(session.flow, session.version) if session else None
        if session and flow and not sessions.expired(session, flow, draft.now):
            asked = self._intents_asked(flow, session.state)
        contact = draft.contact
        return self._reader.parse(text, contact.language, asked=asked, now=contact.local(draft.now))

    def _intents_asked(self, flow: Flow, state: str) -> frozenset[str]:
        key = (flow.version, state)
        if key not in self._answers:
            if len(self._answers) >= STATES_KEPT:
                self._answers.clear()
            self._answers[key] = intents_asked(flow, state)
        return self._answers[key]

    # answering

    async def _answer(self, draft: Draft, message: Message, text: str, parse: Parse) -> None:
        active = await self._unexpired(draft)
        flow = await self._flow_of(draft, active) if active else None
        if active and flow is None:
            active = None
        facts = with_content(self._facts(draft, text=text, parse=parse), message)
        facts = await self._asked(draft, facts, active, flow)
        first = message.created_at <= draft.conversation.created_at
        chosen = route(facts, active, flow, draft.edition.flows, self._bot.default_flow, first)
        if chosen is None:
            self._nobody(draft, facts)
        elif isinstance(chosen, Begin):
            # What the other flow had asked is no question of this one.
            facts = replace(facts, parse=replace(parse, asked=(), asked_share=0.0))
            await self._begin(draft, chosen.flow, chosen.trigger, facts, chosen.interrupts)
        elif flow is not None:
            await self._run(draft, flow, chosen.session, MessageReceived(), facts)

    def _nobody(self, draft: Draft, facts: Facts) -> None:
        draft.event("nobody_answered")
        self._respond(draft, "utter_default", facts)

    def _respond(self, draft: Draft, name: str, facts: Facts, **content: Any) -> None:
        """Says a response of the domain outside any flow, where there is one of that name."""
        message = respond(name, facts)
        if message:
            draft.send(message, **content)

    def _respond_to(self, draft: Draft, name: str, text: str, **content: Any) -> None:
        self._respond(draft, name, self._facts(draft, text=text), **content)

    async def _begin(
        self, draft: Draft, flow: Flow, trigger: str, facts: Facts, interrupts: Session | None = None,
        depth: int = 1, slots: Mapping[str, Any] | None = None,
    ) -> bool:  # fmt: skip
        """Starts a flow; False where its first action failed, and nothing of it is kept."""
        session = start(flow, self._ids.new(), draft.conversation.id, draft.contact.id, draft.now)
        undo = draft.checkpoint()
        if interrupts:
            sessions.make_room(draft, FLOWS_WAITING)
            draft.about(interrupts)
            draft.put(replace(interrupts, status="suspended"))
            draft.event("session_suspended", by=flow.name)
        if slots:
            session, facts = _given(draft, flow, session, facts, slots)
        if interrupts or depth > 1:
            # What was asked before was asked for another session's state.
            facts = await self._asked(draft, facts, session, flow)
        written, spoken = len(draft.events), len(draft.messages)
        begun = await self._run(draft, flow, session, FlowStarted(trigger), facts, depth)
        if not begun:
            failed, apologies = draft.events[written:], draft.messages[spoken:]
            undo()
            draft.events.extend(failed)
            draft.messages.extend(apologies)
        return begun

    async def _run(
        self, draft: Draft, flow: Flow, session: Session, event: Event, facts: Facts, depth: int = 1
    ) -> bool:
        """Advances a session to where it waits; False where an action failed and nothing moved."""
        undo = draft.checkpoint()
        moved = await self._advanced(draft, flow, session, event, facts)
        if isinstance(moved, ActionFailed):
            undo()
            record = Record("action_failed", {"name": moved.action, "reason": moved.reason})
            turn = apologise(flow, session, facts, record, draft.now)
            silent = draft.claims_timer is not None
            draft.apply(turn.commands[:1] if silent else turn.commands, turn.session)
            if not isinstance(event, FlowStarted):
                draft.put(turn.session)
            return False
        draft.put(moved)
        await self._go_on(draft, moved, facts, depth)
        return True

    async def _advanced(
        self, draft: Draft, flow: Flow, session: Session, event: Event, facts: Facts
    ) -> Session | ActionFailed:
        """Advances until the session waits. The engine itself limits how often actions are called."""
        turn_key, undisturbed = facts.key, session
        turn = advance(flow, session, event, facts, draft.now)
        for step in itertools.count(1):
            draft.apply(turn.commands, turn.session)
            call = turn.call
            if call is None:
                break
            # With its name: a turn that is made again may go another way than before.
            key = f"{turn_key}:{step}:{call.name}"
            try:
                returned = await self._calls.make(draft, turn.session, call, facts, key)
            except ActionFailed as failure:
                self._meter.action("failed")
                return failure
            self._meter.action("answered")
            facts = _as_changed(facts, draft, key)
            if turn.session.pause and turn.session.pause.reply_ahead:
                facts = self._as_answered(facts, returned, draft)
            turn = advance(flow, turn.session, returned, facts, draft.now)
        if invariant := broken(flow, turn.session, _as_changed(facts, draft, facts.key), draft.now):
            reason = f"the invariant {invariant.name!r} of {undisturbed.flow!r} would not hold"
            return ActionFailed(invariant.name, reason)
        return turn.session

    def _as_answered(self, facts: Facts, returned: ActionReturned, draft: Draft) -> Facts:
        """A processor of a `post` may say what the reply is to be read as."""
        text = next((e.get("text") for e in returned.events if e.get("event") == "answer"), None)
        if not isinstance(text, str) or text == facts.text:
            return facts
        asked = frozenset(intent.name for intent in facts.parse.asked)
        now = draft.contact.local(draft.now)
        parse = self._reader.parse(text, draft.contact.language, asked=asked, now=now)
        return replace(facts, text=text, parse=parse)

    async def _go_on(self, draft: Draft, session: Session, facts: Facts, depth: int) -> None:
        """Starts the flow that a step asked for; else what was interrupted is active again."""
        wanted, draft.start_next = draft.start_next, None
        if wanted:
            flow = draft.edition.flows.get(wanted)
            refused = self._too_many(draft, depth) if flow else "there is no such flow"
            if flow is None or refused:
                draft.event("flow_not_started", flow=wanted, reason=refused)
            else:
                known = _as_changed(facts, draft, f"{facts.key}/{depth}")
                if await self._begin(draft, flow, "start", known, depth=depth + 1):
                    return
        over = session.status in ("ended", "dormant") or session.visit
        if over and sessions.active(draft) is None and (resumed := sessions.resume(draft)):
            draft.put(replace(resumed, touched_at=draft.now))
            if resumed.visit:
                await self._return(draft, draft.sessions[resumed.id], session, facts, depth)

    async def _return(
        self, draft: Draft, session: Session, ended: Session, facts: Facts, depth: int
    ) -> None:
        """Goes on with a session that waited for the end of another flow."""
        flow = await self._flow_of(draft, session)
        if flow is None or session.visit is None:
            return
        # Another flow may have ended, where the visited one had expired behind it.
        visited = ended.id != session.id and ended.flow == session.visit.flow
        reason = (ended.ended_because or "completed") if visited else "not_returned"
        event = FlowReturned(session.visit.flow, reason, ended.slots if visited else {})
        known = _as_changed(facts, draft, f"{facts.key}/r{depth}")
        known = await self._asked(draft, known, session, flow)
        draft.about(session)
        await self._run(draft, flow, session, event, known, depth + 1)

    def _too_many(self, draft: Draft, depth: int) -> str:
        """Why no further flow is started now; nothing where one may be."""
        if depth >= FLOWS_PER_TURN:
            return "too many flows in one turn"
        too_many = len(sessions.suspended(draft)) > FLOWS_WAITING
        return "too many flows wait for each other" if too_many else ""

    # sessions

    def _draft(self, work: Work, conversation_id: str, turn_id: str) -> Draft:
        return Draft(
            ids=self._ids,
            turn_id=turn_id,
            now=self._clock.now(),
            contact=work.contact,
            conversation=starts.thread_of(work, conversation_id),
            sessions={session.id: session for session in work.sessions},
            conversation_key=self._conversation_key,
            edition=self._flows.edition,
        )

    async def _unexpired(self, draft: Draft) -> Session | None:
        """The active session; one that was silent for too long ends, and the message starts afresh.

        What it had interrupted goes on, where that is not over for the same reason.
        """
        while session := sessions.active(draft) or sessions.resume(draft):
            flow = await self._flow_of(draft, session)
            if flow is None:
                continue
            if not sessions.expired(session, flow, draft.now):
                draft.about(None)
                return session
            sessions.end(draft, session, "expired")
        return None

    async def _flow_of(self, draft: Draft, session: Session) -> Flow | None:
        """The flow in the session's version; a session that cannot go on ends politely."""
        flow = await self._flows.version(session.flow, session.version)
        if flow is not None and session.state in flow.states:
            return flow
        self.end_gone(draft, session)
        return None

    def change_of(self, work: Work, session: Session) -> Draft:
        """A draft of what neither a message nor a timer causes, in the session's conversation."""
        return self._draft(work, session.conversation_id, self._ids.new())

    def end_gone(self, draft: Draft, session: Session) -> None:
        """Ends a session whose state, or whose flow in this version, is no longer there.

        Who was in the middle of it hears so, once; a timer is silent.
        """
        told_already = any(e.data.get("reason") == GONE for e in draft.events)
        sessions.end(draft, session, GONE)
        away = draft.contact.opted_out or draft.conversation.status == "human"
        if session.status == "active" and not (told_already or away or draft.claims_timer):
            told = respond("utter_flow_gone", self._facts(draft))
            draft.send(told or SendMessage(text=FLOW_GONE), session.id)

    # facts and actions

    def _facts(self, draft: Draft, text: str = "", parse: Parse = NOTHING_READ) -> Facts:
        return Facts(
            key=draft.turn_id,
            text=text,
            parse=parse,
            has_message=draft.claims_message is not None,
            fields=draft.contact.fields,
            tags=draft.contact.tags,
            responses=self._bot.responses,
            actions=self._bot.actions,
            channel=draft.conversation.channel,
            language=draft.contact.language,
            shared=draft.edition.shared,
            seen=self.seen,
        )

    async def _asked(
        self, draft: Draft, facts: Facts, session: Session | None, flow: Flow | None
    ) -> Facts:
        """The facts with the answers of the Python conditions that this turn may meet."""
        names = self._questions_for(draft.edition, session, flow)
        if not names:
            return facts
        shown = await self._trackers.of(draft, session, facts)
        try:
            answers = await self._runner.ask(sorted(names), shown)
        except ActionFailed as failure:
            draft.event("condition_failed", name=failure.action, reason=failure.reason)
            return facts
        return replace(facts, answers=answers)

    def _questions_for(
        self, edition: Edition, session: Session | None, flow: Flow | None
    ) -> frozenset[str]:
        if not self._bot.conditions:
            return frozenset()
        if edition is not self._questions_of:
            # Triggers of all current flows are among them.
            self._questions, self._questions_of = {}, edition
        key = (flow.version, session.state) if session and flow else ("", "")
        if key not in self._questions:
            ahead: list[Condition] = []
            if session and flow:
                ahead.extend(conditions_ahead(flow, session.state))
            for current in edition.flows.values():
                ahead.extend(trigger.when for trigger in current.triggers)
                if not session:
                    ahead.append(current.states[current.initial].condition)
                    ahead.extend(conditions_ahead(current, current.initial))
            self._questions[key] = questions(ahead, self._bot.conditions)
        return self._questions[key]

    def _note_profile(self, draft: Draft, message: Message) -> None:
        name = message.content.get("profile_name")
        if name and "profile_name" not in draft.contact.fields:
            fields = {**draft.contact.fields, "profile_name": name}
            draft.contact = replace(draft.contact, fields=fields)


def _as_changed(facts: Facts, draft: Draft, key: str) -> Facts:
    """The facts as the turn has changed them so far; ids that are made from now on have the key."""
    contact = draft.contact
    return replace(
        facts, key=key, fields=contact.fields, tags=contact.tags, language=contact.language
    )


def _given(
    draft: Draft, flow: Flow, session: Session, facts: Facts, slots: Mapping[str, Any]
) -> tuple[Session, Facts]:
    """A session that begins with these slots; those of the contact change the contact."""
    good, bad = starts.fitting(flow, slots)
    commands = tuple(SetSlot(name, good[name], flow.slots[name].scope) for name in sorted(good))
    draft.apply(commands, session)
    for name, kind in sorted(bad.items()):
        draft.event("slot_refused", slot=name, expected=kind)
    own = {it.name: it.value for it in commands if it.scope == "session"}
    begun = replace(session, slots={**session.slots, **own})
    return begun, _as_changed(facts, draft, facts.key)
