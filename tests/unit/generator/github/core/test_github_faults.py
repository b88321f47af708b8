"""Which fault a request is to have."""

from __future__ import annotations

from generator.github.core.faults import Fault, FaultPlan


def test_faults_strike_in_the_order_they_were_added() -> None:
    plan = FaultPlan()
    plan.add(Fault(path="/a/*", status=500, times=1))
    plan.add(Fault(path="*", status=502))
    faults = [plan.take("GET", path) for path in ("/a/b", "/a/b", "/c")]
    assert [fault.status if fault else None for fault in faults] == [500, 502, 502]
    plan.clear()
    assert plan.take("GET", "/c") is None
