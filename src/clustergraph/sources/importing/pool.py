"""One function over many inputs, in order, in this process or in several, with few of them under way."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from clustergraph.errors import StorageUnavailable

InT = TypeVar("InT")
OutT = TypeVar("OutT")

#: The function of a child, which it has from the fork: it need not be picklable.
_work: Callable[[Any], Any] | None = None


def evaluated(function: Callable[[InT], OutT], inputs: Iterable[InT], *, processes: int) -> Iterator[OutT]:
    """The outputs in the order of the inputs; no more inputs are taken than can be worked on soon.

    Raises StorageUnavailable when a child was killed, as systems do that run out of memory.
    """
    if processes < 2:
        yield from map(function, inputs)
        return
    with ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("fork"),
        initializer=_begin,
        initargs=(function,),
    ) as executor:
        under_way: deque[Future[OutT]] = deque()
        try:
            for each in inputs:
                under_way.append(executor.submit(_call, each))
                if len(under_way) >= processes * 2:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        except BrokenProcessPool as error:
            raise StorageUnavailable(
                "A process that reads rows was killed; the machine may be out of memory.",
                fix="Close other programs, then import again. Nothing was changed.",
            ) from error
        finally:
            executor.shutdown(wait=True, cancel_futures=True)


def _begin(function: Callable[[Any], Any]) -> None:
    global _work  # noqa: PLW0603 - what a child does is set once, as it starts
    _work = function


def _call(given: Any) -> Any:
    assert _work is not None  # noqa: S101 - set by the initialiser
    return _work(given)
