"""Take away assignments to variables that nobody reads.

Before and after: any lowered tree; what is assigned is free of effects, save for calls, which stay. A variable that a
call writes stays too, for the call needs a place. Metadata and headers of the program are always read: by the next
block, by clones and by whoever looks at the packet. A variable that is read only for the sake of variables that nobody
reads (`i = i + 1`) goes with them.
"""

from __future__ import annotations

from collections import defaultdict

from compiler import rewrite, tree
from compiler.passes.paths import location


def remove_dead_stores(program: tree.Program) -> tree.Program:
    readers = _Readers()
    readers.collect(program, None)
    for instance in tree.main_instances(program):
        readers.collect(instance, None)
    _Stores(readers.alive()).rewrite_program(program)
    return program


class _Readers:
    """Which variables are read, and for what: `for_store[v]` are read by what is stored to v, `always` otherwise."""

    def __init__(self) -> None:
        self.always: set[tree.Variable] = set()
        self.for_store: defaultdict[tree.Variable, set[tree.Variable]] = defaultdict(set)

    def collect(self, node: object, store: tree.Variable | None) -> None:
        """Note what `node` reads, for the sake of `store` if that is the only purpose."""
        match node:
            case tree.Assign(target=target):
                if not isinstance(node.value, tree.Call):
                    store = _stored(target)
                self._indexes(target, store)
                self.collect(node.value, store)
            case tree.HeaderCall(op=tree.HeaderOp.SET_VALID | tree.HeaderOp.SET_INVALID, header=header):
                self._indexes(header, _stored(header))
            case tree.VariableRef(declaration=tree.Variable() as variable):
                (self.always if store is None else self.for_store[store]).add(variable)
            case _:
                for part in rewrite.parts(node):
                    self.collect(part, store)

    def _indexes(self, target: tree.Expression, store: tree.Variable | None) -> None:
        """What an l-value reads: its indexes, not the variable at its root."""
        while isinstance(target, tree.Member | tree.StackIndex | tree.TupleIndex | tree.Slice):
            if isinstance(target, tree.StackIndex):
                self.collect(target.index, store)
            target = target.base

    def alive(self) -> set[tree.Variable]:
        """The variables whose value something else than a dead store depends on."""
        found = set(self.always)
        waiting = list(found)
        while waiting:
            new = self.for_store[waiting.pop()] - found
            found |= new
            waiting += new
        return found


def _stored(target: tree.Expression) -> tree.Variable | None:
    """The local variable that a store to `target` changes; None if it changes something else."""
    place = location(target)
    return place.root if place is not None and isinstance(place.root, tree.Variable) else None


class _Stores(rewrite.Rewriter):
    def __init__(self, alive: set[tree.Variable]) -> None:
        self.alive = alive

    def _is_dead(self, target: tree.Expression) -> bool:
        variable = _stored(target)
        return variable is not None and variable not in self.alive

    def rewrite_Assign(self, node: tree.Assign) -> tree.Statement | None:
        if isinstance(node.value, tree.Call) or not self._is_dead(node.target):
            return node
        return None

    def rewrite_CallStatement(self, node: tree.CallStatement) -> tree.Statement | None:
        call = node.call
        if not isinstance(call, tree.HeaderCall) or not self._is_dead(call.header):
            return node
        return None
