"""`@noWarn("kind")`: no warnings of this kind about what the annotation stands before."""

from __future__ import annotations

from compiler import syntax


def is_silenced(annotations: syntax.Annotations, kind: str) -> bool:
    return any(found.name == "noWarn" and f'"{kind}"' in found.body for found in annotations)
