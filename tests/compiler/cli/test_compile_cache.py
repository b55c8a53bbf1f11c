"""Unchanged input is answered from the cache, and nothing else is. Oracle: the same request without a cache."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from calling import ROOT, compile_, program

from compiler.cache import Cache
from compiler.request import Outcome, Request


def cached(*arguments: str | Path) -> bool:
    """Whether the run, which succeeds, is answered from the cache."""
    result = compile_("--json", *arguments)
    assert result.code == 0, result.out
    found = result.document["cached"]
    assert isinstance(found, bool)
    return found


def test_a_second_run_is_answered_and_writes_the_same_bytes(tmp_path: Path) -> None:
    source = program(tmp_path)
    files = ["p.json", "p.p4info.txtpb"]
    assert not cached(source, "-o", tmp_path / "one")
    assert cached(source, "-o", tmp_path / "two")
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_no_cache_compiles_again(tmp_path: Path) -> None:
    source = program(tmp_path)
    assert not cached(source, "-o", tmp_path)
    assert not cached(source, "-o", tmp_path, "--no-cache")


def test_the_environment_can_turn_the_cache_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = program(tmp_path)
    monkeypatch.setenv("P4GATE_NO_CACHE", "1")
    assert not cached(source, "-o", tmp_path) and not cached(source, "-o", tmp_path)


@pytest.mark.parametrize(
    "option",
    [
        ["-D", "X"],
        ["-U", "X"],
        ["-I", "."],
        ["--Wdisable=unused"],
        ["--max-errors", "7"],
        ["--nocpp"],
        ["--arch", "v1model"],
    ],
    ids=" ".join,
)
def test_another_option_is_another_request(tmp_path: Path, option: list[str]) -> None:
    source = program(tmp_path)
    if option == ["--nocpp"]:
        preprocessed = tmp_path / "q.p4"
        assert compile_(source, "-E", "-o", preprocessed).code == 0
        source = preprocessed
    assert not cached(source, "-o", tmp_path)
    assert not cached(source, "-o", tmp_path, *option)
    assert cached(source, "-o", tmp_path, *option)


def test_a_changed_header_is_seen_even_with_its_old_time_and_size(tmp_path: Path) -> None:
    source = program(tmp_path, 16)
    header = tmp_path / "sizes.p4"
    before = header.stat()
    assert not cached(source, "-o", tmp_path)
    header.write_text("#define SIZE 32\n")
    os.utime(header, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not cached(source, "-o", tmp_path)
    assert "size: 32" in (tmp_path / "p.p4info.txtpb").read_text()


def test_a_header_that_appears_earlier_in_the_search_path_is_seen(tmp_path: Path) -> None:
    source = program(tmp_path / "src")
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    (tmp_path / "src" / "sizes.p4").rename(tmp_path / "second" / "sizes.p4")
    arguments = (source, "-o", tmp_path, "-I", tmp_path / "first", "-I", tmp_path / "second")
    assert not cached(*arguments)
    assert cached(*arguments)
    (tmp_path / "first" / "sizes.p4").write_text("#define SIZE 99\n")
    assert not cached(*arguments)
    (tmp_path / "src" / "sizes.p4").write_text("#define SIZE 77\n")  # beside the program: earlier still
    assert not cached(*arguments)
    assert "size: 77" in (tmp_path / "p.p4info.txtpb").read_text()


def test_a_file_that_has_include_asked_for_is_seen(tmp_path: Path) -> None:
    source = program(tmp_path)
    (tmp_path / "sizes.p4").write_text('#if __has_include("big.p4")\n#define SIZE 512\n#else\n#define SIZE 8\n#endif\n')
    assert not cached(source, "-o", tmp_path)
    (tmp_path / "big.p4").touch()
    assert not cached(source, "-o", tmp_path)
    assert "size: 512" in (tmp_path / "p.p4info.txtpb").read_text()
    assert cached(source, "-o", tmp_path)
    (tmp_path / "big.p4").unlink()
    assert not cached(source, "-o", tmp_path)


def test_a_program_that_tells_the_time_is_never_answered_from_the_cache(tmp_path: Path) -> None:
    source = program(tmp_path)
    source.write_text(source.read_text() + "@when(__TIME__) struct unused_t { }\n")
    assert not cached(source, "-o", tmp_path)
    assert not cached(source, "-o", tmp_path)


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    source = program(tmp_path)
    pipe = tmp_path / "pipe.p4"
    os.mkfifo(pipe)
    for size in (3, 5):
        text = source.read_text().replace("SIZE", str(size)).replace('#include "sizes.p4"', "")
        writer = threading.Thread(target=pipe.write_text, args=(text,))
        writer.start()
        assert not cached(pipe, "-o", tmp_path)
        writer.join()
        assert f"size: {size}" in (tmp_path / "pipe.p4info.txtpb").read_text()


def test_another_working_folder_is_another_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("a", 1), ("b", 2)):
        program(tmp_path / name, size)
        monkeypatch.chdir(tmp_path / name)
        assert not cached("p.p4")
        assert f"size: {size}" in Path("p.p4info.txtpb").read_text()


def test_warnings_are_told_again_as_they_were(tmp_path: Path) -> None:
    source = program(tmp_path)
    source.write_text(source.read_text().replace("apply { t.apply()", "bit<8> x = 300; apply { t.apply()"))
    first = compile_(source, "-o", tmp_path)
    second = compile_(source, "-o", tmp_path)
    assert "warning: " in first.err and "^" in first.err
    assert second.err == first.err
    assert compile_(source, "-o", tmp_path, "--json").document["cached"]
    formats = [compile_(source, "-o", tmp_path, "--diagnostics-format", form).err for form in ("json", "lsp")]
    fresh = [
        compile_(source, "-o", tmp_path, "--no-cache", "--diagnostics-format", form).err for form in ("json", "lsp")
    ]
    assert formats == fresh


def test_errors_are_told_again_and_end_in_the_same_status(tmp_path: Path) -> None:
    source = program(tmp_path)
    source.write_text(source.read_text().replace("std.egress_spec = port", "std.egress_spec = nowhere"))
    first = compile_(source, "-o", tmp_path)
    assert first.code == 1 and "nowhere" in first.err
    second = compile_(source, "-o", tmp_path, "--json")
    assert second.code == 1 and second.document["cached"]
    assert compile_(source, "-o", tmp_path).err == first.err


@pytest.mark.parametrize("damage", [b"", b"nonsense", None], ids=["emptied", "overwritten", "one byte flipped"])
def test_a_damaged_entry_is_a_miss(tmp_path: Path, cache_folder: Path, damage: bytes | None) -> None:
    source = program(tmp_path)
    assert not cached(source, "-o", tmp_path)
    (entry,) = cache_folder.rglob("*.p4gate")
    data = bytearray(entry.read_bytes())
    data[-20] ^= 1
    entry.write_bytes(bytes(data) if damage is None else damage)
    assert not cached(source, "-o", tmp_path)
    assert cached(source, "-o", tmp_path)


def test_without_a_place_for_the_cache_it_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = program(tmp_path)
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))
    assert not cached(source, "-o", tmp_path) and not cached(source, "-o", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the XDG specification: to be ignored
    monkeypatch.setenv("HOME", str(in_the_way))
    assert not cached(source, "-o", tmp_path) and not cached(source, "-o", tmp_path)
    assert not Path("relative").exists()


def test_the_cache_is_bounded_and_forgets_what_was_unused_for_longest(tmp_path: Path) -> None:
    source = program(tmp_path)
    assert compile_(source, "-o", tmp_path, "--no-cache").code == 0
    folder = tmp_path / "bounded"
    outcome = Outcome(compiled_diagnostics(source), {"json": b"x" * 10_000}, files_of(source))
    cache = Cache(folder, max_bytes=35_000)
    requests = [Request(str(source), defines=(f"N={number}",)) for number in range(4)]
    for age, request in enumerate(requests[:3]):
        cache.store(request, outcome)
        (new,) = set(folder.iterdir()) - {path for path in folder.iterdir() if path.stat().st_mtime < 1000}
        os.utime(new, (age, age))
    assert cache.look_up(requests[0]) is not None  # used: now the youngest
    cache.store(requests[3], outcome)
    found = [cache.look_up(request) is not None for request in requests]
    assert found == [True, False, True, True]
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 35_000


def compiled_diagnostics(source: Path):  # type: ignore[no-untyped-def]
    from compiler.build import run

    return run(Request(str(source)), use_cache=False).diagnostics


def files_of(source: Path):  # type: ignore[no-untyped-def]
    from compiler.build import run

    return run(Request(str(source)), use_cache=False).files


def test_runs_at_the_same_time_do_not_disturb_one_another(tmp_path: Path) -> None:
    sources = [program(tmp_path / str(number), number + 1) for number in range(2)]
    outcomes = [
        Outcome(compiled_diagnostics(source), {"json": str(source).encode()}, files_of(source)) for source in sources
    ]
    cache = Cache(tmp_path / "shared")
    wrong: list[bytes] = []

    def work(index: int) -> None:
        for _ in range(50):
            cache.store(Request(str(sources[index])), outcomes[index])
            for source in sources:
                found = cache.look_up(Request(str(source)))
                if found is not None and found.artefacts != {"json": str(source).encode()}:
                    wrong.append(str(found.artefacts).encode())

    threads = [threading.Thread(target=work, args=(index,)) for index in (0, 1, 0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert all(cache.look_up(Request(str(source))) is not None for source in sources)


def test_an_answer_from_the_cache_loads_neither_the_stages_nor_their_libraries(tmp_path: Path) -> None:
    source = program(tmp_path)
    assert not cached(source, "-o", tmp_path)
    code = "import sys, p4gate\ntry:\n    p4gate.main(prog_name='p4gate')\nfinally:\n    print(*sorted(sys.modules))"
    command = [sys.executable, "-c", code, "compile", str(source), "-o", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not cached(source, "-o", tmp_path, "--no-cache")
    loaded = set(done.stdout.split())
    assert "compiler.cache" in loaded
    heavy = {"compiler.driver", "compiler.lexer", "compiler.source", "finsy", "google.protobuf", "grpc", "pydantic"}
    assert not loaded & (heavy | {"rich", "yaml", "networkx"})
