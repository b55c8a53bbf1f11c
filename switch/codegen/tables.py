"""Actions and tables in C: action_X(w, p, params), apply_T(w, p).

apply_T builds the packed key, looks it up, counts, and runs the action of the entry that matched (or the default entry). It
returns what the control flow asks for: whether it hit, or the action's number.
"""

from __future__ import annotations

from switch.bmv2.program import Action, ActionCall, Conditional, FieldRef, Pipeline, Program, Table
from switch.codegen.layout import GROUP, TableLayout, pack_params, param_places
from switch.codegen.names import Names, comment
from switch.codegen.parsers import pack_words
from switch.codegen.statements import Statements
from switch.codegen.values import C, constant

NO_ACTION = "NO_ACTION"  # a miss without default action


def action(a: Action, statements: Statements, name: str) -> list[str]:
    """static inline void action_X(struct worker *w, struct packet *p, const uint64_t *params)"""
    e = statements.e
    names = Names(frozenset({"w", "p", "params", "value", "values", "by", "i"}))
    places, _ = param_places(a)
    params, declarations = [], []
    for param, place in zip(a.params, places, strict=True):
        name_c = names.new(param.name)
        params.append((name_c, param.width))
        if place.width == 0:
            declarations.append(f"    const uint64_t {name_c} = 0;")
        elif place.words == 1:
            value = f"params[{place.word}]" + (f" >> {place.shift}" if place.shift else "")
            if place.shift + place.width < 64:
                value += f" & {constant((1 << place.width) - 1, 'u64').text}"
            declarations.append(f"    const uint64_t {name_c} = {value};")
        elif place.width <= 128:
            value = f"(unsigned __int128)params[{place.word}] << 64 | params[{place.word + 1}]"
            declarations.append(f"    const unsigned __int128 {name_c} = {value};")
        else:
            e.wide_bits = max(e.wide_bits, place.width + 1)
            declarations.append(
                f"    const struct wide {name_c} = wide_from_words(params + {place.word}, {place.words});"
            )
    e.params = params
    body = ["    " + line for line in statements.body(a.primitives)]
    e.params = ()
    used = "\n".join(body)
    quiet = [n for n, _ in params if n not in used]
    where = f"{a.source}: " if a.source else ""
    lines = [
        f"/* {where}action {comment(a.name)}({', '.join(comment(p.name) for p in a.params)}) */",
        f"static inline void {name}(struct worker *w, struct packet *p, const uint64_t *params)",
        "{",
        *declarations,
        "    (void)w, (void)p, (void)params;",
    ]
    if quiet:
        lines.append("    " + ", ".join(f"(void){n}" for n in quiet) + ";")
    return [*lines, *body, "}", ""]


