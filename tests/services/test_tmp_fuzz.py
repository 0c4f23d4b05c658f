import asyncio, json
from typing import Any
from hypothesis import given, settings, HealthCheck, strategies as st, assume
from bot.domain.actions import ActionFailed, ActionResult
from bot.engine.findings import DefinitionInvalid
from bot.engine.reader import read_flow
from tests.engine import strategies
from tests.services.world import *
from tests.engine.test_random import _returned

def res(r): return ActionResult(tuple(e for e in r.events if isinstance(e, dict)), tuple(e for e in r.responses if isinstance(e, dict)))

starter = st.sampled_from(["a","b","c"])
def retarget(v, names, i=[0]):
    if isinstance(v, dict):
        out={k: retarget(x,names) for k,x in v.items()}
        if isinstance(out.get("start"), str):
            out["start"]=names[len(json.dumps(v))%3]
        return out
    if isinstance(v, list): return [retarget(x,names) for x in v]
    return v

def has(d):
    try: read_flow(d,"a"); return True
    except DefinitionInvalid: return False

docs = strategies.documents.filter(has)

@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(st.lists(docs,min_size=3,max_size=3), st.lists(st.one_of(st.sampled_from(["a","b","c","one","two","yes","12"]), st.sampled_from([10.0,1000.0,4000.0,90000.0])),min_size=1,max_size=14), st.lists(st.one_of(_returned().map(res), st.just(ActionFailed("work","no"))),min_size=1,max_size=6), st.booleans())
def test_fuzz(ds, moves, rets, remote):
    async def go():
        flows={}
        for n,d in zip("abc", ds):
            if isinstance(d, list): d={"states": d}
            d=retarget(d,"abc")
            d={**d,"triggers":[*d.get("triggers",()),{"keyword":[n],"interrupt":True}]}
            flows[n]=d
        for n,d in flows.items():
            try: read_flow(d,n)
            except DefinitionInvalid: return
        runner=Runner({n:list(rets) for n in ["work","look_up","tidy","lookup"]}, answers={"is_open":True}, remote=remote)
        reader=Reader({"yes":("affirm",1.0)})
        w=await World(runner=runner, reader=reader).open(**flows)
        for m in moves:
            if isinstance(m,str): await w.says(m)
            else: await w.passes(m,3)
            ss=await w.sessions()
            assert sum(s.status=="active" for s in ss)<=1, [ (s.flow,s.status) for s in ss]
            for s in ss:
                assert s.pause is None
                j=json.dumps(s.to_json())
                assert len(j)<200000
                for t in s.timers: assert len(t.id)<250, t.id
            assert sum(s.status=="suspended" for s in ss)<=12
        bad=await w.events("turn_failed")
        assert not bad, [e.data for e in bad]
    asyncio.run(go())
