"""Takes a new release into service while it runs: loaded beside the old one, then switched to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from clustergraph import snapshot
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.errors import ClustergraphError, ReleaseUnavailable, UnusableInput
from clustergraph.library.query import load_queries
from clustergraph.service.editions import Edition, Editions, make_edition
from clustergraph.service.responses import LOG
from clustergraph.settings import Settings
from clustergraph.snapshot import Release


class ReleaseWatch:
    """Looks for a new current release and switches to it.

    `dataset_of` gives the dataset of a release, `switch` has the engine ask it from then on and raises where
    it cannot be loaded; then the old release stays, and the reason is logged once.
    """

    def __init__(
        self,
        editions: Editions,
        settings: Settings,
        *,
        dataset_of: Callable[[Release], DatasetSpec],
        switch: Callable[[DatasetSpec], Awaitable[None]],
    ) -> None:
        self._editions = editions
        self._settings = settings
        self._dataset_of = dataset_of
        self._switch = switch
        self._refused: int | None = None

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await asyncio.sleep(self._settings.release_check_seconds)
            await self.look()

    async def look(self) -> bool:
        """Switch to the current release if it is another than the one served; whether it was switched to."""
        served = self._editions.current.release
        number = None
        try:
            number = await asyncio.to_thread(snapshot.current_number, self._settings.home)
            if number is None or number == self._refused:
                return False
            if served is not None and number == served.manifest.release:
                return False
            edition, dataset = await asyncio.to_thread(self._prepare)
            await self._switch(dataset)
        except (ReleaseUnavailable, UnusableInput) as error:
            self._refused = number
            LOG.error("Release %s cannot be served; the one before stays. %s", number, error)
            return False
        except ClustergraphError as error:
            # Not the release's fault, so it is tried again at the next look.
            LOG.error("Release %s could not be loaded; the one before stays for now. %s", number, error)
            return False
        self._editions.current = edition
        self._refused = None
        LOG.info("Release %s is served now.", number)
        return True

    def _prepare(self) -> tuple[Edition, DatasetSpec]:
        release = snapshot.current_release(self._settings.home)
        if release is None:
            raise ReleaseUnavailable("There is no release any more.")
        queries = load_queries(release.directory / "queries")
        return make_edition(release, queries, self._settings), self._dataset_of(release)
