"""A pipeline in C: the graph of tables and conditionals as nested ifs, gotos where paths share a tail.
(A graph with loops is all gotos.)

Large tables are looked up in two steps, so that a burst's cache misses overlap: at a split the packet's key is
prefetched and the function, a stage, ends; the next one begins with the table, when all packets of the burst have come
so far. Keys of later large tables that nothing on the way changes are prefetched at the first split too. A stage goes
on to later ones only, so one turn through the stages takes all packets to the end.
"""

from __future__ import annotations

from switch.bmv2_json.program import Action, ActionCall, Conditional, Pipeline, Table
from switch.codegen.dataflow import Written, between, key_stays, written_by_node
from switch.codegen.jumps import has_loop, jumps_back
from switch.codegen.names import Names, comment
from switch.codegen.tables import TableCode


def may_exit(a: Action) -> bool:
    return any(p.op in ("exit", "assert", "assume") for p in a.primitives) or jumps_back(a.primitives)


class ControlCode:
    """One pipeline: plans its splits and writes its function."""

    def __init__(self, pipeline: Pipeline, tables: TableCode) -> None:
        self.pipeline = pipeline
        self.t = tables
        names = Names()
        self.labels = {name: names.new(name) for name in pipeline.nodes}
        self.emitted: set[str] = set()
        self.gotos: set[str] = set()
        self.entry: str | None = None  # the large table that begins the stage being written
        self.followers = {name: _targets(pipeline, tables, name) for name in pipeline.nodes}
        self.order = {name: -i for i, name in enumerate(_postorder(self.followers))}  # ascending: before what follows
        self.loops = any(self.order[f] <= self.order[n] for n, after in self.followers.items() for f in after if f)
        self.join = {} if self.loops else _immediate_postdominators(self.followers)
        self.splits = {} if self.loops else self._plan_splits()

    def _plan_splits(self) -> dict[str, list[Table]]:
        """Node name -> the tables to prefetch before it; the node itself is a large table."""
        large = [t for t in self.pipeline.nodes.values() if isinstance(t, Table) and self.t.worth_prefetching(t)]
        covered: set[str] = set()
        splits: dict[str, list[Table]] = {}
        for t in sorted(large, key=lambda t: self.order[t.name]):
            if t.name in covered:
                continue
            splits[t.name] = [t]
            for other in large:
                on_the_way = between(self.pipeline, t.name, other.name, self.followers)
                if other is t or other.name in splits or other.name in covered or on_the_way is None:
                    continue
                written: Written = set()
                for name in on_the_way:
                    written |= written_by_node(self.pipeline.nodes[name])
                # `other` must not be reached without passing here, or it would miss its prefetch
                if key_stays(other, written) and self._dominates(t.name, other.name):
                    splits[t.name].append(other)
                    covered.add(other.name)
        return splits

    def _dominates(self, first: str, second: str) -> bool:
        """Do all paths from the start to `second` pass `first`?"""
        todo, seen = [self.pipeline.start], set[str]()
        while todo:
            name = todo.pop()
            if name is None or name == first or name in seen:
                continue
            if name == second:
                return False
            seen.add(name)
            todo += self.followers[name]
        return True

    @property
    def prefetched(self) -> list[Table]:
        return [t for tables in self.splits.values() for t in tables]

    def generate(self) -> list[str]:
        """The functions NAME_stage_N(w, p), and NAME(w, packets, count) that runs a burst through them."""
        where = f"{self.pipeline.source}: " if self.pipeline.source else ""
        what = f"{where}{comment(self.pipeline.name)}"
        lines: list[str] = []
        for t in {t.index: t for t in self.prefetched}.values():
            lines += self.t.prefetch(t)
        entries = [self.pipeline.start, *self.splits]
        for stage, entry in enumerate(entries):
            begin = f", from {comment(entry)} on" if stage and entry else ""
            lines += [f"/* {what}{begin}: the stage to go on with; 0: done */", *self._stage(stage, entry)]
        name = self.pipeline.name
        lines += [
            f"/* {what}: a burst, each stage for all packets, lest one wait for memory while others could go on */",
            f"static void {name}(struct worker *w, struct packet *packets, unsigned count)",
            "{",
            "    for (unsigned i = 0; i < count; i++)",
            f"        packets[i].frame.stage = {name}_stage_0(w, &packets[i]);",
        ]
        for stage in range(1, len(entries)):
            lines += [
                "    for (unsigned i = 0; i < count; i++)",
                f"        if (packets[i].frame.stage == {stage})",
                f"            packets[i].frame.stage = {name}_stage_{stage}(w, &packets[i]);",
            ]
        return [*lines, "}", ""]

    def _stage(self, stage: int, entry: str | None) -> list[str]:
        self.emitted.clear()
        self.gotos.clear()
        self.entry = entry if stage else None
        head = f"ALWAYS_INLINE uint8_t {self.pipeline.name}_stage_{stage}(struct worker *w, struct packet *p)"
        body = self._blocks() if self.loops else self._sequence(entry, None, "    ")
        kept = [line for line in body if not line.endswith("@") or line[:-2].strip() in self.gotos]
        kept = [line[:-1] + ";" if line.endswith("@") else line for line in kept]
        if kept and kept[-1] == "    return 0;":
            kept.pop()
        turns = ["    w->turns = 0;"] if self.loops or any(map(has_loop, self.pipeline.nodes.values())) else []
        return [head, "{", "    (void)w, (void)p;", *turns, *kept, "    return 0;", "}", ""]

    def _sequence(self, node: str | None, stop: str | None, indent: str) -> list[str]:
        lines: list[str] = []
        while node != stop:
            if node is None:
                return [*lines, indent + "return 0;"]
            if node in self.emitted:
                self.gotos.add(self.labels[node])
                return [*lines, f"{indent}goto {self.labels[node]};"]
            self.emitted.add(node)
            lines.append(f"{self.labels[node]}:@")
            control = self.pipeline.nodes[node]
            join = self.join[node]
            match control:
                case Conditional():
                    lines += self._conditional(control, join, indent)
                case ActionCall():
                    lines.append(f"{indent}{self.t.layout.action_names[control.action.index]}(w, p, NULL);")
                    lines += self._exit(may_exit(control.action), indent)
                case Table():
                    if node in self.splits and node != self.entry:
                        return lines + self._split(control, indent)
                    lines += self._table(control, join, indent)
            node = join
        return lines

    def _blocks(self) -> list[str]:
        """A graph with loops: each node a block that ends with gotos."""
        lines = [f"    {self._goto(self.pipeline.start)}"]
        todo, seen = [self.pipeline.start], set[str]()
        while todo:
            name = todo.pop()
            if name is None or name in seen:
                continue
            seen.add(name)
            todo += reversed(self.followers[name])
            node = self.pipeline.nodes[name]
            lines.append(f"{self.labels[name]}:@")
            if any(self.order[name] <= self.order[n] for n, after in self.followers.items() if name in after):
                lines += ["    if (out_of_turns(w, p))", "        return 0;"]
            match node:
                case Conditional():
                    test = f"({self.t.e.truth(node.condition)})"
                    test = self.t.s.hooks.condition(node.name, test)
                    lines += [
                        f"    if {test}",
                        f"        {self._goto(node.if_true)}",
                        f"    {self._goto(node.if_false)}",
                    ]
                case ActionCall():
                    lines.append(f"    {self.t.layout.action_names[node.action.index]}(w, p, NULL);")
                    lines += [*self._exit(may_exit(node.action), "    "), f"    {self._goto(node.next)}"]
                case Table():
                    lines += self._table_block(node)
        return lines

    def _table_block(self, t: Table) -> list[str]:
        call = f"{self.t.layout.table_names[t.index]}(w, p)"
        exits = self._exit(any(may_exit(a) for a in t.actions), "        ")
        kind = self.t.returns(t)
        if kind == "nothing":
            next_ = self._goto(_targets(self.pipeline, self.t, t.name)[0])
            return ["    {", f"        {call};", *exits, f"        {next_}", "    }"]
        if kind == "hit":
            test = ["        if (hit)", f"            {self._goto(t.next_hit)}", f"        {self._goto(t.next_miss)}"]
            return ["    {", f"        const int hit = {call};", *exits, *test, "    }"]
        cases = [
            f"        case {a.index}: {self._goto(t.next_by_action.get(a.name, t.base_default_next))}"
            for a in t.actions
        ]
        switch = ["        switch (action_run) {", *cases, "        }", f"        {self._goto(t.base_default_next)}"]
        return ["    {", f"        const uint32_t action_run = {call};", *exits, *switch, "    }"]

    def _goto(self, name: str | None) -> str:
        if name is None:
            return "return 0;"
        self.gotos.add(self.labels[name])
        return f"goto {self.labels[name]};"

    def _split(self, t: Table, indent: str) -> list[str]:
        """Fetch what the stage that begins with this table will look at, and end here."""
        calls = [f"{indent}{self.t.prefetch_name(x)}(w, p);" for x in self.splits[t.name]]
        return [*calls, f"{indent}return {list(self.splits).index(t.name) + 1};"]

    def _exit(self, possible: bool, indent: str) -> list[str]:
        return [f"{indent}if (p->frame.exited)", f"{indent}    return 0;"] if possible else []

    def _conditional(self, c: Conditional, join: str | None, indent: str) -> list[str]:
        lines = [f"{indent}/* {comment(str(c.source))}: if ({comment(c.source.fragment, 80)}) */"] if c.source else []
        test = self.t.e.truth(c.condition)
        test = test if test.startswith("(") and test.endswith(")") and _balanced(test[1:-1]) else f"({test})"
        test = self.t.s.hooks.condition(c.name, test)
        then = self._sequence(c.if_true, join, indent + "    ")
        otherwise = self._sequence(c.if_false, join, indent + "    ")
        if not then and not otherwise:
            return [*lines, f"{indent}(void){test};"] if self.t.trace else lines
        if not then:
            return [*lines, f"{indent}if (!{test}) {{", *otherwise, f"{indent}}}"]
        lines += [f"{indent}if {test} {{", *then]
        return [*lines, f"{indent}}} else {{", *otherwise, f"{indent}}}"] if otherwise else [*lines, f"{indent}}}"]

    def _table(self, t: Table, join: str | None, indent: str) -> list[str]:
        call = f"{self.t.layout.table_names[t.index]}(w, p)"
        exits = self._exit(any(may_exit(a) for a in t.actions), indent)
        kind = self.t.returns(t)
        if kind == "nothing":
            return [
                *([] if self.t.does_nothing(t) else [f"{indent}{call};"]),
                *exits,
                *self._sequence(_targets(self.pipeline, self.t, t.name)[0], join, indent),
            ]
        if kind == "hit":
            lines = [f"{indent}{{", f"{indent}    const int hit = {call};"] if exits else []
            inner = indent + "    " if exits else indent
            lines += ["    " + line for line in exits]
            then = self._sequence(t.next_hit, join, inner + "    ")
            otherwise = self._sequence(t.next_miss, join, inner + "    ")
            test = "hit" if exits else call
            if then:
                lines += [f"{inner}if ({test}) {{", *then]
                lines += [f"{inner}}} else {{", *otherwise] if otherwise else []
            else:
                lines += [f"{inner}if (!{test}) {{", *otherwise]
            lines.append(f"{inner}}}")
            return [*lines, f"{indent}}}"] if exits else lines
        return self._switch(t, call, bool(exits), join, indent)

    def _switch(self, t: Table, call: str, exits: bool, join: str | None, indent: str) -> list[str]:
        inner = indent + "    "
        lines = [f"{indent}{{", f"{inner}const uint32_t action_run = {call};", *self._exit(exits, inner)]
        lines.append(f"{inner}switch (action_run) {{")
        groups: dict[str | None, list[Action]] = {}
        for a in t.actions:
            groups.setdefault(t.next_by_action.get(a.name, t.base_default_next), []).append(a)
        for target, actions in groups.items():
            if target == t.base_default_next:
                continue
            lines += [f"{inner}case {a.index}: /* {comment(a.name)} */" for a in actions]
            lines += [*self._sequence(target, join, inner + "    "), f"{inner}    break;"]
        rest = self._sequence(t.base_default_next, join, inner + "    ")
        if rest:
            lines += [f"{inner}default:", *rest]
        return [*lines, f"{inner}}}", f"{indent}}}"]


