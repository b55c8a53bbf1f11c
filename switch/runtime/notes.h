/* What the driver tells a trace; nothing, and free, unless the object is the traced one (P4GATE_TRACED). */
#ifndef P4GATE_NOTES_H
#define P4GATE_NOTES_H

#include "pipeline.h"

/* The counting object: which action's mark a drop by the program is due to. */
static inline void count_drop(struct worker *w, const struct packet *p, enum drop_reason why)
{
#ifdef P4GATE_COUNTED
    if (why == DROP_BY_PROGRAM_INGRESS || why == DROP_BY_PROGRAM_EGRESS)
        w->drops_by_action[p->frame.marked_by]++;
#else
    (void)w, (void)p, (void)why;
#endif
}

#ifdef P4GATE_TRACED
#include "trace.h"

/* trace_look: from here on changes are told against the packet as the driver made it. */
static inline void note_arrival(struct worker *w, struct packet *p, const struct packet *parent, const char *cause)
{
    trace_look(w, p);
    p->frame.trace_id = w->trace->next_id++;
    trace_line(w->trace, "arrive\t%u\t%d\t%s\t%u\t%u", p->frame.trace_id, parent ? (int)parent->frame.trace_id : -1, cause,
               p->frame.ingress_port, p->frame.ingress_length);
}

static inline void note_enter(struct worker *w, const struct packet *p)
{
    trace_look(w, p);
    trace_line(w->trace, "enter\t%u", p->frame.trace_id);
}

static inline void note_parsed(struct worker *w, const struct packet *p)
{
    trace_line(w->trace, "parsed\t%u\t%u\t%u", p->frame.trace_id, p->frame.parser_error,
               (unsigned)(p->frame.payload - p->frame.start));
}

static inline void note_ingress(struct worker *w, const struct packet *p)
{
    trace_look(w, p);
    trace_line(w->trace, "ingress\t%u\t%d", p->frame.trace_id, (int)get_checksum_error(p));
}

static inline void note_egress(struct worker *w, const struct packet *p)
{
    trace_look(w, p);
    trace_line(w->trace, "egress\t%u\t%u\t%u\t%u", p->frame.trace_id, p->frame.egress_port, (unsigned)get_egress_rid(p),
               (unsigned)get_instance_type(p));
}

static inline void note_deparse(struct worker *w, const struct packet *p)
{
    trace_look(w, p);
    trace_line(w->trace, "deparse\t%u", p->frame.trace_id);
}

static inline void note_sent(struct worker *w, const struct packet *p, uint32_t length)
{
    trace_sent(w->trace, p->frame.trace_id, p->frame.egress_port, p->frame.start, length);
}

static inline void note(struct worker *w, const struct packet *p, const char *what, uint64_t number)
{
    trace_line(w->trace, "note\t%u\t%s\t%llu", p->frame.trace_id, what, (unsigned long long)number);
}
#else
static inline void note_arrival(struct worker *w, struct packet *p, const struct packet *parent, const char *cause)
{
    (void)w, (void)p, (void)parent, (void)cause;
}

static inline void note_ingress(struct worker *w, const struct packet *p)
{
    (void)w, (void)p;
}

static inline void note_egress(struct worker *w, const struct packet *p)
{
    (void)w, (void)p;
}

static inline void note_enter(struct worker *w, const struct packet *p)
{
    (void)w, (void)p;
}

static inline void note_parsed(struct worker *w, const struct packet *p)
{
    (void)w, (void)p;
}

static inline void note_deparse(struct worker *w, const struct packet *p)
{
    (void)w, (void)p;
}

static inline void note_sent(struct worker *w, const struct packet *p, uint32_t length)
{
    (void)w, (void)p, (void)length;
}

static inline void note(struct worker *w, const struct packet *p, const char *what, uint64_t number)
{
    (void)w, (void)p, (void)what, (void)number;
}
#endif

#endif
