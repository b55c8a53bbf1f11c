"""Which architecture a program is written for. Oracle: the packages that the programs instantiate."""

from __future__ import annotations

from typing import Any

import pytest

from compiler import architectures, tree
from compiler.architectures import ARCHITECTURES, Architecture
from compiler.diagnostics import Diagnostics
from compiler.driver import Options, compile_source
from tests.compiler.programs import program

MIRROR = """
#include <core.p4>
parser Reader<H>(packet_in packet, out H headers);
control Writer<H>(packet_out packet, in H headers);
package Mirror<H>(Reader<H> reader, Writer<H> writer);
header h_t { bit<8> a; }
struct headers_t { h_t h; }
parser R(packet_in packet, out headers_t headers) { state start { packet.extract(headers.h); transition accept; } }
control W(packet_out packet, in headers_t headers) { apply { packet.emit(headers.h); } }
Mirror(R(), W()) main;
"""


def _emit(program: tree.Program, diagnostics: Diagnostics, *, program_name: str) -> dict[str, Any] | None:
    return {"blocks": [block.name for block in tree.main_instances(program)]}


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second architecture, as docs/compiler.md tells to add one."""
    made = Architecture(
        name="mirror",
        header="mirror.p4",
        package="Mirror",
        blocks=((tree.Parser, 2), (tree.Control, 2)),
        lower=lambda program, diagnostics: program,
        emit=_emit,
    )
    monkeypatch.setitem(architectures.ARCHITECTURES, "mirror", made)


def _errors(diagnostics: Diagnostics) -> list[tuple[str, int]]:
    return [(item.kind, item.span.line) for item in diagnostics.items]


def test_every_architecture_has_its_header() -> None:
    from compiler.source import STANDARD_HEADERS

    for name, architecture in ARCHITECTURES.items():
        assert name == architecture.name
        assert f"package {architecture.package}<" in (STANDARD_HEADERS / architecture.header).read_text()


def test_a_package_without_an_architecture_is_refused() -> None:
    diagnostics = Diagnostics()
    assert compile_source(MIRROR, diagnostics) is None
    assert _errors(diagnostics) == [("unsupported", 10)]


def test_the_package_tells_the_architecture(mirror: None) -> None:
    diagnostics = Diagnostics()
    compiled = compile_source(MIRROR, diagnostics)
    assert compiled is not None, diagnostics.render()
    assert compiled.json == {"blocks": ["R", "W"]}
    assert compiled.p4info.pkg_info.arch == "mirror"


@pytest.mark.parametrize(("wanted", "text"), [("v1model", MIRROR), ("mirror", program())])
def test_the_architecture_that_is_asked_for_must_be_that_of_main(mirror: None, wanted: str, text: str) -> None:
    diagnostics = Diagnostics()
    assert compile_source(text, diagnostics, Options(architecture=wanted)) is None
    assert [kind for kind, _ in _errors(diagnostics)] == ["unsupported"]
