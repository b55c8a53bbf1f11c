"""The `p4gate` command: one verb from each room's `cli.py`, loaded only when it is asked for."""

from __future__ import annotations

import importlib
import os

import click

INTERNAL_ERROR = 70  # sysexits.h: EX_SOFTWARE

# verb -> (module, attribute, one line of help). The rooms know nothing of one another; they meet here.
VERBS: dict[str, tuple[str, str, str]] = {
    "compile": ("compiler.cli", "compile_command", "Compile P4_16 to BMv2 JSON and P4Info."),
    "graph": ("compiler.graph_cli", "graph_command", "Draw parsers, control flow and table dependencies as SVG."),
    "report": ("compiler.report_cli", "report_command", "Tell what a program's tables, headers and metadata cost."),
    "switch": ("switch.cli", "switch_command", "Run a native-speed P4 switch with a P4Runtime server."),
    "ports": ("switch.ports_cli", "ports_command", "Show, add, remove, shut and open the ports of a running switch."),
    "stf": ("switch.stf.cli", "stf_command", "Run packet tests in STF notation on a program."),
    "trace": (
        "switch.trace_command.cli",
        "trace_command",
        "Tell what happens to packets and why.",
    ),
    "top": ("switch.top.cli", "top_command", "Show live rates of a running switch: ports, tables, drops, workers."),
    "plan": ("controller.cli", "plan_command", "Show what apply would write to the gateways."),
    "apply": ("controller.cli", "apply_command", "Bring the gateways to the state that the intent asks for."),
    "status": ("controller.cli", "status_command", "Show the gateways' pipeline, tables and counters."),
    "verify": ("controller.cli", "verify_command", "Compare what the gateways hold with the intent."),
    "shell": ("controller.shell_cli", "shell_command", "Talk to a switch in p4runtime-shell."),
    "lab": ("topo.cli", "lab_group", "Build, show and remove labs of namespaces, hosts and switches."),
}


class RoomGroup(click.Group):
    """A click group that imports a room when one of its verbs is called."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise  # click turns these into a message, or into silence
        except OSError as error:
            click.echo(f"error: {error.filename or 'output'}: {error.strerror}", err=True)
            ctx.exit(1)
        except Exception as error:
            if os.environ.get("P4GATE_DEBUG"):
                raise
            name = type(error).__name__
            click.echo(f"error: p4gate {ctx.invoked_subcommand} failed unexpectedly: {name}: {error}", err=True)
            click.echo("This is a fault of p4gate. P4GATE_DEBUG=1 in the environment shows where.", err=True)
            ctx.exit(INTERNAL_ERROR)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, attribute, _ = VERBS[cmd_name]
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, _, text) in VERBS.items()])


@click.group(cls=RoomGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="p4gate")
def main() -> None:
    """A multi-tenant cloud gateway on programmable switches.

    \b
    Compile the gateway, start a switch with it, and give it an intent:
      p4gate compile p4src/v1model/gateway.p4 -o build/
      p4gate switch build/gateway.json --p4info build/gateway.p4info.txtpb -i 1@veth0
      p4gate apply intent.yaml
    """


if __name__ == "__main__":
    main(prog_name="p4gate")
