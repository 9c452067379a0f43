"""One dataset's workers: the crew that has them, and those that are free."""

from __future__ import annotations

from collections.abc import Callable

from clustergraph.engine.channel import Zygotes
from clustergraph.engine.crew import Crew
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.link import WorkerLink
from clustergraph.engine.wire import Limits


class Pool:
    """The workers over one dataset.

    `on_free` is called for each worker that can take a query and `on_end` where the zygote has gone, both
    with the pool.
    """

    def __init__(
        self,
        dataset: DatasetSpec,
        zygotes: Zygotes,
        *,
        on_free: Callable[[Pool, WorkerLink], None],
        on_end: Callable[[Pool], None],
    ) -> None:
        self.dataset = dataset
        self.idle: list[WorkerLink] = []
        self._on_free = on_free
        self.crew = Crew(zygotes=zygotes, on_free=self._free, on_end=lambda _: on_end(self))

    async def start(self, limits: Limits, size: int) -> None:
        """Load the dataset and have `size` workers; raises what `Zygotes.open` raises."""
        await self.crew.start(self.dataset, limits, size)

    @property
    def identity(self) -> str:
        """What equal answers mean here: the dataset, as it was loaded this time."""
        return f"{self.dataset.identity} {self.crew.load}"

    def take(self) -> WorkerLink | None:
        """A free worker, or None."""
        while self.idle:
            # The last to answer first: what it touched is still in the processor's caches.
            link = self.idle.pop()
            if link.usable:
                return link
        return None

    def _free(self, link: WorkerLink) -> None:
        link.dataset = self.identity
        self._on_free(self, link)
