"""switch/runtime/hash.c, crc.c, checksum.h: published check values, records of BMv2, and bitwise definitions."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_library import load, load_portable_hashes, words_of

# Oracle: recorded from BMv2 (golden hash_algorithms, hash_one_field, checksum_crc_algorithms): bytes, then each result.
RECORDED: list[tuple[str, dict[str, int]]] = [
    ("00000000000000000000000000", {"crc16": 0, "crc32": 0x0F744682, "csum16": 0xFFFF, "xor16": 0, "identity": 0}),
    ("0a0000010a000002060016e913", {"crc16": 0x1451, "crc32": 0x9EE64316, "csum16": 0xBC13, "xor16": 0x03EA}),
    ("ffffffffffffffffffffffffff", {"crc16": 0x7F01, "crc32": 0xF2D6F3C1, "csum16": 0x00FF, "xor16": 0xFF00}),
    ("01020304050607080910111213", {"crc16": 0x8CB8, "crc32": 0xB77BFA6C, "csum16": 0xC2C9, "xor16": 0x0B0A}),
    ("3132333435363738393a3b3c3d", {"crc16": 0x4DD0, "crc32": 0x6FF2E93A, "csum16": 0x7DB4, "xor16": 0x3F0E}),
    ("00", {"crc16": 0x0000, "crc32": 0xD202EF8D, "csum16": 0xFFFF, "xor16": 0x0000, "identity": 0}),
    ("0a", {"crc16": 0x0780, "crc32": 0x32D70693, "csum16": 0xF5FF, "xor16": 0x0A00, "identity": 0x0A}),
    ("ff", {"crc16": 0x4040, "crc32": 0xFF000000, "csum16": 0x00FF, "xor16": 0xFF00, "identity": 0xFF}),
    ("123456789abc", {"crc16": 0x3648, "crc32": 0x5680E8D4, "csum16": 0xFC96, "xor16": 0xDEF0}),
    ("ffffffffffff", {"crc16": 0x8F01, "crc32": 0x41D9ED00, "csum16": 0x0000, "xor16": 0xFFFF}),
    ("313233343536", {"crc16": 0x29E4, "crc32": 0x0972D361, "csum16": 0x6663, "xor16": 0x3730}),
]  # fmt: skip


def run(name: str, data: bytes) -> int:
    return int(getattr(load(), f"hash_{name}")(data, ctypes.c_size_t(len(data))))


@pytest.mark.parametrize(("data", "results"), RECORDED)
def test_results_are_those_of_bmv2(data, results):
    assert {name: run(name, bytes.fromhex(data)) for name in results} == results


@pytest.mark.parametrize(
    ("name", "data", "result"),
    [
        ("crc16", b"123456789", 0xBB3D),  # the catalogue of parametrised CRCs: CRC-16/ARC
        ("crc32", b"123456789", 0xCBF43926),  # CRC-32/ISO-HDLC
        ("crcCCITT", b"123456789", 0x29B1),  # CRC-16/IBM-3740
        ("xxh64", b"", 0xEF46DB3751D8E999),  # the reference implementation's values, seed 0
        ("xxh64", b"a", 0xD24EC4F1A98C6E5B),
        ("xxh64", b"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1),
        ("xor32", bytes(range(1, 8)), 0x01020304 ^ 0x05060700),
        ("identity", bytes(range(1, 12)), 0x0102030405060708),
    ],
)
def test_published_values(name, data, result):
    assert run(name, data) == result


RSS_KEY = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")


@pytest.mark.parametrize(
    ("data", "result"),
    [  # the verification suite of "Verifying the RSS Hash Calculation": addresses alone, and with ports
        ("420995bba18e6450", 0x323E8FC2),
        ("420995bba18e64500aea06e6", 0x51CCC178),
        ("3ffe2501020000030000000000000007" + "3ffe2501020000010000000000000002" + "0aea06e6", None),
    ],
)
def test_toeplitz(data, result):
    """Oracle: the published values, and the definition: for each bit set, the key's 32 bits from there on."""
    message = bytes.fromhex(data)
    words = [int.from_bytes(RSS_KEY[i : i + 4], "big") for i in range(0, 40, 4)]
    got = load().hash_toeplitz(
        message, ctypes.c_size_t(len(message)), (ctypes.c_uint32 * 10)(*words), ctypes.c_size_t(10)
    )
    key, expected = int.from_bytes(RSS_KEY * 3, "big"), 0
    for bit in range(8 * len(message)):
        if message[bit // 8] >> 7 - bit % 8 & 1:
            expected ^= key >> 960 - 32 - bit & 0xFFFFFFFF
    assert got == expected
    assert result in (None, got)


class CrcConfig(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_uint32), ("reflect_in", ctypes.c_uint32), ("reflect_out", ctypes.c_uint32),
        ("polynomial", ctypes.c_uint64), ("initial", ctypes.c_uint64), ("final_xor", ctypes.c_uint64),
    )  # fmt: skip


