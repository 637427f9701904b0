"""How a plain function becomes a step of a flow: told in the log, shown by Prefect, never cached by it."""

import functools
import logging
from collections.abc import Callable
from time import perf_counter
from typing import ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

P = ParamSpec("P")
R = TypeVar("R")
LOG = logging.getLogger("baokuan.steps")


def step(function: Callable[P, R]) -> Callable[P, R]:
    """The function as a Prefect task of the same name; frames pass through it unhashed and unkept."""
    title = function.__name__.replace("_", " ").strip()

    @functools.wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        LOG.info("%s …", title)
        begin = perf_counter()
        result = function(*args, **kwargs)
        LOG.info("%s: %.1f s", title, perf_counter() - begin)
        return result

    return task(name=title, cache_policy=NO_CACHE, persist_result=False)(told)
