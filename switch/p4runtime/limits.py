"""What one client may take of the server, so that the others notice nothing; docs/p4runtime.md says what comes beyond.

Figures are for a switch that a handful of controllers share; each is far above what a well-behaved client needs.
"""

from __future__ import annotations

# ---- messages
MESSAGE_MAX = 32 << 20  # bytes of one request: a P4 program, or a batch of some 300,000 entries
RECEIVE_SECONDS = 30.0  # a unary request must be whole by then
RECEIVING_MAX = 64  # unary requests that are still arriving; one more ends the oldest

# ---- streams
UNARBITRATED_MAX = 128  # streams that have not sent their first MasterArbitrationUpdate; one more ends the oldest
STREAMS_MAX = 256  # streams with a role
STREAMS_PER_ROLE = 64
ROLES_MAX = 64  # role names are remembered for ever, because election ids are
ROLE_NAME_MAX = 256  # characters
ROLE_CONFIG_MAX = 1 << 20  # bytes; one is remembered for each role
WAITING_BYTES = 8 << 20  # packet-ins, digests and notifications that wait for a slow client; more are lost
WAITING_REPLIES = 1000  # answers to arbitration that wait; they cannot be lost, so one more ends the stream
DIGEST_LIST_MAX = 10_000  # samples in one list, whatever max_list_size allows
DIGEST_CACHE_MAX = 1 << 18  # samples of one digest that wait to be acknowledged; the oldest lists are forgotten

# ---- reads
READ_CHUNK = 64 << 10  # bytes of one ReadResponse or idle notification, if more than one entity is in it
SNAPSHOT_MAX = 256 << 20  # bytes of answers that are waiting for their readers, all readers together
READERS_MAX = 4  # snapshots that are taken at the same time

# ---- fairness: how much is done between two looks at what others want
SLICE = 1000  # entities
NATIVE_SLICE = 10_000  # entries that the runtime writes

# ---- connections
CALLS_PER_CONNECTION = 64
HANDSHAKE_MS = 10_000  # from the TCP connection to HTTP/2
IDLE_CONNECTION_MS = 30 * 60_000  # without any call
KEEPALIVE_MS = 60_000  # a peer that does not answer a ping is gone
KEEPALIVE_ANSWER_MS = 20_000
