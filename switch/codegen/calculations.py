"""Hashes and checksums: one C function for each calculation of the program."""

from __future__ import annotations

from dataclasses import dataclass, field

from switch.bmv2_json.program import Calculation, Checksum, FieldRef, HashConst, HashField, HashHeader, Header
from switch.codegen.expressions import Expressions
from switch.codegen.headers import store_fields
from switch.codegen.in_place import store_field
from switch.codegen.parsers import pack_words
from switch.codegen.trace_hooks import Hooks
from switch.codegen.values import C, constant

# Whose inputs may come as words (runtime/hash.h).
CRCS = ("crc16", "crc32", "crcCCITT")
# crc8_custom ... : index into pipeline.custom_crc
CUSTOM = {"crc8_custom": 0, "crc16_custom": 1, "crc32_custom": 2, "crc64_custom": 3}


@dataclass
class Run:
    """Inputs of one header, one after the other: all of them count, or none when the header is not valid."""

    header: Header | None  # None: constants and metadata, always there
    parts: list[tuple[str, int]]  # C text and width
    varbit: str | None = None  # a varbit field, alone in its run
    places: list[tuple[str, int] | None] = field(default_factory=list)  # of a part that lies in bytes: C pointer, bit

    @property
    def bits(self) -> int:
        return sum(width for _, width in self.parts)


def calculation(calc: Calculation, name: str, expressions: Expressions) -> list[str]:
    """static uint64_t name(struct worker *w, const struct packet *p)"""
    runs = _runs(calc, expressions)
    body = None
    if calc.algorithm in ("csum16", "cksum16"):
        body = _sum(calc, runs, expressions)
    if body is None:
        whole_bytes = all(r.bits % 8 == 0 for r in runs)
        body = _buffer(calc, runs, expressions) if whole_bytes else _bit_buffer(calc, runs, expressions)
        body = _words(calc, runs, body, expressions)
    head = [
        f"/* {calc.name}: {calc.algorithm}{' with payload' if calc.payload else ''} */",
        f"static uint64_t {name}(struct worker *w, const struct packet *p)",
        "{",
        "    (void)w, (void)p;",
    ]
    return [*head, *body, "}", ""]


def _runs(calc: Calculation, expressions: Expressions) -> list[Run]:
    runs: list[Run] = []

    def add(header: Header | None, text: str, width: int, place: tuple[str, int] | None = None) -> None:
        if width == 0:
            return
        if not runs or runs[-1].header is not header or runs[-1].varbit:
            runs.append(Run(header, []))
        runs[-1].parts.append((text, width))
        runs[-1].places.append(place)

    for item in calc.inputs:
        match item:
            case HashConst(value, width):
                _add_constant(add, value, width)
            case HashField(ref):
                assert isinstance(ref.header, Header)
                owner = None if ref.header.metadata else ref.header
                if ref.field.varbit:
                    runs.append(Run(owner, [], expressions.field_path(ref)))
                else:
                    add(owner, _bits(ref, expressions), ref.field.width, _place(ref, expressions))
            case HashHeader(header):
                owner = None if header.metadata else header
                for f in header.type.fields:
                    ref = FieldRef(header, f)
                    if f.varbit:
                        runs.append(Run(owner, [], expressions.field_path(ref)))
                    else:
                        add(owner, _bits(ref, expressions), f.width, _place(ref, expressions))
    return runs


def _bits(ref: FieldRef, expressions: Expressions) -> str:
    """C text of a field's bits: an operand; of more than 128 bits an array of bytes."""
    if ref.field.width > 128:
        return expressions.field_path(ref)
    return str(expressions.read(ref, signed=False))


def _place(ref: FieldRef, expressions: Expressions) -> tuple[str, int] | None:
    """Where a field lies that is bytes of the packet: pointer to its header, bit from there."""
    if not expressions.stays_bytes(ref):
        return None
    return expressions.header(ref.header).lvalue, ref.field.offset


def _in_memory(run: Run) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Neighbours in the packet that are a sum's whole 16-bit words are left as they lie: their loads, and the other
    parts with the bits from each part's end to the end of its word."""
    loads: list[tuple[str, int]] = []
    others: list[tuple[str, int]] = []
    rest: list[tuple[str, int, int]] = []
    i = offset = 0
    while i < len(run.parts):
        place, bits, end = run.places[i], 0, i
        if place is not None and place[1] % 8 == 0 and offset % 16 == 0:
            total = 0
            while end < len(run.parts) and run.places[end] == (place[0], place[1] + total):
                total += run.parts[end][1]
                end += 1
                if total % 16 == 0:
                    bits, stop = total, end
        if place is None or bits == 0:
            text, width = run.parts[i]
            rest.append((text, width, offset))
            offset += width
            i += 1
            continue
        at, last = place[1] // 8, (place[1] + bits) // 8
        while at < last:
            n = next(n for n in (8, 4, 2) if at + n <= last)
            loads.append((place[0] + (f" + {at}" if at else ""), n))
            at += n
        offset += bits
        i = stop
    for text, width, start in rest:
        shift = -(start + width) % 16
        if width + shift > 48:  # fold before the shift, which would push bits out at the top
            text = f"(((uint64_t){text} >> 32) + ({text} & 0xffffffffu))"
        others.append((f"((uint64_t){text} << {shift})" if shift else text, width))
    return loads, others


