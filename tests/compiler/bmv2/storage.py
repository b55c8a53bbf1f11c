"""Headers, fields and expressions of BMv2 JSON, for the interpreter: integers of any size, cut when stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass
class Packet:
    """One packet on its way: all headers and metadata."""

    valid: set[str]
    fields: dict[tuple[str, str], int]
    varbits: dict[tuple[str, str], bytes]
    """Variable-length fields."""
    stack_next: dict[str, int]
    payload: bytes = b""
    clone: tuple[int, int] | None = None
    resubmit: int = 0
    recirculate: int = 0
    truncate: int | None = None
    exited: bool = False
    digest: list[int] | None = None


class Storage:
    """What the JSON says of headers, and the value of fields and expressions for a packet."""

    def __init__(self, json: Json) -> None:
        self.json = json
        types = {x["name"]: x for x in json["header_types"]}
        self.types = {h["name"]: types[h["header_type"]]["fields"] for h in json["headers"]}
        self.max_length = {h["name"]: types[h["header_type"]].get("max_length", 0) for h in json["headers"]}
        self.metadata = {h["name"] for h in json["headers"] if h["metadata"]}
        self.headers_by_id = {h["id"]: h["name"] for h in json["headers"]}
        self.stacks = {s["name"]: [self.headers_by_id[i] for i in s["header_ids"]] for s in json["header_stacks"]}
        unions = {u["id"]: u for u in json["header_unions"]}
        self.unions = {u["name"]: [self.headers_by_id[i] for i in u["header_ids"]] for u in unions.values()}
        self.union_of = {h: name for name, members in self.unions.items() for h in members}
        self.union_stacks = {
            s["name"]: [unions[i]["name"] for i in s["header_union_ids"]] for s in json["header_union_stacks"]
        }
        self.widths = {(h, f[0]): (f[1], len(f) > 2 and bool(f[2])) for h, fs in self.types.items() for f in fs}

    # --- storage ---

    def _field(self, packet: Packet, header: str, name: str) -> int:
        if name == "$valid$":
            return int(header in packet.valid)
        if (header, name) in packet.varbits:
            return int.from_bytes(packet.varbits[header, name], "big")  # BMv2 sees a number, without its length
        return packet.fields[header, name]

    def _store(self, packet: Packet, place: tuple[str, ...], value: int) -> None:
        width, signed = self.widths[place]  # type: ignore[index]
        value = int(value) & (1 << width) - 1
        if signed and value >> width - 1:
            value -= 1 << width
        packet.fields[place] = value  # type: ignore[index]

    def _set_valid(self, packet: Packet, header: str) -> None:
        if header in self.union_of:
            packet.valid -= set(self.unions[self.union_of[header]])
        packet.valid.add(header)

    # --- expressions ---

    def _eval(self, json: Json, packet: Packet, data: list[int] | None = None) -> Any:
        value = json["value"]
        match json["type"]:
            case "hexstr":
                return int(value, 16)
            case "bool":
                return value
            case "field":
                return self._field(packet, *value)
            case "runtime_data" | "local":
                assert data is not None
                return data[value]
            case "stack_field":
                return packet.fields[self._last(packet, value[0]), value[1]]
            case "header" | "header_stack" | "header_union" | "header_union_stack" | "string":
                return value
            case "expression":
                return self._operation(value, packet, data) if "op" in value else self._eval(value, packet, data)
            case kind:
                raise AssertionError(kind)

    def _operation(self, json: Json, packet: Packet, data: list[int] | None) -> Any:
        op = json["op"]
        if op == "?":
            return self._eval(json["left" if self._eval(json["cond"], packet, data) else "right"], packet, data)
        right = self._eval(json["right"], packet, data)
        if json["left"] is None:
            return self._unary(op, right, packet)
        left = self._eval(json["left"], packet, data)
        if op in ("and", "or", "==", "!="):
            assert isinstance(left, bool) == isinstance(right, bool), json
            return {"and": left and right, "or": left or right, "==": left == right, "!=": left != right}[op]
        assert not isinstance(left, bool) and not isinstance(right, bool), json
        match op:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left // right
            case "%":
                return left % right
            case "<<":
                return left << right
            case ">>":
                return left >> right
            case "&":
                return left & right
            case "|":
                return left | right
            case "^":
                return left ^ right
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case ">=":
                return left >= right
            case "two_comp_mod":
                low = left & (1 << right) - 1
                return low - (1 << right) if low >> right - 1 else low
            case "usat_cast":
                return max(0, min(left, (1 << right) - 1))
            case "sat_cast":
                return max(-(1 << right - 1), min(left, (1 << right - 1) - 1))
            case _:
                raise AssertionError(op)

    def _unary(self, op: str, right: Any, packet: Packet) -> Any:
        match op:
            case "not":
                assert isinstance(right, bool)
                return not right
            case "d2b":
                assert not isinstance(right, bool)
                return bool(right)
            case "b2d":
                assert isinstance(right, bool)
                return int(right)
            case "~":
                return ~right
            case "-":
                return -right
            case "last_stack_index":
                return packet.stack_next[right] - 1
            case "valid_union":
                return any(h in packet.valid for h in self.unions[right])
            case _:
                raise AssertionError(op)

    def _last(self, packet: Packet, stack: str) -> str:
        return self.stacks[stack][max(packet.stack_next[stack] - 1, 0)]
