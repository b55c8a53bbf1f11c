"""The random numbers of modify_field_rng_uniform. BMv2 promises only that they are uniform; these are ours: SplitMix64,
whose state can be set to that of the switch's worker.
"""

from __future__ import annotations

U64 = (1 << 64) - 1


class Random:
    def __init__(self, state: int = 0) -> None:
        self.state = state

    def next(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & U64
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & U64
        z = (z ^ z >> 27) * 0x94D049BB133111EB & U64
        return z ^ z >> 31

    def between(self, low: int, high: int) -> int:
        """Uniform, both included: the upper half of a product, drawn again where that would be uneven."""
        if high <= low:
            return low
        count = high - low + 1
        if count > U64:
            return self.next()
        product = self.next() * count
        while product & U64 < -count % (1 << 64) % count:
            product = self.next() * count
        return low + (product >> 64)