def _add_constant(add: object, value: int, width: int) -> None:
    """Constants of any width, in pieces of 64 bits."""
    while width > 64:
        width -= 64
        add(None, constant(value >> width & (1 << 64) - 1, "u64").text, 64)  # type: ignore[operator]
    add(None, constant(value & (1 << width) - 1, "u64").text, width)  # type: ignore[operator]


def _guard(run: Run, expressions: Expressions, lines: list[str]) -> list[str]:
    if run.header is None:
        return lines
    test = expressions.is_valid(expressions.header(run.header))
    return [f"    if ({test}) {{", *("    " + line for line in lines), "    }"]


def _sum(calc: Calculation, runs: list[Run], expressions: Expressions) -> list[str] | None:
    """The internet checksum by adding the fields: 2^16 is 1 modulo 0xffff, so a field counts by its place modulo 16.

    What lies in the packet is added as it lies, up to 8 bytes at a time; bytes are exchanged once, in the result.
    """
    if any(r.bits % 16 or r.varbit or any(w > 64 for _, w in r.parts) for r in runs):
        return None
    lines: list[str] = []
    memory = numbers = False
    for run in runs:
        loads, others = _in_memory(run)
        memory, numbers = memory or bool(loads), numbers or bool(others)
        statements = [f"    memory = checksum_add_memory(memory, {at}, {n});" for at, n in loads]
        if others:
            statements += _added([term for term, _ in others])
        lines += _guard(run, expressions, statements)
    if calc.payload:
        numbers = True
        lines.append("    sum = checksum_add(sum, p->frame.payload, payload_length(p));")
    if not memory:
        return ["    uint64_t sum = 0;", *lines, "    return checksum_finish(sum);"]
    if not numbers:
        return ["    uint64_t memory = 0;", *lines, "    return checksum_finish_memory(memory);"]
    head = ["    uint64_t sum = 0, memory = 0;"]
    return [*head, *lines, "    return checksum_finish(sum + checksum_fold_memory(memory));"]


def _added(terms: list[str]) -> list[str]:
    """sum += terms"""
    statements, statement = [], "    sum +="
    for i, term in enumerate(terms):
        piece = f" {'(uint64_t)' if i == 0 and not term.startswith('((') else '+ ' if i else ''}{term}"
        if len(statement) + len(piece) > 110:
            statements.append(statement)
            statement = "       "
        statement += piece
    return [*statements, statement + ";"]