def _balanced(text: str) -> bool:
    depth = 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if depth < 0:
            return False
    return depth == 0


def _successors(node: object) -> list[str | None]:
    match node:
        case Conditional():
            return [node.if_true, node.if_false]
        case ActionCall():
            return [node.next]
        case Table():
            if node.by_hit:
                return list(dict.fromkeys([node.next_hit, node.next_miss]))
            nexts = [node.next_by_action.get(a.name, node.base_default_next) for a in node.actions]
            return list(dict.fromkeys([*nexts, node.base_default_next]))
    raise AssertionError(node)


def _postorder(followers: dict[str, list[str | None]]) -> list[str]:
    """Every node after all that follow it."""
    order: list[str] = []
    seen: set[str] = set()
    for root in followers:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(followers[root]))]
        while stack:
            current, rest = stack[-1]
            for follower in rest:
                if follower is not None and follower not in seen:
                    seen.add(follower)
                    stack.append((follower, iter(followers[follower])))
                    break
            else:
                order.append(current)
                stack.pop()
    return order


def _immediate_postdominators(followers: dict[str, list[str | None]]) -> dict[str, str | None]:
    """For each node the first one that all paths from it come to (None: the end)."""
    result: dict[str, str | None] = {}
    chain: dict[str | None, list[str | None]] = {None: [None]}  # a node's postdominators, itself first
    for name in _postorder(followers):
        chains = [chain[s] for s in followers[name]]
        common = [c for c in chains[0] if all(c in other for other in chains[1:])]
        result[name] = common[0]
        chain[name] = [name, *common]
    return result


def _targets(pipeline: Pipeline, tables: TableCode, name: str) -> list[str | None]:
    node = pipeline.nodes[name]
    if isinstance(node, Table) and (fixed := tables.fixed_action(node)) is not None:
        # a miss that runs its default action
        if node.by_hit:
            return [node.next_miss]
        return [node.next_by_action.get(fixed.name, node.base_default_next)]
    return _successors(node)
