"""Header types in C: the struct, extract (bytes -> struct) and emit (struct -> bytes)."""

from __future__ import annotations

from switch.bmv2_json.program import Field, HeaderType
from switch.codegen.layout import Layout
from switch.codegen.values import constant
from switch.errors import BadProgram


def c_type(width: int) -> str:
    """The narrowest C type for a field up to 128 bits."""
    for bits in (8, 16, 32, 64):
        if width <= bits:
            return f"uint{bits}_t"
    return "unsigned __int128"


def declare(layout: Layout, header_type: HeaderType, needed: set[str] | None = None) -> list[str]:
    """The struct; of its fields those whose C names are `needed`, by default all."""
    names = layout.field_names[header_type.name]
    lines = [f"struct {layout.type_names[header_type.name]} {{"]
    fields = [f for f in header_type.fields if needed is None or names[f.name] in needed]
    for f in fields:
        if f.varbit:
            room = max(1, (f.width + 7) // 8)
            lines.append(
                f"    struct {{ uint16_t length; uint8_t bytes[{room}]; }} {names[f.name]}; /* varbit, in bytes */"
            )
        elif f.width > 128:
            lines.append(f"    uint8_t {names[f.name]}[{(f.width + 7) // 8}]; /* {f.width} bits, big-endian */")
        else:
            odd = f" /* {f.width} bits */" if f.width not in (8, 16, 32, 64, 128) else ""
            lines.append(f"    {c_type(f.width)} {names[f.name]};{odd}")
    if not fields:
        lines.append("    uint8_t nothing;")
    return [*lines, "};", ""]


def _groups(header_type: HeaderType) -> list[list[Field]]:
    """Runs of fields that begin and end on a byte boundary."""
    groups: list[list[Field]] = [[]]
    for f in header_type.fields:
        if f.varbit:
            if f.offset % 8:
                raise BadProgram(f"header_types: '{header_type.name}.{f.name}' does not begin at a byte boundary")
            groups.append([f])
            groups.append([])
            continue
        if f.width == 0:
            continue
        groups[-1].append(f)
        if (f.offset + f.width) % 8 == 0:
            groups.append([])
    return [g for g in groups if g]


def extract(layout: Layout, header_type: HeaderType) -> list[str]:
    """extract_T(h, b) or, with a varbit field, extract_T(h, b, varbit_bytes)."""
    name = layout.type_names[header_type.name]
    names = layout.field_names[header_type.name]
    varbit = header_type.varbit
    extra = ", unsigned varbit_bytes" if varbit else ""
    lines = [f"static inline void extract_{name}(struct {name} *h, const uint8_t *b{extra})", "{"]
    for f in header_type.fields:
        target = f"h->{names[f.name]}"
        if f.varbit:
            lines.append(f"    {target}.length = (uint16_t)varbit_bytes;")
            lines.append(f"    memcpy({target}.bytes, b + {f.offset // 8}, varbit_bytes);")
            lines.append("    b += varbit_bytes;")
        elif f.width > 128:
            if f.offset % 8 or f.width % 8:
                lines.append(f"    copy_bits_out({target}, b, {f.offset}, {f.width});")
            else:
                lines.append(f"    memcpy({target}, b + {f.offset // 8}, {f.width // 8});")
        elif f.width:
            lines.append(f"    {target} = {_load(f)};")
    if not header_type.fields:
        lines.append("    (void)h, (void)b;")
    return [*lines, "}", ""]


def _load(f: Field) -> str:
    first, last = f.offset // 8, (f.offset + f.width - 1) // 8
    n = last - first + 1
    right = 7 - (f.offset + f.width - 1) % 8
    if n > 8:
        aligned = f.offset % 8 == 0 and f.width % 8 == 0
        cast = "" if f.width > 64 else "(uint64_t)"
        return f"load_be128(b + {first}, {n})" if aligned else f"{cast}load_bits(b, {f.offset}, {f.width})"
    text = f"b[{first}]" if n == 1 else f"load_be(b + {first}, {n})".replace("b + 0,", "b,")
    if right:
        text = f"{text} >> {right}"
    if f.offset % 8:
        text = f"{text} & {constant((1 << f.width) - 1, 'u64').text}"
    cast = f"({c_type(f.width)})" if n > 1 and f.width <= 32 and not text.startswith("b[") else ""
    return f"{cast}({text})" if cast and (right or f.offset % 8) else f"{cast}{text}"


def emit(layout: Layout, header_type: HeaderType) -> list[str]:
    """emit_T(b, h): writes length_T(h) bytes."""
    name = layout.type_names[header_type.name]
    names = layout.field_names[header_type.name]
    lines = [f"static inline void emit_{name}(uint8_t *b, const struct {name} *h)", "{"]
    for group in _groups(header_type):
        lines += _emit_group(group, names)
    if not _groups(header_type):
        lines.append("    (void)h, (void)b;")
    lines += ["}", ""]
    if header_type.varbit:
        member = names[header_type.varbit.name]
        length = f"{header_type.fixed_bits // 8}u + h->{member}.length"
        lines += [
            f"static inline unsigned length_{name}(const struct {name} *h)",
            "{",
            f"    return {length};",
            "}",
            "",
        ]
    return lines


def _emit_group(group: list[Field], names: dict[str, str]) -> list[str]:
    if group[0].varbit:
        member = f"h->{names[group[0].name]}"
        return [
            f"    memcpy(b + {group[0].offset // 8}, {member}.bytes, {member}.length);",
            f"    b += {member}.length;",
        ]
    return store_fields([(f"h->{names[f.name]}", f.width) for f in group], group[0].offset // 8)


def store_fields(parts: list[tuple[str, int]], first: int) -> list[str]:
    """Statements that write bit fields one after the other from byte `first` of b on: (C text, width) each.

    Their total width is rounded up to bytes with zeros. Fields wider than 128 bits are byte arrays. Values have no bits
    above their width.
    """
    bits = sum(width for _, width in parts)
    if bits <= 64 and bits % 8 == 0:
        terms, left = [], bits
        for text, width in parts:
            left -= width
            cast = "(uint64_t)" if left and left + width > 31 else ""
            terms.append(f"{cast}{text} << {left}" if left else text)
        value = " | ".join(terms)
        if bits == 8:
            return [f"    b[{first}] = (uint8_t)({value});" if len(terms) > 1 else f"    b[{first}] = {value};"]
        return [f"    store_be(b + {first}, {bits // 8}, {value});".replace("b + 0,", "b,")]
    if len(parts) == 1 and bits % 8 == 0:
        text = parts[0][0]
        if bits <= 128:
            return [f"    store_be128(b + {first}, {bits // 8}, {text});"]
        return [f"    memcpy(b + {first}, {text}, {bits // 8});"]
    lines = [f"    memset(b + {first}, 0, {(bits + 7) // 8});"]
    offset = first * 8
    for text, width in parts:
        name = "copy_bits_in" if width > 128 else "store_bits"
        lines.append(f"    {name}(b, {offset}, {width}, {text});")
        offset += width
    return lines


def packet_struct(layout: Layout, buckets: int, key_words: int) -> list[str]:
    """struct packet and what asks and sets validity. `buckets`: of exact tables, fetched before they are probed;
    `key_words`: of the keys of all tables that are prefetched."""
    lines = ["/* Everything the program knows of one packet. */", "struct packet {", "    struct frame frame;"]
    lines.append(f"    uint64_t valid[{layout.valid_words}]; /* a bit for each header */")
    if buckets:
        lines.append(f"    const uint64_t *bucket[{buckets}]; /* where look-ups begin that were prefetched */")
    if key_words:
        lines.append(f"    uint64_t key[{key_words}]; /* of look-ups that were prefetched */")
    if layout.counted_stacks:
        stacks = ", ".join(layout.counted_stacks)
        lines.append(f"    uint8_t next[{len(layout.counted_stacks)}]; /* of the stacks {stacks} */")
    lines.append("    struct {")
    for header_type, member in layout.metadata:
        lines.append(f"        struct {layout.type_names[header_type.name]} {member};")
    lines.append("    } metadata; /* all 0 in a new packet */")
    if layout.bytes_of:
        lines.append(
            f"    uint64_t parsed[{layout.valid_words}]; /* valid after the parser, as long as all lie as they came */"
        )
        lines.append("    struct {")
        lines += [f"        uint8_t *{member};" for _, member in layout.bytes_of]
        lines.append("    } at; /* the bytes of each header: in the packet, or in `room` */")
        lines.append("    struct {")
        lines += [f"        uint8_t {member}[{header.type.fixed_bits // 8}];" for header, member in layout.bytes_of]
        lines.append("        uint8_t behind[8]; /* fields are loaded by whole words */")
        lines.append("    } room;")
    for header_type, member, count in layout.arrays:
        suffix = f"[{count}]" if count else ""
        lines.append(f"    struct {layout.type_names[header_type.name]} {member}{suffix};")
    lines += ["};", ""]
    one = layout.valid_words == 1
    word, bit = ("valid[0]", "bit") if one else ("valid[bit / 64]", "bit % 64")
    lines += [
        "static inline int is_valid(const struct packet *p, unsigned bit)",
        "{",
        f"    return p->{word} >> {bit if one else f'({bit})'} & 1;",
        "}",
        "",
        "static inline void set_valid(struct packet *p, unsigned bit)",
        "{",
        f"    p->{word} |= UINT64_C(1) << {bit if one else f'({bit})'};",
        "}",
        "",
        "static inline void set_invalid(struct packet *p, unsigned bit)",
        "{",
        f"    p->{word} &= ~(UINT64_C(1) << {bit if one else f'({bit})'});",
        "}",
        "",
        "/* A packet before parsing: no header valid, metadata 0. */",
        "static inline void reset_headers(struct packet *p)",
        "{",
        "    memset(p->valid, 0, sizeof p->valid);",
        *(["    memset(p->next, 0, sizeof p->next);"] if layout.counted_stacks else []),
        "    memset(&p->metadata, 0, sizeof p->metadata);",
        "}",
        "",
        "/* A copy of a packet: its header bytes are its own. */",
        "static inline void own_headers(struct packet *p)",
        "{",
        "    (void)p;",
    ]
    for _, member in layout.bytes_of:
        lines.append(f"    memmove(p->room.{member}, p->at.{member}, sizeof p->room.{member});")
        lines.append(f"    p->at.{member} = p->room.{member};")
    if layout.bytes_of:
        lines.append("    memset(p->parsed, 0xff, sizeof p->parsed);")
    lines += ["}", ""]
    return lines