def bitwise_crc(config: CrcConfig, data: bytes) -> int:
    """The definition, a bit at a time, nothing reflected in advance."""
    top, remainder = 1 << config.width - 1, config.initial
    for byte in data:
        for bit in range(8):
            message = byte >> (bit if config.reflect_in else 7 - bit) & 1
            carry = bool(remainder & top) ^ message
            remainder = (remainder << 1) % (top << 1) ^ (config.polynomial if carry else 0)
    if config.reflect_out:
        remainder = int(f"{remainder:0{config.width}b}"[::-1], 2)
    return int(remainder ^ config.final_xor)


def computed(config: CrcConfig, data: bytes, *, portable: bool = False) -> int:
    library = load_portable_hashes() if portable else load()
    memory = ctypes.create_string_buffer(64 * 1024)  # larger than struct crc
    library.crc_init(memory, ctypes.byref(config))
    return int(library.crc_compute(memory, data, ctypes.c_size_t(len(data))))


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from([8, 16, 32, 64]), st.booleans(), st.booleans(), st.binary(max_size=50))
def test_any_custom_crc(data, width, reflect_in, reflect_out, message):
    """By multiplication and by tables."""
    word = st.integers(0, 2**width - 1)
    config = CrcConfig(width, reflect_in, reflect_out, data.draw(word), data.draw(word), data.draw(word))
    expected = bitwise_crc(config, message)
    assert computed(config, message) == expected
    assert computed(config, message, portable=True) == expected


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=4, max_size=40), st.booleans())
def test_crcs_of_keys_in_words(message, portable):
    """Oracle: the same of the bytes in memory."""
    words = words_of(int.from_bytes(message, "big"), (len(message) + 7) // 8)
    library = load_portable_hashes() if portable else load()
    for number, name in enumerate(("crc16", "crc32", "crcCCITT")):
        assert library.probe_crc_words(number, words, len(message)) == run(name, message), name


@pytest.mark.parametrize(
    ("config", "check"),
    [  # width, reflected in and out, polynomial, start, final xor -> check value in the catalogue
        ((8, 0, 0, 0x07, 0, 0), 0xF4),  # CRC-8/SMBUS, BMv2's crc8_custom
        ((16, 0, 0, 0x1021, 0, 0), 0x31C3),  # CRC-16/XMODEM
        ((32, 1, 1, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF), 0xE3069283),  # CRC-32/ISCSI
        ((64, 0, 0, 0x42F0E1EBA9EA3693, 0, 0), 0x6C40DF5F0B497347),  # CRC-64/ECMA-182
        ((64, 1, 1, 0x42F0E1EBA9EA3693, 2**64 - 1, 2**64 - 1), 0x995DC9BBDF1939FA),  # CRC-64/XZ
    ],
)
def test_check_values_of_the_crc_catalogue(config, check):
    assert computed(CrcConfig(*config), b"123456789") == check


def plain_sum(data: bytes) -> int:
    total = sum(int.from_bytes(data[i : i + 2].ljust(2, b"\0"), "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(*pieces: bytes) -> int:
    library, total = load(), 0
    for piece in pieces:
        total = library.probe_checksum_add(ctypes.c_uint64(total), piece, ctypes.c_size_t(len(piece)))
    return int(library.probe_checksum_finish(ctypes.c_uint64(total)))


def test_checksum_example_of_rfc_1071():
    """RFC 1071 §3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2 ^ 0xFFFF


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=20).map(lambda b: b + b), max_size=3), st.binary(max_size=2000))
def test_checksum_of_any_pieces(pieces, last):
    """Oracle: adding 16-bit words one by one. Pieces before the last have even lengths."""
    expected = plain_sum(b"".join(pieces) + last) ^ 0xFFFF
    assert checksum(*pieces, last) == expected
    assert run("csum16", b"".join(pieces) + last) == expected


def test_incremental_update_example_of_rfc_1624():
    """RFC 1624 §4: checksum dd2f, word 5555 becomes 3285: 0000, where RFC 1141 gave ffff."""
    assert load().probe_checksum_update16(0xDD2F, 0x5555, 0x3285) == 0x0000


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=20, max_size=20), st.integers(0, 8), st.integers(0, 2**32 - 1))
def test_incremental_update_equals_computing_anew(header, at, new):
    """Any header that is not all zero (where the two zeros of one's complement differ: RFC 1624 §3)."""
    header = b"\x45" + header[1:]
    before, old = plain_sum(header) ^ 0xFFFF, int.from_bytes(header[2 * at : 2 * at + 4], "big")
    changed = header[: 2 * at] + new.to_bytes(4, "big") + header[2 * at + 4 :]
    if any(changed):
        assert (
            load().probe_checksum_update32(before, ctypes.c_uint32(old), ctypes.c_uint32(new))
            == plain_sum(changed) ^ 0xFFFF
        )
