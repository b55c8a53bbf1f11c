"""Bulk work without the cyclic garbage collector.

Building some hundred thousand small objects that all stay alive makes CPython's collector walk all of them again and
again: composing a YAML file of 65k VMs takes 6.6 s with it and 1.6 s without. Nothing built here is cyclic garbage.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Switch the cyclic collector off for the block; nests."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