class TableCode:
    def __init__(self, program: Program, statements: Statements, *, trace: bool) -> None:
        self.program = program
        self.s = statements
        self.e = statements.e
        self.layout = statements.e.layout
        self.trace = trace
        self.selectors: dict[str, str] = {}  # profile name -> C function of its hash

    # ---- what is asked of a table

    def fixed_action(self, t: Table) -> Action | None:
        """The action of a table that can only ever run that one: no key, constant default (what p4c makes of a direct call)."""
        return t.default_action if not t.key and t.default_const and t.profile is None and not t.const else None

    def returns(self, t: Table) -> str:
        """What the control flow needs: "hit", "action" or "nothing"."""
        if self.fixed_action(t) is not None:
            return "nothing"  # always goes the same way
        if t.by_hit:
            return "hit" if t.next_hit != t.next_miss else "nothing"
        targets = {t.next_by_action.get(a.name, t.base_default_next) for a in t.actions} | {t.base_default_next}
        return "action" if len(targets) > 1 else "nothing"

    # ---- code

    def apply(self, t: Table) -> list[str]:
        fixed = self.fixed_action(t)
        name = self.layout.table_names[t.index]
        keys = ", ".join(f"{k.name}: {k.kind}" for k in t.key)
        where = f"{t.source}: " if t.source else ""
        head = [f"/* {where}table {comment(t.name)} {{ {comment(keys, 160)} }} */"]
        if fixed is not None:
            return [*head, *self._fixed(t, fixed, name)]
        layout = self.layout.tables[t.index]
        result = {"hit": "int", "action": "uint32_t", "nothing": "void"}[self.returns(t)]
        lines = [
            *head,
            f"static inline {result} {name}(struct worker *w, struct packet *p)",
            "{",
            f"    const struct table *t = &w->pipeline->tables[{t.index}];",
            *self._lookup(layout),
            "    const int hit = e != NULL;",
        ]
        if t.direct_counter or t.direct_meter or t.idle_timeout:
            lines += ["    if (hit) {", *self._direct(t), "    } else {"]
            lines += ["        e = atomic_load_explicit(&t->default_entry, memory_order_acquire);", "    }"]
        else:
            lines += ["    if (!hit)", "        e = atomic_load_explicit(&t->default_entry, memory_order_acquire);"]
        lines += self._run(t)
        match self.returns(t):
            case "hit":
                lines.append("    return hit;")
            case "action":
                lines.append(f"    return e ? e->action : {NO_ACTION};")
        if self.returns(t) != "hit":
            lines.append("    (void)hit;")
            if self.returns(t) == "action":
                lines[-1], lines[-2] = lines[-2], lines[-1]
        return [*lines, "}", ""]

    def _fixed(self, t: Table, a: Action, name: str) -> list[str]:
        words = ", ".join(f"UINT64_C({w:#x})" for w in pack_params(a, t.default_params)) or "0"
        lines = [f"static inline void {name}(struct worker *w, struct packet *p)", "{"]
        lines.append(f"    static const uint64_t params[] = {{{words}}};")
        if self.trace:
            lines += self._trace_action_begin(f"{t.index}, 0, NULL, {a.index}, params, 0")
        lines.append(f"    {self.layout.action_names[a.index]}(w, p, params);")
        if self.trace:
            lines.append("    trace_changes(w->trace, &before, p);")
        return [*lines, "}", ""]

    def key_words(self, layout: TableLayout) -> list[str]:
        fields = []
        for place in layout.key:
            k = place.field
            value = self.e.raw(k.ref) if isinstance(k.ref, FieldRef) else self.e.exact(k.ref)
            if k.mask is not None:
                value = C(f"{value} & {constant(k.mask & (1 << k.width) - 1, value.cls)}", value.cls)
            fields.append((value, k.width))
        return pack_words(fields)

    def _lookup(self, layout: TableLayout) -> list[str]:
        """Declares and sets `e`, and `key` where there is one."""
        if layout.kind == "keyless":
            return self._trace_key(layout, "    const struct entry *e = NULL;")
        words = ", ".join(self.key_words(layout))
        key = f"    const uint64_t key[{layout.words}] = {{{words}}};"
        match layout.kind:
            case "exact":
                call = f"exact_lookup(t->lookup, key, {layout.words}, {layout.param_words})"
            case "lpm":
                call = f"lpm_lookup(t->lookup, key, {layout.width - layout.lpm_width}, {layout.lpm_width})"
            case _:
                call = f"ternary_lookup(t->lookup, key, {layout.words})"
        return [key, *self._trace_key(layout, f"    const struct entry *e = {call};")]

    def _trace_key(self, layout: TableLayout, line: str) -> list[str]:
        return [line]

    def _direct(self, t: Table) -> list[str]:
        number = "entry_number(e)"
        lines = []
        if t.direct_counter:
            lines.append(f"        counter_add(t->counters, w->index, {number}, p->frame.ingress_length);")
        if t.idle_timeout:
            lines.append(f"        idle_touch(t->idle, {number}, w->now_ns);")
        if t.direct_meter is not None and t.direct_meter.target is not None:
            target = t.direct_meter.target
            call = f"meter_execute(t->meters, {number}, p->frame.ingress_length, w->now_ns, METER_GREEN)"
            lines += ["        " + line for line in self.s.store(target, C(call, "u64"))]
        return lines

    def _run(self, t: Table) -> list[str]:
        """Run e's action; for an indirect table through its member first."""
        lines: list[str] = []
        if t.profile is not None:
            s = f"w->pipeline->selectors[{t.profile.index}]"
            if t.profile.selector is not None:
                pick = f"selector_lookup({s}, (uint32_t)e->params[0], {self.selectors[t.profile.name]}(w, p))"
                member = f"e->action == {GROUP} ? {pick} : selector_member({s}, (uint32_t)e->params[0])"
            else:
                member = f"selector_member({s}, (uint32_t)e->params[0])"
            lines += ["    if (hit)", f"        e = {member};"]
        if self.trace:
            key = "key" if t.key else "NULL"
            number = "hit && e ? entry_number(e) : 0"
            lines += self._trace_action_begin(
                f"{t.index}, hit, {key}, e ? e->action : {NO_ACTION}, e ? e->params : NULL, {number}"
            )
        actions = t.actions
        if len(actions) == 1:
            name = self.layout.action_names[actions[0].index]
            lines += ["    if (e)", f"        {name}(w, p, e->params);"]
        else:
            lines += ["    if (e) {", "        switch (e->action) {"]
            for a in actions:
                lines += [
                    f"        case {a.index}:",
                    f"            {self.layout.action_names[a.index]}(w, p, e->params);",
                ]
                lines.append("            break;")
            lines += ["        }", "    }"]
        if self.trace:
            lines.append("    trace_changes(w->trace, &before, p);")
        return lines

    def _trace_action_begin(self, arguments: str) -> list[str]:
        return [f"    trace_apply(w->trace, {arguments});", "    const struct packet before = *p;"]


