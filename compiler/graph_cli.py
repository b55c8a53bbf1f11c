"""`p4gate graph`: parsers, control flow and table dependencies of a P4 program as SVG, DOT or JSON."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from compiler.cli import preprocessor_options
from compiler.inspection import inspect, write_files

if TYPE_CHECKING:
    from compiler.graph import Drawing

_NOT_IN_FILE_NAMES = re.compile(r"[^\w.+-]+")


@click.command(name="graph", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", metavar="FILE.p4", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR|FILE",
    help="A folder for one SVG a drawing; or one file for all of them: FILE.svg, FILE.dot or FILE.json. "
    "Default: the current folder.",
)
@click.option(
    "--kind",
    type=click.Choice(["parser", "control", "tables", "all"]),
    default="all",
    show_default=True,
    help="State graphs of parsers, control flow, or which table waits for which.",
)
@click.option("--json", "machine", is_flag=True, help="Print node-link JSON on standard output; write no files.")
@preprocessor_options
def graph_command(
    file: Path,
    output: Path,
    kind: str,
    machine: bool,
    include_paths: tuple[str, ...],
    defines: tuple[str, ...],
    undefines: tuple[str, ...],
) -> None:
    """Draw a P4 program: its parsers, the control flow of its controls, and the dependencies of its tables.

    \b
    One SVG for each drawing, as build/gateway.control.GatewayIngress.svg:
      p4gate graph p4src/v1model/gateway.p4 -o build/
    Why is the pipeline so long? The dependencies alone, in one picture:
      p4gate graph router.p4 --kind tables -o tables.svg
    For other tools:
      p4gate graph router.p4 -o router.dot
      p4gate graph router.p4 --json | jq '.graphs[].graph.heading'

    docs/graphs.md says what is drawn and how dependencies are defined.
    """
    from compiler.graph import KINDS, draw

    kinds = KINDS if kind == "all" else (kind,)
    drawings = inspect(file, include_paths, defines, undefines, lambda program, sources: draw(program, sources, kinds))
    if machine:
        from compiler.graph.node_link import to_node_link

        click.echo(to_node_link(drawings), nl=False)
        return
    if not drawings:
        click.echo(f"{file}: there is nothing to draw of this kind", err=True)
        return
    texts = _texts(file, output, drawings)
    write_files(texts)
    for path, _ in texts:
        click.echo(path)


def _texts(file: Path, output: Path, drawings: list[Drawing]) -> list[tuple[str, str]]:
    """The files to be written."""
    from compiler.graph.dot import to_dot
    from compiler.graph.node_link import to_node_link
    from compiler.graph.svg import to_svg

    writers = {".svg": to_svg, ".dot": to_dot, ".gv": to_dot, ".json": to_node_link}
    if output.suffix in writers and not output.is_dir():
        return [(str(output), writers[output.suffix](drawings))]
    names: dict[str, str] = {}
    for drawing in drawings:
        name = _NOT_IN_FILE_NAMES.sub("_", f"{file.stem}.{drawing.kind}.{drawing.name}")
        while name in names:
            name += "_"
        names[name] = to_svg([drawing])
    return [(str(output / f"{name}.svg"), text) for name, text in names.items()]
