/* The traced object's second entry: does a received packet pass a filter? Included after the driver. */
#ifndef P4GATE_MATCH_H
#define P4GATE_MATCH_H

#include "copies.h"
#include "packet_test.h"

/* Parses the packet, whose bytes stay as they are, and asks the tests. Writes nothing to the trace. */
enum truth p4gate_match(struct worker *w, const struct packet_in *in, const struct packet_test *tests, unsigned count);

enum truth p4gate_match(struct worker *w, const struct packet_in *in, const struct packet_test *tests, unsigned count)
{
    struct packet *p = w->contexts;
    w->trace->quiet = 1;
    begin_packet(p, in->data, in->length, in->port);
    set_ingress_port(p, in->port);
    set_packet_length(p, in->length);
    parse(w, p);
    w->trace->quiet = 0;
    return packet_test(tests, count, p, in->port, in->length, read_field);
}

#endif
