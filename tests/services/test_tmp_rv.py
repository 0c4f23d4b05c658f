from typing import Any
from bot.domain.actions import ActionFailed, ActionResult
from bot.services.sessions import BUSY_SECONDS
from tests.services.world import Reader, Runner, World, flow, say, texts
ANY = "get_smth_from_user"
TALK = flow(say("Q", states=[say("R", condition=ANY)]), keyword="talk", triggers=[])

async def test_held_twice():
    nudge = flow(say("A", timeout={"after": "10m", "enter": [{"say": "there?"}], "times": 50, "goto": "Z"}, states=[say("B", condition=ANY)]), say("Z"), keyword="go", expires_after="30d")
    talk = flow(say("Q", states=[say("R", condition=ANY)]), triggers=[{"keyword": ["talk"], "interrupt": True}], expires_after="10h")
    world = await World().open(go=nudge, talk=talk)
    await world.says("go")
    await world.says("talk")
    await world.passes(BUSY_SECONDS + 601, 3)
    await world.says("bye")
    await world.passes(BUSY_SECONDS + 601, 3)
    print(world.provider.texts, [t.id for s in await world.sessions() for t in s.timers])
    await world.says("talk")
    await world.passes(BUSY_SECONDS + 601, 3)
    await world.says("bye")
    await world.passes(2*BUSY_SECONDS, 4)
    print(world.provider.texts, [t.id for s in await world.sessions() for t in s.timers])
    print(await world.events("turn_failed"))

async def test_return_conditions():
    order = flow({"name": "O", "pass": True, "enter": [{"start": "part", "return": True}], "states": [say("YES", condition="is_x"), say("NO", condition=ANY)]}, keyword="go")
    part = flow({"name": "P", "enter": [{"say": "?"}], "collect": {"slot": "street", "type": "text"}})
    world = await World(runner=Runner(answers={"is_x": True})).open(order=order, part=part)
    print(await world.says("go"), await world.says("elm"), world.runner.asked)

async def test_pile():
    a = flow(say("A", states=[say("A2", condition="never")]), triggers=[{"keyword": ["a"], "interrupt": True}])
    b = flow(say("B", states=[say("B2", condition="never")]), triggers=[{"keyword": ["b"], "interrupt": True}])
    world = await World().open(a=a, b=b)
    for _ in range(15):
        await world.says("a"); await world.says("b")
    print(len([s for s in await world.sessions() if s.status != "ended"]))

async def test_pre_str():
    f = flow(say("A", states=[{"name": "B", "pass": True, "pre": ["p"], "condition": ANY, "enter": [{"say": "b"}], "states": [say("C", condition={"text": True, "value": "hi"}), say("D", condition={"text": True, "value": "changed"})]}]), keyword="go")
    world = await World(runner=Runner({"p": [ActionResult(events=({"event": "answer", "text": "changed"},))]})).open(f=f)
    await world.says("go")
    print(await world.says("hi"))

async def test_post_wait():
    f = flow(say("A", post=[{"call": "x", "error": [{"say": "hold on"}, {"wait": "10m"}, {"say": "back"}]}], collect={"slot": "n", "type": "number", "error": "digits"}, states=[say("C", "got {n}")]), keyword="go")
    world = await World().open(f=f)
    await world.says("go")
    print(await world.says("5"))
    await world.passes(700)
    print(world.provider.texts, [(s.state, s.attempts) for s in await world.sessions()])

async def test_post_visit():
    part = flow({"name": "P", "enter": [{"say": "?"}], "collect": {"slot": "street", "type": "text"}})
    f = flow(say("A", post=[{"call": "x", "error": [{"start": "part", "return": True}]}], collect={"slot": "n", "type": "text", "ask": "n?", "error": "digits"}, states=[say("C", "got {n}")]), keyword="go")
    world = await World().open(f=f, part=part)
    await world.says("go")
    print(await world.says("5"), await world.says("elm"))
