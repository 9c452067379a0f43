"""The dataset of a release as the settings would have it served."""

from __future__ import annotations

from collections.abc import Callable

from clustergraph.engine.dataset import DatasetSpec, dataset_of_release, placed
from clustergraph.settings import Settings
from clustergraph.snapshot import Release


def release_dataset(settings: Settings) -> Callable[[Release], DatasetSpec]:
    """What gives the dataset of a release, in memory or on disk by its size and by how workers start."""

    def dataset_of(release: Release) -> DatasetSpec:
        return placed(
            dataset_of_release(release),
            in_memory_mib=settings.in_memory_mib,
            home=settings.home,
            spawned=settings.workers_are_spawned,
        )

    return dataset_of
