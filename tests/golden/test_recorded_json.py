"""p4c's JSON on our switch. Oracle: what BMv2 answered (golden records), or a specification (exceptions.yaml).

A program that does not pass yet is in not_reached.yaml with its reason; one that passes must not be there.
"""

from __future__ import annotations

import pytest
import yaml

from .replay import HERE, case_names, load_steps, replay

NOT_REACHED: dict[str, str] = yaml.safe_load((HERE / "not_reached.yaml").read_text()) or {}


@pytest.mark.parametrize("name", case_names())
def test_recorded_case(name: str) -> None:
    mismatches = replay(name)
    if name in NOT_REACHED:
        assert mismatches, f"{name} passes: take it out of not_reached.yaml"
        pytest.xfail(NOT_REACHED[name])
    assert not mismatches, f"{name}\n" + "\n".join(map(str, mismatches))


def test_the_lists_name_cases_that_exist() -> None:
    exceptions = yaml.safe_load((HERE / "exceptions.yaml").read_text())
    assert set(NOT_REACHED) <= set(case_names())
    assert set(exceptions) <= set(case_names())
    for name in exceptions:
        load_steps(name)
