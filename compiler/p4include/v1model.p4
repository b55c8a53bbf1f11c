// The v1model architecture: what the simple_switch target of BMv2 offers to a P4_16 program.
// From version 20200408 on (-D V1MODEL_VERSION=20200408) counters, meters and registers name the type of their index.

#ifndef _V1_MODEL_P4_
#define _V1_MODEL_P4_

#include <core.p4>

#ifndef V1MODEL_VERSION
#define V1MODEL_VERSION 20180101
#endif

match_kind {
    range,     // between two bounds, both included
    optional,  // equal, or any value
    selector   // no match: an input of the table's action selector
}

const bit<32> __v1model_version = V1MODEL_VERSION;

#if V1MODEL_VERSION >= 20200408
typedef bit<9> PortId_t;
#define P4GATE_PORT PortId_t
#else
#define P4GATE_PORT bit<9>
#endif

// What the switch knows about a packet. @alias names the switch's own field where it has another name.
@metadata
@name("standard_metadata")
struct standard_metadata_t {
    P4GATE_PORT ingress_port;
    P4GATE_PORT egress_spec;     // where ingress sends the packet; 511 drops it
    P4GATE_PORT egress_port;     // where egress will send it, read-only
    bit<32>     instance_type;   // 0 normal, 1 clone of ingress, 2 clone of egress, 4 recirculated, 5 replica, 6 resubmitted
    bit<32>     packet_length;   // bytes
    @alias("queueing_metadata.enq_timestamp")
    bit<32>     enq_timestamp;   // microseconds
    @alias("queueing_metadata.enq_qdepth")
    bit<19>     enq_qdepth;      // packets
    @alias("queueing_metadata.deq_timedelta")
    bit<32>     deq_timedelta;   // microseconds in the queue
    @alias("queueing_metadata.deq_qdepth")
    bit<19>     deq_qdepth;      // packets
    @alias("intrinsic_metadata.ingress_global_timestamp")
    bit<48>     ingress_global_timestamp;  // microseconds
    @alias("intrinsic_metadata.egress_global_timestamp")
    bit<48>     egress_global_timestamp;   // microseconds
    @alias("intrinsic_metadata.mcast_grp")
    bit<16>     mcast_grp;       // multicast group, 0 for none
    @alias("intrinsic_metadata.egress_rid")
    bit<16>     egress_rid;      // number of the replica
    bit<1>      checksum_error;  // 1 when a checksum that was verified is wrong
    error       parser_error;
    @alias("intrinsic_metadata.priority")
    bit<3>      priority;
}

enum CounterType {
    packets,
    bytes,
    packets_and_bytes
}

enum MeterType {
    packets,
    bytes
}

// Arrays of counters, meters and registers. An index out of range does nothing.
#if V1MODEL_VERSION >= 20200408
#define P4GATE_INDEX_PARAMETER <I>
#define P4GATE_INDEX I
#else
#define P4GATE_INDEX_PARAMETER
#define P4GATE_INDEX bit<32>
#endif

extern counter P4GATE_INDEX_PARAMETER {
    counter(bit<32> size, CounterType type);
    void count(in P4GATE_INDEX index);
}

// One counter for each entry of the table that names it in its property `counters`.
extern direct_counter {
    direct_counter(CounterType type);
    void count();
}

#define V1MODEL_METER_COLOR_GREEN  0
#define V1MODEL_METER_COLOR_YELLOW 1
#define V1MODEL_METER_COLOR_RED    2

extern meter P4GATE_INDEX_PARAMETER {
    meter(bit<32> size, MeterType type);
    // `result` is one of the colours above; T is bit<W>.
    void execute_meter<T>(in P4GATE_INDEX index, out T result);
}

// One meter for each entry of the table that names it in its property `meters`.
extern direct_meter<T> {
    direct_meter(MeterType type);
    void read(out T result);
}

