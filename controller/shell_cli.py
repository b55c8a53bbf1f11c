"""`p4gate shell`: p4runtime-shell, attached to a running switch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from .shell import MODULE, ShellError, install, interpreter


@click.command("shell", context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("address", metavar="[HOST:PORT]", default="127.0.0.1:9559")
@click.argument("rest", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS OF P4RUNTIME-SHELL]")
@click.option("--device-id", default=1, type=click.IntRange(min=1), help="The switch's device id.")
@click.option("--election-id", default="0,1", metavar="HIGH,LOW", help="Who has the highest may write.")
@click.option("--take-over", is_flag=True, help="The same as --election-id 1,0: become primary, whoever was it before.")
@click.option("--role", help="Take part in this role instead of the default one.")
@click.option(
    "--program",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.json",
    help="Load this program into the switch first; FILE.p4info.txtpb lies beside it.",
)
@click.option(
    "--install", "wants_install", is_flag=True, help="Install p4runtime-shell (from PyPI) and do nothing else."
)
def shell_command(
    address: str,
    rest: tuple[str, ...],
    device_id: int,
    election_id: str,
    take_over: bool,
    role: str | None,
    program: Path | None,
    wants_install: bool,
) -> None:
    """Talk to a switch in p4runtime-shell, an IPython shell for P4Runtime.

    It has an environment of its own, which --install makes once. Lines that are piped in are executed.

    \b
      p4gate shell --install
      p4gate shell 127.0.0.1:9559 --take-over
      *** Welcome to the IPython shell for P4Runtime ***
      P4Runtime sh >>> for e in table_entry["vm"].read(): print(e)

    With its default election id it reads, and writes only where no other client has been primary.
    Exit codes: that of the shell; 1 if it is not installed or cannot be.
    """
    try:
        if wants_install:
            install()
            return
        python = interpreter()
    except ShellError as e:
        click.echo(f"p4gate shell: {e}", err=True)
        sys.exit(1)
    command = [str(python), "-m", MODULE, "--grpc-addr", address, "--device-id", str(device_id)]
    command += ["--election-id", "1,0" if take_over else election_id]
    if role:
        command += ["--role-name", role]
    if program is not None:
        p4info = program.with_suffix(".p4info.txtpb")
        if not p4info.exists():
            raise click.UsageError(f"{program}: there is no {p4info.name} beside it.")
        command += ["--config", f"{p4info},{program}"]
    sys.stdout.flush()
    # Its own packages only: ours are of other versions.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    os.execve(python, [*command, *rest], environment)