def _buffer(calc: Calculation, runs: list[Run], expressions: Expressions) -> list[str]:
    room = sum(r.bits // 8 for r in runs) + 2048 * sum(r.varbit is not None for r in runs)
    room += 1 if not calc.payload else 0
    size = f"{room} + PACKET_LENGTH_MAX" if calc.payload else str(max(room, 8))
    lines = [f"    uint8_t buffer[{size}], *b = buffer;"]
    for run in runs:
        if run.varbit:
            text = [
                f"    memcpy(b, {run.varbit}.bytes, {run.varbit}.length);",
                f"    b += {run.varbit}.length;",
            ]
        else:
            text, first, group = [], 0, list[tuple[str, int]]()
            for part in run.parts:
                group.append(part)
                bits = sum(width for _, width in group)
                if bits % 8 == 0:
                    text += store_fields(group, first)
                    first, group = first + bits // 8, []
            text.append(f"    b += {first};")
        lines += _guard(run, expressions, text)
    if calc.payload:
        lines += ["    memcpy(b, p->frame.payload, payload_length(p));", "    b += payload_length(p);"]
    return [*lines, f"    return {_call(calc, 'buffer', '(size_t)(b - buffer)')};"]


def _words(calc: Calculation, runs: list[Run], otherwise: list[str], expressions: Expressions) -> list[str]:
    """The CRC of a short key from registers, if all its headers are there."""
    bits = sum(r.bits for r in runs)
    if calc.algorithm not in CRCS or calc.payload or any(r.varbit or any(w > 128 for _, w in r.parts) for r in runs):
        return otherwise
    if bits % 8 or not 32 <= bits <= 512:
        return otherwise
    fields = [(C(text, "u64" if width <= 64 else "u128", True), width) for r in runs for text, width in r.parts]
    words = pack_words(fields)
    fast = [
        f"    const uint64_t words[{len(words)}] = {{{', '.join(words)}}};",
        f"    return hash_{calc.algorithm}_words(words, {bits // 8});",
    ]
    tests = [expressions.is_valid(expressions.header(r.header)) for r in runs if r.header is not None]
    tests = [test for test in dict.fromkeys(tests) if test != "1"]
    if not tests:
        return fast
    return [f"    if ({' && '.join(tests)}) {{", *("    " + line for line in fast), "    }", *otherwise]


def _bit_buffer(calc: Calculation, runs: list[Run], expressions: Expressions) -> list[str]:
    """Fields that do not end on bytes, in headers that may or may not be there: bit by bit."""
    room = (sum(r.bits for r in runs) + 7) // 8 + 2048 * sum(r.varbit is not None for r in runs)
    size = f"{room + 8} + PACKET_LENGTH_MAX" if calc.payload else str(room + 8)
    lines = [f"    uint8_t buffer[{size}];", "    unsigned bits = 0;", f"    memset(buffer, 0, {room + 8});"]
    for run in runs:
        text = []
        if run.varbit:
            text += [
                f"    copy_bits_in(buffer, bits, 8u * {run.varbit}.length, {run.varbit}.bytes);",
                f"    bits += 8u * {run.varbit}.length;",
            ]
        for part, width in run.parts:
            name = "copy_bits_in" if width > 128 else "store_bits"
            text += [f"    {name}(buffer, bits, {width}, {part});", f"    bits += {width};"]
        lines += _guard(run, expressions, text)
    lines.append("    size_t n = (bits + 7) / 8;")
    if calc.payload:
        lines += ["    memcpy(buffer + n, p->frame.payload, payload_length(p));", "    n += payload_length(p);"]
    return [*lines, f"    return {_call(calc, 'buffer', 'n')};"]


def _call(calc: Calculation, buffer: str, size: str) -> str:
    if calc.algorithm in CUSTOM:
        return f"crc_compute(&w->pipeline->custom_crc[{CUSTOM[calc.algorithm]}], {buffer}, {size})"
    if calc.algorithm == "toeplitz":
        return f"hash_toeplitz({buffer}, {size}, w->pipeline->toeplitz_key, TOEPLITZ_WORDS)"
    name = "csum16" if calc.algorithm == "cksum16" else calc.algorithm
    return f"hash_{name}({buffer}, {size})"


def verify_checksums(
    checksums: tuple[Checksum, ...], names: dict[str, str], expressions: Expressions, hooks: Hooks
) -> list[str]:
    """static int checksums_wrong(w, p): is any checksum that is verified wrong?"""
    lines = ["static int checksums_wrong(struct worker *w, const struct packet *p)", "{", "    int wrong = 0;"]
    lines.append("    (void)w, (void)p;")
    for i, c in enumerate(checksums):
        if not c.verify:
            continue
        tests = [expressions.is_valid(expressions.header(c.target.header))]
        if c.condition is not None:
            tests.append(expressions.truth(c.condition))
        condition = " && ".join(t for t in tests if t != "1") or "1"
        target = str(expressions.exact(c.target))
        if c.source:
            lines.append(f"    /* {c.source} */")
        wrong = hooks.checksum(i, f"{names[c.calculation.name]}(w, p)", target)
        lines += [f"    if ({condition})", f"        wrong |= {wrong};"]
    return [*lines, "    return wrong;", "}", ""]


def update_checksums(
    checksums: tuple[Checksum, ...], names: dict[str, str], expressions: Expressions, hooks: Hooks
) -> list[str]:
    """static void update_checksums(w, p): in the order of the program."""
    lines = ["static void update_checksums(struct worker *w, struct packet *p)", "{", "    (void)w, (void)p;"]
    for i, c in enumerate(checksums):
        if not c.update:
            continue
        width = c.target.field.width
        value = f"{names[c.calculation.name]}(w, p)"
        if width < 64:
            value += f" & {constant((1 << width) - 1, 'u64').text}"
        if expressions.stays_bytes(c.target):
            target = expressions.header(c.target.header).lvalue
            (store,) = store_field(target, c.target.field, C(value, "u64")) or [";"]
        else:
            path = expressions.field_path(c.target)
            store = f"wide_store({path}, {width}, wide_from({value}));" if width > 128 else f"{path} = {value};"
        if c.source:
            lines.append(f"    /* {c.source} */")
        if c.condition is not None:
            lines += [f"    if ({expressions.truth(c.condition)})", f"        {store}"]
        else:
            lines.append(f"    {store}")
        lines += hooks.checksum_updated(i)
    return [*lines, "}", ""]
