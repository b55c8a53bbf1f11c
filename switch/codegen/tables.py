"""Actions and tables in C: action_X(w, p, params), apply_T(w, p).

apply_T builds the packed key, looks it up, counts, and runs the action of the entry that matched or the default entry.
It returns what the control flow asks for: whether it hit, or the action's number.
"""

from __future__ import annotations

from collections.abc import Iterable

from switch.bmv2_json.program import Action, FieldRef, Pipeline, Program, RegisterArray, Table
from switch.codegen.dataflow import registers_of
from switch.codegen.dead_fields import is_dead
from switch.codegen.layout import GROUP, TableLayout, pack_params, param_places
from switch.codegen.names import Names, comment
from switch.codegen.parsers import pack_words
from switch.codegen.statements import Statements
from switch.codegen.values import C, constant

DEFAULT_ENTRY = "e = atomic_load_explicit(&t->default_entry, memory_order_acquire);"
NO_ACTION = "NO_ACTION"  # a miss without default action
PREFETCH_BYTES = 1 << 20  # a table that may grow to this size does not stay in a core's own cache


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
            if any(other.word == place.word and other.shift > place.shift for other in places):
                value += f" & {constant((1 << place.width) - 1, 'u64').text}"  # above the last one of a word is nothing
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
    begin = statements.hooks.action(a.index)
    body = ["    " + line for line in statements.body(a.primitives)]
    e.params = ()
    used = "\n".join(body)
    quiet = [n for n, _ in params if n not in used]
    where = f"{a.source}: " if a.source else ""
    held = [] if e.trace else registers_of(a.primitives)
    if held:
        body = _as_one_step(held, body)
    lines = [
        f"/* {where}action {comment(a.name)}({', '.join(comment(p.name) for p in a.params)}) */",
        f"static inline void {name}(struct worker *w, struct packet *p, const uint64_t *params)",
        "{",
        *declarations,
        "    (void)w, (void)p, (void)params;",
    ]
    if quiet:
        lines.append("    " + ", ".join(f"(void){n}" for n in quiet) + ";")
    return [*lines, *begin, *body, *statements.hooks.action_end(), "}", ""]


def _as_one_step(held: list[RegisterArray], body: list[str]) -> list[str]:
    """The body of an action that no other one interrupts between its reads and its writes of registers."""
    arrays = [f"w->pipeline->registers[{array.index}]" for array in held]
    return [
        *(f"    registers_begin({array});" for array in arrays),
        *body,
        *(f"    registers_end({array});" for array in reversed(arrays)),
    ]


