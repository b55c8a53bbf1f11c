"""`p4gate plan | apply | status | verify`.

Exit codes, the same for all: 0 done; 1 verify found differences; 2 wrong usage, or (plan --detailed-exitcode) there
are changes; 3 the intent is wrong; 4 a gateway cannot be reached, has another controller or another program; 5 a table
is too small or the switch refused a write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

import click

from .gateway import Job, Outcome, Survey, apply, survey
from .intent.problems import IntentError
from .jobs import BadChoice, for_each, make_jobs
from .p4runtime.connection import Connection
from .p4runtime.errors import GatewayError
from .progress import Progress
from .report import plan_lines, survey_json, verify_lines
from .status import Status, status, status_lines

T = TypeVar("T")
Results = dict[str, T | GatewayError]
_Command = TypeVar("_Command", bound=Callable[..., None])

_EXIT_CODES = """\b
Exit codes: 0 done, 1 verify found differences, 2 wrong usage or (plan --detailed-exitcode) changes,
3 the intent is wrong, 4 gateway unreachable or not ours to write, 5 table full or write refused."""


def _options(command: _Command) -> _Command:
    """The options that all verbs have."""
    for option in (
        click.argument("intent", type=click.Path(dir_okay=False)),
        click.option(
            "--gateway",
            "gateways",
            multiple=True,
            metavar="NAME|HOST:PORT",
            help="Only this gateway; or where its P4Runtime server listens (NAME=HOST:PORT if there are several).",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    ):
        command = option(command)
    return command


def _pipeline(command: _Command) -> _Command:
    help_text = "The compiled gateway: NAME.json with NAME.p4info.txtpb beside it, or their folder."
    return click.option("--pipeline", metavar="PATH", help=help_text)(command)


def _errors_told(command: Callable[..., None]) -> Callable[..., None]:
    """Turn what the intent or the options got wrong into a message and an exit code."""

    @wraps(command)
    def told(*args: Any, as_json: bool, **options: Any) -> None:
        try:
            command(*args, as_json=as_json, **options)
        except BadChoice as error:
            raise click.UsageError(f"--gateway: {error}") from None
        except IntentError as error:
            if as_json:
                problems = [
                    {"line": p.line, "column": p.column, "path": list(p.path), "message": p.message}
                    for p in error.located
                ]
                click.echo(json.dumps({"ok": False, "error": {"file": error.file, "problems": problems}}, indent=2))
            else:
                click.echo(str(error), err=True)
            raise SystemExit(3) from None
        except GatewayError as error:
            if as_json:
                click.echo(json.dumps({"ok": False, "error": {"code": error.code, "message": str(error)}}, indent=2))
            else:
                click.echo(str(error), err=True)
            raise SystemExit(error.code) from None

    return told


@click.command(epilog=_EXIT_CODES)
@_options
@_pipeline
@click.option("--all", "everything", is_flag=True, help="Show every entry.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@_errors_told
def plan_command(
    intent: str,
    gateways: tuple[str, ...],
    pipeline: str | None,
    as_json: bool,
    everything: bool,
    detailed_exitcode: bool,
) -> None:
    """Show what apply would write to the gateways of INTENT: + insert, ~ modify, - delete.

    \b
    What would change, and the same for a script that asks whether anything would:
      p4gate plan examples/two_vpcs.yaml
      p4gate plan examples/two_vpcs.yaml --detailed-exitcode --json
    """
    jobs = make_jobs(intent, gateways, pipeline)
    results = for_each(jobs, survey)
    _show_surveys(jobs, results, as_json, lambda job, found: plan_lines(job, found, everything))
    _exit_on_errors(results)
    if detailed_exitcode and not all(found.same for found in _good(results)):
        raise SystemExit(2)


@click.command(epilog=_EXIT_CODES)
@_options
@_pipeline
@click.option("--dry-run", is_flag=True, help="Only show what would be written (as plan does).")
@click.option(
    "--election-id",
    type=click.IntRange(1, (1 << 128) - 1),
    default=1,
    metavar="N",
    help="The highest one may write. Default: 1, or what nobody holds any more.",
)
@_errors_told
def apply_command(
    intent: str, gateways: tuple[str, ...], pipeline: str | None, as_json: bool, dry_run: bool, election_id: int
) -> None:
    """Bring the gateways to the state that INTENT asks for, and verify it by read-back.

    Writes only the difference. If it is interrupted, run it again: it goes on from what the switch holds.

    \b
    The first time, with the compiled gateway; later only what differs is written:
      p4gate apply examples/two_vpcs.yaml --pipeline build/
      p4gate apply examples/two_vpcs.yaml
    To a switch that listens elsewhere than the intent says:
      p4gate apply examples/two_vpcs.yaml --gateway 127.0.0.1:9560
    """
    jobs = make_jobs(intent, gateways, pipeline)
    if dry_run:
        surveys = for_each(jobs, survey)
        _show_surveys(jobs, surveys, as_json, lambda job, found: plan_lines(job, found, everything=False))
        _exit_on_errors(surveys)
        return
    with Progress(quiet=as_json) as progress:

        def work(connection: Connection, job: Job) -> Outcome:
            return apply(connection, job, election_id, progress.of(job.name))

        results = for_each(jobs, work)
    if as_json:
        _echo_json(jobs, results, lambda _, outcome: _outcome_json(outcome))
    else:
        _echo_lines(jobs, results, lambda job, outcome: [_outcome_line(job, outcome)])
    _exit_on_errors(results)


@click.command(epilog=_EXIT_CODES)
@_options
@_pipeline
@click.option("--all", "everything", is_flag=True, help="Show every difference.")
@_errors_told
def verify_command(
    intent: str, gateways: tuple[str, ...], pipeline: str | None, as_json: bool, everything: bool
) -> None:
    """Compare what the gateways hold with INTENT; exit with 1 if it differs.

    \b
    p4gate verify examples/two_vpcs.yaml
    """
    jobs = make_jobs(intent, gateways, pipeline)
    results = for_each(jobs, survey)
    _show_surveys(jobs, results, as_json, lambda job, found: verify_lines(job, found, everything))
    _exit_on_errors(results)
    if not all(found.same for found in _good(results)):
        raise SystemExit(1)


@click.command(epilog=_EXIT_CODES)
@_options
@_errors_told
def status_command(intent: str, gateways: tuple[str, ...], as_json: bool) -> None:
    """Show the gateways' pipeline, tables, tenants' counters and drops by reason.

    \b
    p4gate status examples/two_vpcs.yaml
    p4gate status examples/two_vpcs.yaml --json
    """
    jobs = make_jobs(intent, gateways, None, want_pipeline=False)

    def work(connection: Connection, job: Job) -> Status:
        tenants = {vni: name for name, vni in job.vnis().items()}
        hosts = {int(host.ip): name for name, host in job.intent.hosts.items()}
        return status(connection, tenants, hosts)

    results = for_each(jobs, work)
    if as_json:
        _echo_json(jobs, results, lambda _, found: found.as_json())
    else:
        _echo_lines(jobs, results, lambda job, found: status_lines(job.name, found))
    _exit_on_errors(results)


def _show_surveys(
    jobs: list[Job], results: Results[Survey], as_json: bool, lines: Callable[[Job, Survey], Iterable[str]]
) -> None:
    if as_json:
        _echo_json(jobs, results, survey_json)
    else:
        _echo_lines(jobs, results, lines)


def _echo_lines(jobs: list[Job], results: Results[T], lines: Callable[[Job, T], Iterable[str]]) -> None:
    for job in jobs:
        result = results[job.name]
        if isinstance(result, GatewayError):
            click.echo(f"{job.name}: {result}", err=True)
        else:
            click.echo("\n".join(lines(job, result)))


def _echo_json(jobs: list[Job], results: Results[T], to_json: Callable[[Job, T], dict[str, Any]]) -> None:
    gateways: dict[str, Any] = {}
    for job in jobs:
        result = results[job.name]
        if isinstance(result, GatewayError):
            gateways[job.name] = {"address": job.address, "error": {"code": result.code, "message": str(result)}}
        else:
            gateways[job.name] = to_json(job, result)
    ok = not any(isinstance(result, GatewayError) for result in results.values())
    click.echo(json.dumps({"ok": ok, "gateways": gateways}, indent=2))


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "pushed": outcome.pushed,
        "writes": outcome.writes,
        "entries": outcome.entries,
        "verified": True,
        "seconds": {phase: round(seconds, 3) for phase, seconds in outcome.seconds.items()},
    }


def _outcome_line(job: Job, outcome: Outcome) -> str:
    pushed = "pipeline pushed, " if outcome.pushed else ""
    if not outcome.writes:
        return f"{job.name} ({job.address}): {pushed}nothing to write, {outcome.entries} entries are as wanted"
    spent = outcome.seconds["write"]
    rate = f" ({outcome.writes / spent:,.0f}/s)" if outcome.writes >= 1000 else ""
    return (
        f"{job.name} ({job.address}): {pushed}{outcome.writes} writes in {spent:.2f} s{rate}; "
        f"{outcome.entries} entries verified by read-back"
    )


def _good(results: Results[T]) -> list[T]:
    return [result for result in results.values() if not isinstance(result, GatewayError)]


def _exit_on_errors(results: Results[T]) -> None:
    codes = [result.code for result in results.values() if isinstance(result, GatewayError)]
    if codes:
        raise SystemExit(max(codes))
    return
