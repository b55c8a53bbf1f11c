"""The two files of a compiled program, and whether a switch runs it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from finsy.proto import p4i, p4r
from google.protobuf import text_format

from .errors import NoPipeline


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A compiled program as it is pushed: P4Info, the device's part (BMv2 JSON), and a cookie made from both."""

    source: str
    info: p4i.P4Info
    device_config: bytes
    cookie: int

    def config(self) -> p4r.ForwardingPipelineConfig:
        return p4r.ForwardingPipelineConfig(
            p4info=self.info,
            p4_device_config=self.device_config,
            cookie=p4r.ForwardingPipelineConfig.Cookie(cookie=self.cookie),
        )

    def runs_on(self, held: p4r.ForwardingPipelineConfig) -> bool:
        """Is this what the switch runs? By the cookie, else (another loader may have set none) by the contents."""
        if held.HasField("cookie") and held.cookie.cookie == self.cookie:
            return True
        return held.p4_device_config == self.device_config and held.p4info == self.info


def load_pipeline(path: str | Path) -> Pipeline:
    """Read NAME.json and NAME.p4info.txtpb beside it. `path`: the JSON file, or a folder that holds one program."""
    given = Path(path)
    if given.is_dir():
        programs = sorted(p for p in given.glob("*.json") if _info_path(p).exists())
        if len(programs) != 1:
            many = ", ".join(p.name for p in programs) or "none"
            raise NoPipeline(
                f"{given}: one compiled program belongs there and there is {many}. Compile it "
                f"(p4gate compile PROGRAM.p4 -o {given}), or name the JSON file."
            )
        given = programs[0]
    info = p4i.P4Info()
    try:
        config = given.read_bytes()
        text = _info_path(given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        missing = getattr(error, "filename", None) or given
        raise NoPipeline(f"{missing}: cannot be read: {why}. Compile the program (p4gate compile) first.") from None
    try:
        text_format.Parse(text, info)
    except text_format.ParseError as error:
        raise NoPipeline(
            f"{_info_path(given)}: not a P4Info in text form: {error}. Compile the program anew."
        ) from None
    digest = hashlib.sha256(config + info.SerializeToString(deterministic=True)).digest()
    return Pipeline(str(given), info, config, int.from_bytes(digest[:8], "big") or 1)


def _info_path(program: Path) -> Path:
    return program.with_suffix(".p4info.txtpb")
