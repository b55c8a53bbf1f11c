"""Table entries in the source (P4_16 spec §14.2.1.4)."""

from __future__ import annotations

from compiler import syntax, tree
from compiler.check import annotating, constants, fold, labels
from compiler.check.context import Env
from compiler.check.table_actions import ActionList, reference_call


def check_entries(
    env: Env, node: syntax.EntriesProperty, keys: list[tree.Key], written_keys: int, actions: ActionList
) -> list[tree.Entry]:
    """The entries that are right. Where a key of the table is wrong (`keys` are fewer than were written), labels are
    not checked.
    """
    made = []
    _check_priorities(env, node, keys)
    for entry in node.entries:
        given = _keys(env, entry, keys) if len(keys) == written_keys else None
        call = reference_call(env, entry.action, actions)
        priority = None if entry.priority is None else constants.integer(env, entry.priority, "a priority", "expected")
        if given is None or call is None:
            continue
        action, arguments = call
        annotations = annotating.evaluate(env, entry.annotations)
        const = entry.is_const or node.is_const
        made.append(tree.Entry(given, action, arguments, priority, const, annotations, entry.span))
    return made


def _check_priorities(env: Env, node: syntax.EntriesProperty, keys: list[tree.Key]) -> None:
    """Priorities need a key for which entries can overlap; if any entry has one, the first must (§14.2.1.4)."""
    with_priority = [entry for entry in node.entries if entry.priority is not None]
    if not with_priority:
        return
    if not any(key.match_kind in ("ternary", "range", "optional") for key in keys):
        env.error("unsupported", "entries of this table cannot have priorities, as none overlap", with_priority[0].span)
    elif node.is_const:
        env.error("invalid", "const entries cannot have priorities: their order decides", with_priority[0].span)
    elif node.entries[0].priority is None:
        env.error("expected", "the first entry needs a priority, as others have one", node.entries[0].span)


def _keys(env: Env, entry: syntax.TableEntry, keys: list[tree.Key]) -> tuple[tree.Expression, ...] | None:
    types_ = [key.expression.type for key in keys]
    made = labels.labels(env, entry.keysets, types_, "the key of an entry", entry, entry.span)
    if made is None:
        return None
    for key, label in zip(keys, made, strict=True):
        problem = _problem(key.match_kind, label)
        if problem is not None:
            env.target_error("invalid", problem, label.span)
    return made


def _problem(match_kind: str, label: tree.Expression) -> str | None:
    """Why a label cannot be matched in that way; None if it can (match kinds of other architectures
    take everything).
    """
    allowed = _ALLOWED.get(match_kind)
    if allowed is None:
        return None
    what = {tree.Mask: "a mask", tree.Range: "a range", tree.DontCare: "_"}.get(type(label))
    if what is not None and type(label) not in allowed:
        return f"{what} cannot be the key of an entry that is matched {match_kind}"
    if match_kind == "lpm" and isinstance(label, tree.Mask):
        return _prefix_problem(label)
    return None


def _prefix_problem(label: tree.Mask) -> str | None:
    mask = fold.integer(label.mask)
    if mask is None:
        return None
    width = label.value.type.width if hasattr(label.value.type, "width") else mask.bit_length()
    hole = ((1 << width) - 1) ^ (mask & ((1 << width) - 1))
    if hole & (hole + 1):
        return "the mask of a key that is matched lpm must be a prefix"
    return None


_ALLOWED: dict[str, tuple[type, ...]] = {
    "exact": (),
    "lpm": (tree.Mask, tree.DontCare),
    "ternary": (tree.Mask, tree.DontCare),
    "range": (tree.Range, tree.DontCare),
    "optional": (tree.DontCare,),
}