def may_exit(a: Action) -> bool:
    return any(p.op in ("exit", "assert", "assume") for p in a.primitives)


class ControlCode:
    """A pipeline as one C function: the graph of tables and conditionals as nested ifs, gotos where paths share a tail."""

    def __init__(self, pipeline: Pipeline, tables: TableCode) -> None:
        self.pipeline = pipeline
        self.t = tables
        names = Names()
        self.labels = {name: names.new(name) for name in pipeline.nodes}
        self.emitted: set[str] = set()
        self.gotos: set[str] = set()
        self.join = _immediate_postdominators(pipeline, tables)

    def generate(self) -> list[str]:
        where = f"{self.pipeline.source}: " if self.pipeline.source else ""
        lines = [f"/* {where}{comment(self.pipeline.name)} */"]
        lines += [f"static void {self.pipeline.name}(struct worker *w, struct packet *p)", "{", "    (void)w, (void)p;"]
        body = self._sequence(self.pipeline.start, None, "    ")
        while body and body[-1] == "    return;":
            body.pop()
        kept = [line for line in body if not line.endswith("@") or line[:-2].strip() in self.gotos]
        kept = [line[:-1] + ";" if line.endswith("@") else line for line in kept]
        return [*lines, *kept, "}", ""]

    def _sequence(self, node: str | None, stop: str | None, indent: str) -> list[str]:
        lines: list[str] = []
        while node != stop:
            if node is None:
                return [*lines, indent + "return;"]
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
                    lines += self._table(control, join, indent)
            node = join
        return lines

    def _exit(self, possible: bool, indent: str) -> list[str]:
        return [f"{indent}if (p->frame.exited)", f"{indent}    return;"] if possible else []

    def _conditional(self, c: Conditional, join: str | None, indent: str) -> list[str]:
        lines = [f"{indent}/* {comment(str(c.source))}: if ({comment(c.source.fragment, 80)}) */"] if c.source else []
        test = self.t.e.truth(c.condition)
        test = test if test.startswith("(") and test.endswith(")") and _balanced(test[1:-1]) else f"({test})"
        if self.t.trace:
            test = f"(trace_condition(w->trace, {self._trace_index(c)}, {test}))"
        then = self._sequence(c.if_true, join, indent + "    ")
        otherwise = self._sequence(c.if_false, join, indent + "    ")
        if not then and not otherwise:
            return [*lines, f"{indent}(void){test};"] if self.t.trace else lines
        if not then:
            return [*lines, f"{indent}if (!{test}) {{", *otherwise, f"{indent}}}"]
        lines += [f"{indent}if {test} {{", *then]
        return [*lines, f"{indent}}} else {{", *otherwise, f"{indent}}}"] if otherwise else [*lines, f"{indent}}}"]

    def _trace_index(self, c: Conditional) -> str:
        text = f"{c.source}: {c.source.fragment}" if c.source else c.name
        return '"' + comment(text, 120).replace('"', "'") + '"'

    def _table(self, t: Table, join: str | None, indent: str) -> list[str]:
        call = f"{self.t.layout.table_names[t.index]}(w, p)"
        exits = self._exit(any(may_exit(a) for a in t.actions), indent)
        kind = self.t.returns(t)
        if kind == "nothing":
            return [
                f"{indent}{call};",
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


def _immediate_postdominators(pipeline: Pipeline, tables: TableCode) -> dict[str, str | None]:
    """For each node the first one that all paths from it come to (None: the end)."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        stack = [(name, iter(_targets(pipeline, tables, name)))]
        seen.add(name)
        while stack:
            current, followers = stack[-1]
            for follower in followers:
                if follower is not None and follower not in seen:
                    seen.add(follower)
                    stack.append((follower, iter(_targets(pipeline, tables, follower))))
                    break
            else:
                order.append(current)
                stack.pop()

    for name in pipeline.nodes:
        if name not in seen:
            visit(name)
    # `order`: every node after all that follow it. chain[n]: n's postdominators, nearest first.
    result: dict[str, str | None] = {}
    chain: dict[str | None, list[str | None]] = {None: [None]}
    for name in order:
        chains = [chain[s] for s in _targets(pipeline, tables, name)]
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
