"""Generated C computes what BMv2 computes: random expressions of every operator over fields of many widths.

Oracle: a second, stupid implementation: Python's integers, which have any size, cut when stored (docs/JSON_format.md).
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from switch.engine import Engine

from .program import field, program

INPUTS = [
    ("a1", 1, False),
    ("a7", 7, False),
    ("a8", 8, False),
    ("a13", 13, False),
    ("a16", 16, False),
    ("a32", 32, False),
    ("a33", 33, False),
    ("a48", 48, False),
    ("a64", 64, False),
    ("a65", 65, False),
    ("a100", 100, False),
    ("a128", 128, False),
    ("a200", 200, False),
    ("s2", 2, True),
    ("s8", 8, True),
    ("s31", 31, True),
    ("s64", 64, True),
    ("s90", 90, True),
    ("s130", 130, True),
]
OUTPUT_WIDTHS = [1, 5, 8, 12, 16, 32, 40, 64, 77, 128, 150]
EXPRESSIONS = 50
PACKETS = 100


@pytest.mark.parametrize("seed", range(3))
def test_random_expressions_equal_big_integers(seed: int) -> None:
    rng = random.Random(seed)
    trees = [_data(rng, 4) for _ in range(EXPRESSIONS)]
    outputs = [(f"o{i}", rng.choice(OUTPUT_WIDTHS), rng.random() < 0.2) for i in range(EXPRESSIONS)]
    outputs = [(n, max(w, 2) if s else w, s) for n, w, s in outputs]
    primitives = [
        {"op": "assign", "parameters": [field("o", name), {"type": "expression", "value": tree}]}
        for (name, _, _), tree in zip(outputs, trees, strict=True)
    ]
    with Engine.load(program(INPUTS, outputs, primitives), optimise="quick") as engine:
        for _ in range(PACKETS):
            values = {name: _interesting(width, rng) for name, width, _ in INPUTS}
            [(port, got)] = engine.process(1, _pack([(values[n], w) for n, w, _ in INPUTS]))
            assert port == 1
            signed = {
                n: v - (1 << w) if s and v >> w - 1 else v for (n, w, s), v in zip(INPUTS, values.values(), strict=True)
            }
            wanted = [(_evaluate(t, signed) & (1 << w) - 1, w) for t, (_, w, _) in zip(trees, outputs, strict=True)]
            if got != _pack(wanted):
                found = _unpack(got, [w for _, w in wanted])
                wrong = [i for i, (x, _) in enumerate(wanted) if x != found[i]]
                raise AssertionError([(trees[i], hex(found[i]), hex(wanted[i][0]), values) for i in wrong][:1])


def _interesting(width: int, rng: random.Random) -> int:
    """Edges as often as values in between."""
    full = (1 << width) - 1
    return rng.choice([0, 1, full, full >> 1, 1 << width - 1, rng.getrandbits(width), rng.getrandbits(width)]) & full


def _pack(values: list[tuple[int, int]]) -> bytes:
    bits = width = 0
    for value, w in values:
        bits, width = bits << w | value, width + w
    pad = -width % 8
    return (bits << pad).to_bytes((width + pad) // 8, "big")


def _unpack(data: bytes, widths: list[int]) -> list[int]:
    bits = int.from_bytes(data, "big") >> -sum(widths) % 8
    found = []
    for width in reversed(widths):
        found.append(bits & (1 << width) - 1)
        bits >>= width
    return found[::-1]


# ---- random trees, in JSON


def _wrap(op: str, left: Any, right: Any, **more: Any) -> dict[str, Any]:
    return {"type": "expression", "value": {"op": op, "left": left, "right": right, **more}}


def _constant(value: int) -> dict[str, Any]:
    return {"type": "hexstr", "value": hex(value)}


def _data(rng: random.Random, depth: int) -> dict[str, Any]:
    if depth == 0 or rng.random() < 0.15:
        if rng.random() < 0.3:
            width = rng.choice([1, 3, 8, 16, 32, 64, 65, 128, 140])
            value = rng.getrandbits(width)
            return _constant(-value if rng.random() < 0.2 else value)
        return field("i", rng.choice(INPUTS)[0])
    op = rng.choice(
        ["+", "-", "*", "&", "|", "^", "~", "<<", ">>", "?", "b2d", "&mask", "cast", "sat", "usat", "/", "%"]
    )
    match op:
        case "~":
            return _wrap("~", None, _data(rng, depth - 1))
        case "<<" | ">>":
            by = _constant(rng.randrange(0, 70)) if rng.random() < 0.6 else field("i", rng.choice(["a1", "a7", "a8"]))
            return _wrap(op, _data(rng, depth - 1), by)
        case "?":
            return _wrap("?", _data(rng, depth - 1), _data(rng, depth - 1), cond=_bool(rng, depth - 1))
        case "b2d":
            return _wrap("b2d", None, _bool(rng, depth - 1))
        case "&mask":
            return _wrap("&", _data(rng, depth - 1), _constant((1 << rng.choice([1, 8, 16, 31, 32, 64, 100])) - 1))
        case "cast":
            return _wrap(
                "two_comp_mod", _data(rng, depth - 1), _constant(rng.choice([1, 2, 8, 31, 32, 64, 65, 128, 140]))
            )
        case "sat" | "usat":
            return _wrap(f"{op}_cast", _data(rng, depth - 1), _constant(rng.choice([1, 8, 16, 32, 64, 100])))
        case "/" | "%":  # defined for a >= 0, b > 0 only
            width = rng.choice([8, 32, 64, 128])
            natural = _wrap("&", _data(rng, depth - 1), _constant((1 << width) - 1))
            return _wrap(op, natural, _constant(rng.choice([1, 2, 7, 8, 255, 1 << 20, (1 << 70) + 3])))
    return _wrap(op, _data(rng, depth - 1), _data(rng, depth - 1))


def _bool(rng: random.Random, depth: int) -> dict[str, Any]:
    if depth == 0:
        return _wrap("d2b", None, field("i", rng.choice(INPUTS)[0]))
    op = rng.choice(["==", "!=", "<", ">", "<=", ">=", "and", "or", "not", "d2b", "==b", "!=b"])
    if op in ("and", "or", "==b", "!=b"):
        return _wrap(op, _bool(rng, depth - 1), _bool(rng, depth - 1))
    if op == "not":
        return _wrap(op, None, _bool(rng, depth - 1))
    if op == "d2b":
        return _wrap(op, None, _data(rng, depth - 1))
    return _wrap(op, _data(rng, depth - 1), _data(rng, depth - 1))


# ---- the stupid implementation


def _evaluate(node: dict[str, Any], fields: dict[str, int]) -> int:
    if node["type"] == "field":
        return fields[node["value"][1]]
    if node["type"] == "hexstr":
        return int(node["value"], 16)
    e = node["value"]
    op = e["op"]
    right = _evaluate(e["right"], fields)
    if op in ("~", "not", "b2d", "d2b"):
        return {"~": ~right, "not": int(not right), "b2d": right, "d2b": int(right != 0)}[op]
    left = _evaluate(e["left"], fields)
    match op:
        case "?":
            return left if _evaluate(e["cond"], fields) else right
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
        case "&":
            return left & right
        case "|":
            return left | right
        case "^":
            return left ^ right
        case "<<":
            return left << right
        case ">>":
            return left >> right
        case "two_comp_mod":
            low = left & (1 << right) - 1
            return low - (1 << right) if low >> right - 1 else low
        case "sat_cast":
            return max(-(1 << right - 1), min((1 << right - 1) - 1, left))
        case "usat_cast":
            return max(0, min((1 << right) - 1, left))
        case "and" | "or":
            return int(bool(left and right) if op == "and" else bool(left or right))
        case "==" | "==b":
            return int(left == right)
        case "!=" | "!=b":
            return int(left != right)
        case "<":
            return int(left < right)
        case ">":
            return int(left > right)
        case "<=":
            return int(left <= right)
        case ">=":
            return int(left >= right)
    raise AssertionError(op)
