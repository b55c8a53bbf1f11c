"""The sections that declare stateful arrays, calculations and field lists."""

from __future__ import annotations

from switch.bmv2_json.expressions import Scope, read_data, unwrap
from switch.bmv2_json.node import Node
from switch.bmv2_json.program import (
    Calculation,
    Const,
    CounterArray,
    Expr,
    FieldList,
    FieldRef,
    HashConst,
    HashField,
    HashHeader,
    HashInput,
    Header,
    LearnList,
    MeterArray,
    RegisterArray,
    ValidBit,
    ValueSet,
)

# What runtime/hash.h has, by BMv2's names.
ALGORITHMS = {
    "crc16",
    "crc32",
    "crcCCITT",
    "csum16",
    "cksum16",
    "xor16",
    "identity",
    "xxh64",
    "toeplitz",
    "crc8_custom",
    "crc16_custom",
    "crc32_custom",
    "crc64_custom",
}


def read_counters(root: Node) -> dict[str, CounterArray]:
    counters = {}
    for index, node in enumerate(root.list_at("counter_arrays")):
        direct = node.flag("is_direct")
        size = 0 if direct else node["size"].size()
        counters[node.name()] = CounterArray(node.name(), index, size, node["binding"].text() if direct else None)
    return counters


def read_meters(root: Node, scope: Scope) -> dict[str, MeterArray]:
    meters = {}
    for index, node in enumerate(root.list_at("meter_arrays")):
        kind = node["type"].text()
        if kind not in ("bytes", "packets"):
            node["type"].fail("a meter counts 'bytes' or 'packets'")
        direct = node.flag("is_direct")
        target = scope.headers.plain_field(node["result_target"]) if direct else None
        rates = node["rate_count"].natural()
        size = node["size"].size() if node.get("size") is not None else 0
        binding = node["binding"].text() if direct else None
        meters[node.name()] = MeterArray(node.name(), index, size, kind == "bytes", rates, binding, target)
    return meters


def read_registers(root: Node) -> dict[str, RegisterArray]:
    registers = {}
    for index, node in enumerate(root.list_at("register_arrays")):
        width = node["bitwidth"].width()
        if width == 0:
            node["bitwidth"].fail("a register needs at least one bit")
        registers[node.name()] = RegisterArray(node.name(), index, node["size"].size(), width, node.flag("signed"))
    return registers


def read_value_sets(root: Node) -> dict[str, ValueSet]:
    sets = {}
    for index, node in enumerate(root.list_at("parse_vsets")):
        size = node.get("max_size")
        width = node["compressed_bitwidth"].width()
        sets[node.name()] = ValueSet(node.name(), index, width, size.size() if size is not None else 0)
    return sets


def read_calculations(root: Node, scope: Scope) -> dict[str, Calculation]:
    return {node.name(): read_calculation(node, node.name(), scope) for node in root.list_at("calculations")}


def read_calculation(node: Node, name: str, scope: Scope) -> Calculation:
    """A calculation or an action selector: algo and input."""
    algorithm = node["algo"].text()
    if algorithm not in ALGORITHMS:
        node["algo"].fail(f"unknown hash algorithm '{algorithm}'")
    inputs: list[HashInput] = []
    payload = False
    for item in node["input"]:
        kind = item["type"].text()
        if payload and kind != "payload":
            item.fail("nothing may follow the payload")
        match kind:
            case "field":
                inputs.append(HashField(scope.headers.plain_field(item["value"])))
            case "hexstr":
                width = item["bitwidth"].width()
                inputs.append(HashConst(item["value"].hex() & ((1 << width) - 1), width))
            case "header":
                inputs.append(HashHeader(scope.headers.header(item["value"])))
            case "payload":
                payload = True
            case _:
                item["type"].fail(f"'{kind}' cannot be an input of a calculation")
    return Calculation(name, algorithm, tuple(inputs), payload)


def read_ipv4_checksum(node: Node, target: FieldRef) -> Calculation:
    """P4_14's checksum of type ipv4: over the whole header, with the 16 bits at byte 10 as 0, whatever the target."""
    header = target.header
    assert isinstance(header, Header)
    inputs: list[HashInput] = []
    for field in header.type.fields:
        if field.offset == 80 and field.width == 16 and not field.varbit:
            inputs.append(HashConst(0, 16))
        elif field.offset < 96 and field.offset + field.width > 80:
            node["target"].fail(f"header '{header.name}' has no field of 16 bits at byte 10, as IPv4 has")
        else:
            inputs.append(HashField(FieldRef(header, field)))
    return Calculation(f"ipv4 checksum {node.name()}", "csum16", tuple(inputs), False)


def read_field_lists(root: Node, scope: Scope) -> dict[int, FieldList]:
    lists = {}
    for node in root.list_at("field_lists"):
        fields = []
        for item in node["elements"]:
            kind, value = unwrap(item)
            if kind == "field":
                ref = scope.headers.field(value)
                if isinstance(ref, FieldRef):
                    fields.append(ref)
            elif kind != "hexstr":  # constants are kept by no copy
                item.fail(f"'{kind}' cannot be in a field list")
        lists[node["id"].number()] = FieldList(node["id"].number(), node.name(), tuple(fields))
    return lists


def read_learn_lists(root: Node, scope: Scope) -> dict[int, LearnList]:
    lists = {}
    for node in root.list_at("learn_lists"):
        elements: list[tuple[Expr, int]] = []
        for item in node["elements"]:
            value = read_data(item, scope)
            match value:
                case FieldRef(_, f):
                    elements.append((value, f.width))
                case ValidBit():
                    elements.append((value, 1))
                case Const(number):
                    digits = len(item["value"].text().removeprefix("0x"))
                    elements.append((Const(number), digits * 4))
                case _:
                    item.fail("a learn list holds fields and constants")
        lists[node["id"].number()] = LearnList(node["id"].number(), node.name(), tuple(elements))
    return lists