#if V1MODEL_VERSION >= 20200408
extern register<T, I> {
#else
extern register<T> {
#endif
    register(bit<32> size);
    @noSideEffects
    void read(out T result, in P4GATE_INDEX index);
    void write(in P4GATE_INDEX index, in T value);
}

#undef P4GATE_PORT
#undef P4GATE_INDEX
#undef P4GATE_INDEX_PARAMETER

// Values of the table property `implementation`.
extern action_profile {
    action_profile(bit<32> size);
}

// A value between `lo` and `hi`, both included.
extern void random<T>(out T result, in T lo, in T hi);

// Send `data` to the control plane. `receiver` is not used.
extern void digest<T>(in bit<32> receiver, in T data);

enum HashAlgorithm {
    crc32,
    crc32_custom,
    crc16,
    crc16_custom,
    random,
    identity,
    csum16,
    xor16
}

@deprecated("Please use mark_to_drop(standard_metadata) instead.")
extern void mark_to_drop();

// Drop the packet at the end of this control, unless egress_spec is set again: egress_spec = 511, mcast_grp = 0.
@pure
extern void mark_to_drop(inout standard_metadata_t standard_metadata);

// base + hash(data) % max, or base where max is 0. `data` is a list of bit strings.
@pure
extern void hash<O, T, D, M>(out O result, in HashAlgorithm algo, in T base, in D data, in M max);

extern action_selector {
    action_selector(HashAlgorithm algorithm, bit<32> size, bit<32> outputWidth);
}

enum CloneType {
    I2E,
    E2E
}

@deprecated("Please use verify_checksum/update_checksum instead.")
extern Checksum16 {
    Checksum16();
    bit<16> get<D>(in D data);
}

// Checksums. With `condition` false nothing happens; `algo` is a constant; `_with_payload` adds what the parser left.
extern void verify_checksum<T, O>(in bool condition, in T data, in O checksum, HashAlgorithm algo);
@pure
extern void update_checksum<T, O>(in bool condition, in T data, inout O checksum, HashAlgorithm algo);
extern void verify_checksum_with_payload<T, O>(in bool condition, in T data, in O checksum, HashAlgorithm algo);
@noSideEffects
extern void update_checksum_with_payload<T, O>(in bool condition, in T data, inout O checksum, HashAlgorithm algo);

// Copies of the packet. Metadata marked @field_list(index, ...) goes with the copy; all other metadata starts afresh.
extern void clone(in CloneType type, in bit<32> session);
extern void clone_preserving_field_list(in CloneType type, in bit<32> session, bit<8> index);
extern void resubmit_preserving_field_list(bit<8> index);
extern void recirculate_preserving_field_list(bit<8> index);

@deprecated("Please use 'resubmit_preserving_field_list' instead")
extern void resubmit<T>(in T data);
@deprecated("Please use 'recirculate_preserving_field_list' instead")
extern void recirculate<T>(in T data);
@deprecated("Please use 'clone_preserving_field_list' instead")
extern void clone3<T>(in CloneType type, in bit<32> session, in T data);

// Cut the packet to `length` bytes when it is sent.
extern void truncate(in bit<32> length);

// Stop the switch where `check` is false.
extern void assert(in bool check);
extern void assume(in bool check);

// Write to the switch's log; each {} in `msg` stands for an element of `data`.
extern void log_msg(string msg);
extern void log_msg<T>(string msg, in T data);

// The architecture: M is the user's metadata, a struct; H the headers, a struct of headers, stacks and unions.
parser Parser<H, M>(
    packet_in b,
    out H parsedHdr,
    inout M meta,
    inout standard_metadata_t standard_metadata);

control VerifyChecksum<H, M>(inout H hdr, inout M meta);

@pipeline
control Ingress<H, M>(inout H hdr, inout M meta, inout standard_metadata_t standard_metadata);

@pipeline
control Egress<H, M>(inout H hdr, inout M meta, inout standard_metadata_t standard_metadata);

control ComputeChecksum<H, M>(inout H hdr, inout M meta);

@deparser
control Deparser<H>(packet_out b, in H hdr);

package V1Switch<H, M>(
    Parser<H, M> p,
    VerifyChecksum<H, M> vr,
    Ingress<H, M> ig,
    Egress<H, M> eg,
    ComputeChecksum<H, M> ck,
    Deparser<H> dep);

#endif