class TableCode:
    def __init__(self, program: Program, statements: Statements, *, trace: bool) -> None:
        self.program = program
        self.s = statements
        self.e = statements.e
        self.layout = statements.e.layout
        self.trace = trace
        self.selectors: dict[str, str] = {}  # profile name -> C function of its hash
        self.uses: dict[int, list[Table]] = {t.index: [t] for t in program.tables}  # as nodes of the pipelines
        self.kept_keys: dict[int, int] = {}  # index of a table that is prefetched -> place of its key in packet.key
        self.kept_words = 0
        self.buckets: dict[int, int] = {}  # index of an exact table that is prefetched -> place in packet.bucket

    # ---- what is asked of a table

    def fixed_action(self, t: Table) -> Action | None:
        """The action of a table that can only run that one: no key, constant default (p4c's way to call an action)."""
        if t.key or not t.default_const or t.profile is not None or t.const or t.direct_counter or t.direct_meter:
            return None
        return t.default_action

    def does_nothing(self, t: Table) -> bool:
        """Is it a call of an action all of whose statements are left out?"""
        fixed = self.fixed_action(t)
        return fixed is not None and not self.trace and all(is_dead(p, self.s.dead) for p in fixed.primitives)

    def returns(self, t: Table) -> str:
        """What the control flow needs: "hit", "action" or "nothing"."""
        if self.fixed_action(t) is not None:
            return "nothing"  # always goes the same way
        if t.by_hit:
            return "hit" if any(use.next_hit != use.next_miss for use in self.uses[t.index]) else "nothing"
        return "action" if any(_by_action(use) for use in self.uses[t.index]) else "nothing"

    def worth_prefetching(self, t: Table) -> bool:
        """Is the table large enough for a look-up to miss the cache?"""
        layout = self.layout.tables[t.index]
        if layout.kind not in ("exact", "lpm") or self.fixed_action(t) is not None:
            return False
        slot = 8 * (layout.words + 1 + layout.param_words)
        return 2 * slot * t.size >= PREFETCH_BYTES

    def used_in(self, *pipelines: Pipeline) -> None:
        """Say, before any code is asked for, in which pipelines the tables are."""
        nodes = [n for pipeline in pipelines for n in pipeline.nodes.values() if isinstance(n, Table)]
        self.uses = {t.index: [n for n in nodes if n.index == t.index] for t in self.program.tables}

    def keep_prefetched(self, prefetched: Iterable[Table]) -> None:
        """Say, before any code is asked for, which tables are prefetched on every way to them."""
        prefetched = list(prefetched)
        exact = dict.fromkeys(t.index for t in prefetched if self.layout.tables[t.index].kind == "exact")
        self.buckets = {index: place for place, index in enumerate(exact)}
        for index in dict.fromkeys(t.index for t in prefetched):
            self.kept_keys[index] = self.kept_words
            self.kept_words += self.layout.tables[index].words

    # ---- code

    def prefetch_name(self, t: Table) -> str:
        return self.layout.table_names[t.index].replace("apply", "prefetch", 1)

    def prefetch(self, t: Table) -> list[str]:
        """static inline void prefetch_T(w, p): bring what apply_T will look at first."""
        layout = self.layout.tables[t.index]
        kept = self.kept_keys[t.index]
        struct = "exact" if layout.kind == "exact" else "lpm"
        lines = [
            f"static inline void {self.prefetch_name(t)}(const struct worker *w, struct packet *p)",
            "{",
            f"    const struct {struct} *t = w->tables[{t.index}].lookup;",
            f"    uint64_t *key = p->key + {kept};",
            *(f"    key[{i}] = {word};" for i, word in enumerate(self.key_words(layout))),
        ]
        if layout.kind == "exact":
            place = f"p->bucket[{self.buckets[t.index]}]"
            lines.append(f"    {place} = exact_bucket(t, key, {layout.words}, {layout.param_words});")
            lines.append(f"    __builtin_prefetch({place});")
        else:
            lines.append(f"    lpm_prefetch(t, key, {layout.width - layout.lpm_width}, {layout.lpm_width});")
        return [*lines, "}", ""]

    def apply(self, t: Table) -> list[str]:
        fixed = self.fixed_action(t)
        name = self.layout.table_names[t.index]
        keys = ", ".join(f"{k.name}: {k.kind}" for k in t.key)
        where = f"{t.source}: " if t.source else ""
        head = [f"/* {where}table {comment(t.name)} {{ {comment(keys, 160)} }} */"]
        if fixed is not None:
            return [*head, *self._fixed(t, fixed, name)]
        layout = self.layout.tables[t.index]
        if not self.trace and layout.kind != "keyless":
            return [*self._miss(t, head), *self._hit(t, head)]
        lines = [
            *head,
            f"static inline {self._result(t)} {name}(struct worker *w, struct packet *p)",
            "{",
            f"    const struct table *t = &w->tables[{t.index}];",
            *self._lookup(layout),
            "    const int hit = e != NULL;",
            *self.s.hooks.counted(t.index, "hit"),
        ]
        on_hit, on_miss = self._direct(t)
        if on_hit:
            lines += ["    if (hit) {", *on_hit, "    } else {", *on_miss, f"        {DEFAULT_ENTRY}", "    }"]
        else:
            lines += ["    if (!hit)", f"        {DEFAULT_ENTRY}"]
        lines += self._run(t)
        lines += self._return(t, "hit")
        if self.returns(t) != "hit":
            lines.insert(len(lines) - (self.returns(t) == "action"), "    (void)hit;")
        return [*lines, "}", ""]

    def _hit(self, t: Table, head: list[str]) -> list[str]:
        """apply_T: what a hit does, without a question that only a miss would ask."""
        missed = "e == NULL" if self._often_missed(t) else "__builtin_expect(e == NULL, 0)"
        call = f"{self._miss_name(t)}(w, p)"
        stop = [f"        {call};", "        return;"] if self.returns(t) == "nothing" else [f"        return {call};"]
        on_hit, _ = self._direct(t)
        lines = [
            *head,
            f"static inline {self._result(t)} {self.layout.table_names[t.index]}(struct worker *w, struct packet *p)",
            "{",
            f"    const struct table *t = &w->tables[{t.index}];",
            *self._lookup(self.layout.tables[t.index]),
            f"    if ({missed})" + (" {" if len(stop) > 1 else ""),
            *stop,
            *(["    }"] if len(stop) > 1 else []),
            *self.s.hooks.counted(t.index, "1"),
            *[line.removeprefix("    ") for line in on_hit],
        ]
        if t.profile is not None:
            lines += [f"    e = {self._member(t)};", "    if (e) {", *self._switch(t.actions, every=False), "    }"]
        else:
            lines += [line.removeprefix("    ") for line in self._switch(t.actions, every=True)]
        return [*lines, *self._return(t, "1"), "}", ""]

    def _miss(self, t: Table, head: list[str]) -> list[str]:
        """miss_T: the default entry; out of the way of hits where those are the rule."""
        place = "static inline" if self._often_missed(t) else "static __attribute__((noinline))"
        _, on_miss = self._direct(t)
        only = t.default_const and t.default_action is not None and t.default_action in t.actions
        lines = [
            head[0].replace(" */", ": a miss */"),
            f"{place} {self._result(t)} {self._miss_name(t)}(struct worker *w, struct packet *p)",
            "{",
            f"    const struct table *t = &w->tables[{t.index}];",
            f"    const struct entry *{DEFAULT_ENTRY}",
            *self.s.hooks.counted(t.index, "0"),
            *[line.removeprefix("    ") for line in on_miss],
            "    if (e) {",
            *self._switch((t.default_action,) if only and t.default_action else t.actions, every=False),
            "    }",
        ]
        return [*lines, *self._return(t, "0"), "}", ""]

    def _often_missed(self, t: Table) -> bool:
        """Access lists and the like, where most packets match no entry."""
        return self.layout.tables[t.index].kind not in ("exact", "lpm")

    def _miss_name(self, t: Table) -> str:
        return self.layout.table_names[t.index].replace("apply", "miss", 1)

    def _result(self, t: Table) -> str:
        return {"hit": "int", "action": "uint32_t", "nothing": "void"}[self.returns(t)]

    def _return(self, t: Table, hit: str) -> list[str]:
        match self.returns(t):
            case "hit":
                return [f"    return {hit};"]
            case "action":
                return [f"    return e ? e->action : {NO_ACTION};"]
        return []

    def _fixed(self, t: Table, a: Action, name: str) -> list[str]:
        words = ", ".join(f"UINT64_C({w:#x})" for w in pack_params(a, t.default_params)) or "0"
        lines = [f"static inline void {name}(struct worker *w, struct packet *p)", "{"]
        lines.append(f"    static const uint64_t params[] = {{{words}}};")
        lines += self.s.hooks.applied(f"{t.index}, 0, {a.index}, 0, NULL, 0, params, action_words({a.index})")
        lines.append(f"    {self.layout.action_names[a.index]}(w, p, params);")
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
        index = layout.table.index
        if layout.kind == "keyless":
            return ["    const struct entry *e = NULL;"]
        words = ", ".join(self.key_words(layout))
        key = f"    const uint64_t key[{layout.words}] = {{{words}}};"
        if index in self.kept_keys:
            key = f"    const uint64_t *key = p->key + {self.kept_keys[index]}; /* since the prefetch */"
        match layout.kind:
            case "exact" if index in self.buckets:
                bucket = f"p->bucket[{self.buckets[index]}]"
                call = f"exact_probe(t->lookup, {bucket}, key, {layout.words}, {layout.param_words})"
            case "exact":
                call = f"exact_lookup(t->lookup, key, {layout.words}, {layout.param_words})"
            case "lpm":
                call = f"lpm_lookup(t->lookup, key, {layout.width - layout.lpm_width}, {layout.lpm_width})"
            case _:
                call = f"ternary_lookup(t->lookup, key, {layout.words})"
        return [key, f"    const struct entry *e = {call};"]

    def _direct(self, t: Table) -> tuple[list[str], list[str]]:
        """What a hit, and what a miss does to direct resources. The default entry's are the last cells.

        Its meter is executed only once it has a configuration: BMv2 does not execute it at all, so that a miss leaves
        the field for the colour as it is. A trace counts nothing.
        """
        hit: list[str] = []
        miss: list[str] = []
        if t.direct_counter and not self.trace:
            hit.append("        counter_add(t->counters, w->index, entry_number(e), p->frame.ingress_length);")
            miss.append("        counter_add(t->counters, w->index, t->counters->size - 1, p->frame.ingress_length);")
        if t.idle_timeout and not self.trace:
            hit.append("        idle_touch(t->idle, entry_number(e), w->now_ns);")
        if t.direct_meter is not None and t.direct_meter.target is not None:
            hit += ["        " + line for line in self._meter(t, "entry_number(e)")]
            miss.append("        if (meter_is_on(t->meters, t->meters->size - 1)) {")
            miss += ["            " + line for line in self._meter(t, "t->meters->size - 1")] + ["        }"]
        return hit, miss

    def _meter(self, t: Table, cell: str) -> list[str]:
        meter = t.direct_meter
        assert meter is not None and meter.target is not None
        where = f"{cell}, p->frame.ingress_length, w->now_ns"
        call = f"meter_execute(t->meters, w->index, {where}, METER_GREEN)"
        if self.trace:
            call = f"trace_meter(w->trace, {meter.index}, {t.index}, t->meters, {where})"
        return self.s.store(meter.target, C(call, "u64"))

    def _run(self, t: Table) -> list[str]:
        """Run e's action; for an indirect table through its member first."""
        lines = ["    const uint32_t number = hit ? entry_number(e) : 0;"] if self.trace else list[str]()
        if t.profile is not None:
            if self.trace:
                lines.append(f"    const int group = hit && e->action == {GROUP} ? (int)e->params[0] : -1;")
            lines += ["    if (hit)", f"        e = {self._member(t)};"]
        key = f"key, {self.layout.tables[t.index].words}" if t.key else "NULL, 0"
        params = "e ? e->params : NULL, e ? action_words(e->action) : 0"
        lines += self.s.hooks.applied(f"{t.index}, hit, e ? e->action : {NO_ACTION}, number, {key}, {params}")
        if self.trace and t.profile is not None:
            lines += ["    if (hit)", "        trace_member(w->trace, e ? entry_number(e) : UINT32_MAX, group);"]
        return [*lines, "    if (e) {", *self._switch(t.actions, every=False), "    }"]

    def _member(self, t: Table) -> str:
        """The member that e, an entry of an indirect table, leads to; NULL: of an empty group."""
        assert t.profile is not None
        s = f"w->pipeline->selectors[{t.profile.index}]"
        member = f"selector_member({s}, (uint32_t)e->params[0])"
        if t.profile.selector is None:
            return member
        hashed = self.s.hooks.hashed(-1, f"{self.selectors[t.profile.name]}(w, p)")
        pick = f"selector_lookup({s}, (uint32_t)e->params[0], {hashed}, &w->random)"
        return f"e->action == {GROUP} ? {pick} : {member}"

    def _switch(self, actions: tuple[Action, ...], *, every: bool) -> list[str]:
        """Run e's action. `every`: it is one of these, so the last one needs no test."""
        calls = [(a.index, f"{self.layout.action_names[a.index]}(w, p, e->params);") for a in actions]
        if len(calls) == 1:
            return [f"        {calls[0][1]}"]
        lines = ["        switch (e->action) {"]
        for place, (index, call) in enumerate(calls):
            last = every and place == len(calls) - 1
            lines += [f"        {'default' if last else f'case {index}'}:", f"            {call}", "            break;"]
        return [*lines, "        }"]


def _by_action(t: Table) -> bool:
    """Does the way on depend on the action that ran?"""
    return len({t.next_by_action.get(a.name, t.base_default_next) for a in t.actions} | {t.base_default_next}) > 1
