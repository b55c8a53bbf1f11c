"""From the command line's words to the gateways to work on, and doing so for all of them at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from .gateway import Job
from .intent.load import load_intent
from .intent.problems import did_you_mean
from .p4runtime.connection import Connection
from .p4runtime.errors import GatewayError
from .p4runtime.pipeline import Pipeline, load_pipeline

T = TypeVar("T")


class BadChoice(Exception):
    """A --gateway that fits no gateway of the intent."""


def make_jobs(intent_path: str, chosen: Iterable[str], pipeline: str | None, want_pipeline: bool = True) -> list[Job]:
    """The gateways of an intent, or those `chosen`: NAME, HOST:PORT (if there is one gateway), or NAME=HOST:PORT.

    Raises IntentError, BadChoice, and NoPipeline for a pipeline that cannot be read.
    """
    intent = load_intent(intent_path)
    addresses = choose({name: gateway.p4runtime for name, gateway in intent.gateways.items()}, chosen)
    loaded: dict[str, Pipeline] = {}
    jobs = []
    for name, address in addresses.items():
        gateway = intent.gateways[name]
        named = pipeline
        if named is None and gateway.pipeline is not None:
            named = str(Path(intent_path).parent / gateway.pipeline)  # as written: relative to the intent file
        if named is not None and want_pipeline and named not in loaded:
            loaded[named] = load_pipeline(named)
        jobs.append(Job(name, gateway, address, intent, loaded.get(named or "")))
    return jobs


def choose(known: dict[str, str], chosen: Iterable[str]) -> dict[str, str]:
    """Gateway name -> address, after the options. `known`: the intent's."""
    result: dict[str, str] = {}
    for text in chosen:
        name, equals, address = text.partition("=")
        if not equals and ":" in text:
            if len(known) != 1:
                raise BadChoice(f"{text!r} could be any of {', '.join(known)}. Write NAME={text}.")
            name, address = next(iter(known)), text
        if name not in known:
            raise BadChoice(f"the intent has no gateway {name!r}. {did_you_mean(name, known)}")
        result[name] = address or known[name]
    return result or dict(known)


def for_each(jobs: list[Job], work: Callable[[Connection, Job], T]) -> dict[str, T | GatewayError]:
    """Do the work on all gateways at once; what each gave, or how it failed, in the order of the jobs.

    Daemon threads, so that Ctrl-C ends the command at once: a run may be cut off anywhere.
    """
    results: dict[str, T | GatewayError] = {}
    crashed: list[BaseException] = []

    def one(job: Job) -> None:
        try:
            with Connection(job.address, job.gateway.device_id) as connection:
                results[job.name] = work(connection, job)
        except GatewayError as error:
            results[job.name] = error
        except BaseException as error:
            crashed.append(error)

    threads = [threading.Thread(target=one, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if crashed:
        raise crashed[0]
    return {job.name: results[job.name] for job in jobs}
