// What the shared files ask of an architecture, for v1model.

// Compares two MAC addresses.
#define MAC_EQUAL(a, b) ((a) == (b))

// A counter of packets and bytes with `cells` cells, indexed by values of `index_t`; and counting one packet.
#define PACKET_BYTE_COUNTER(name, cells, index_t) counter(cells, CounterType.packets_and_bytes) name
#define COUNT(name, index) name.count((bit<32>)(index))

// A counter of packets and bytes for each entry of a table; counted by name.count() in the actions.
#define DIRECT_PACKET_BYTE_COUNTER(name) direct_counter(CounterType.packets_and_bytes) name

// result = a UDP source port from the dynamic range 49152-65535, the same for the same fields.
#define ENTROPY_PORT(result, ...) hash(result, HashAlgorithm.crc16, 16w0xc000, { __VA_ARGS__ }, 16w0x4000)
