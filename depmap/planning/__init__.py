"""From dependencies to an order of deployment: phases, waves, gates, and the way back."""

from __future__ import annotations

from depmap.planning.plan import make_plan
from depmap.planning.policy import POLICY, Policy, Rule
from depmap.planning.subset import plan_subset

__all__ = ["POLICY", "Policy", "Rule", "make_plan", "plan_subset"]
