"""v1model on simple_switch: `V1Switch` as v1model.p4 declares it."""

from __future__ import annotations

from compiler import tree
from compiler.architectures.architecture import Architecture
from compiler.backends.bmv2 import emit
from compiler.passes import run_passes

V1MODEL = Architecture(
    name="v1model",
    header="v1model.p4",
    package="V1Switch",
    blocks=(
        (tree.Parser, 4),
        (tree.Control, 2),  # VerifyChecksum
        (tree.Control, 3),  # Ingress
        (tree.Control, 3),  # Egress
        (tree.Control, 2),  # ComputeChecksum
        (tree.Control, 2),  # Deparser
    ),
    lower=run_passes,
    emit=emit,
)
