"""The engine that the service asks: with the other services that the operator lets queries reach, if any."""

from __future__ import annotations

from clustergraph.egress import Egress, EgressPolicy
from clustergraph.engine.base import Engine
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.engine.federated import FederatedEngine, FederationLimits
from clustergraph.settings import Settings


def federated(engine: EmbeddedEngine, settings: Settings) -> Engine:
    """The engine itself where no origin may be reached by SERVICE, else one that fetches from those.

    Raises EgressRefused where an entry of `service_origins` is no origin.
    """
    if not settings.service_origins:
        return engine
    origins = frozenset(settings.service_origins)
    policy = EgressPolicy(
        origins=origins,
        private_addresses=settings.service_private_addresses,
        seconds=settings.service_seconds,
    )
    return FederatedEngine(
        engine,
        origins=origins,
        egress=Egress(policy),
        deadline_seconds=settings.query_deadline_seconds,
        limits=FederationLimits(call_seconds=settings.service_seconds),
        ask=engine.answer,
    )
