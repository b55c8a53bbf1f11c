"""What P4Info says of the package as a whole (P4Runtime 1.4 §6.2): pkg_info."""

from __future__ import annotations

from finsy.proto import p4i

from compiler import tree
from compiler.annotations import find
from compiler.backends.p4info.describe import INT32, add_annotations, add_documentation, in_bounds
from compiler.diagnostics import Diagnostics

_TEXTS = frozenset({"name", "version", "organization", "contact", "url", "arch"})
_NUMBERS = frozenset(
    {
        "multicast_group_table_size",
        "multicast_group_table_total_replicas",
        "multicast_group_table_max_replicas_per_entry",
    }
)


def set_package_info(info: p4i.PkgInfo, package: tree.Package, architecture: str, diagnostics: Diagnostics) -> None:
    info.arch = architecture
    given = find(package.annotations, "pkginfo")
    for key, value in given.pairs if given is not None else ():
        assert given is not None
        if key not in _TEXTS:
            diagnostics.warning("unknown", f"@pkginfo has no key {key}", given.span)
        elif not isinstance(value, str):
            diagnostics.error("unsupported", f"the value of {key} in @pkginfo is not a string", given.span)
        else:
            if key == "arch":
                message = "arch in @pkginfo replaces what the compiler says of the architecture"
                diagnostics.warning("invalid", message, given.span)
            setattr(info, key, value)
    platform = find(package.annotations, "platform_property")
    if platform is not None:
        info.platform_properties.SetInParent()
        for key, value in platform.pairs:
            if key not in _NUMBERS:
                diagnostics.warning("unknown", f"@platform_property has no key {key}", platform.span)
            elif not isinstance(value, int):
                message = f"the value of {key} in @platform_property is not a number"
                diagnostics.error("unsupported", message, platform.span)
            else:
                bounded = in_bounds(value, INT32, key, platform.span, diagnostics)
                setattr(info.platform_properties, key, bounded)
    add_annotations(info, package.annotations, ignored={"pkginfo", "platform_property"})
    add_documentation(info, package.annotations)
