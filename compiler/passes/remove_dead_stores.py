"""Take away assignments to variables that nobody reads.

Before and after: any lowered tree; what is assigned is free of effects, save for calls, which stay. A variable that a
call writes stays too, for the call needs a place. Metadata and headers of the program are always read: by the next
block, by clones and by whoever looks at the packet.
"""

from __future__ import annotations

from compiler import rewrite, tree
from compiler.passes.paths import location


def remove_dead_stores(program: tree.Program) -> tree.Program:
    while True:
        stores = _Stores(_read_variables(program))
        stores.rewrite_program(program)
        if not stores.removed:
            return program


def _read_variables(program: tree.Program) -> set[tree.Variable]:
    """The variables that are used otherwise than as the target of an assignment or of setValid and setInvalid."""
    read: set[tree.Variable] = set()
    _collect(program, read)
    for instance in tree.main_instances(program):
        _collect(instance, read)
    return read


def _collect(node: object, read: set[tree.Variable]) -> None:
    match node:
        case tree.Assign(target=target):
            _collect_indexes(target, read)
            _collect(node.value, read)
        case tree.HeaderCall(op=tree.HeaderOp.SET_VALID | tree.HeaderOp.SET_INVALID, header=header):
            _collect_indexes(header, read)
        case tree.VariableRef(declaration=tree.Variable() as variable):
            read.add(variable)
        case _:
            for part in rewrite.parts(node):
                _collect(part, read)


def _collect_indexes(target: tree.Expression, read: set[tree.Variable]) -> None:
    """What an l-value reads: its indexes, not the variable at its root."""
    while isinstance(target, tree.Member | tree.StackIndex | tree.TupleIndex | tree.Slice):
        if isinstance(target, tree.StackIndex):
            _collect(target.index, read)
        target = target.base


class _Stores(rewrite.Rewriter):
    def __init__(self, read: set[tree.Variable]) -> None:
        self.read = read
        self.removed = 0

    def _is_dead(self, target: tree.Expression) -> bool:
        place = location(target)
        return place is not None and isinstance(place.root, tree.Variable) and place.root not in self.read

    def rewrite_Assign(self, node: tree.Assign) -> tree.Statement | None:
        if isinstance(node.value, tree.Call) or not self._is_dead(node.target):
            return node
        self.removed += 1
        return None

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | None:
        call = node.call
        if not isinstance(call, tree.HeaderCall) or not self._is_dead(call.header):
            return node
        self.removed += 1
        return None
