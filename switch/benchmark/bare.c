/* A pipeline that is none: what comes in at one of two ports goes out of the other, untouched.
 *
 * It stands where a generated pipeline stands, on the same ports and threads, so it measures what they cost. Loaded
 * beside the runtime's shared object, whose symbols it uses.
 */
#include <stdlib.h>

#include "dataplane.h"
#include "pipeline.h"

static void forward(struct worker *w, struct packet_in *in, unsigned count)
{
    struct packet_out out[BURST];
    unsigned both = w->pipeline->cpu_port; /* port a xor port b; there is no CPU port here */
    for (unsigned i = 0; i < count; i++)
        out[i] = (struct packet_out){.data = in[i].data, .length = in[i].length, .port = (uint16_t)(in[i].port ^ both)};
    w->deliver(w->deliver_context, out, count);
}

static const struct pipeline_code bare_code = {.abi = PIPELINE_ABI, .process = forward};

/* A worker for thread `index` that forwards between ports `a` and `b`; NULL without memory. Kept for the process's life. */
struct worker *bare_worker(unsigned index, deliver_fn *deliver, void *context, uint16_t a, uint16_t b)
{
    struct pipeline *p = aligned_alloc(64, (sizeof *p + 63) & ~(size_t)63);
    struct worker *w = calloc(1, sizeof *w);
    struct ring *r = aligned_alloc(64, (sizeof *r + 63) & ~(size_t)63);
    if (!p || !w || !r)
        return NULL;
    *p = (struct pipeline){.cpu_port = a ^ b};
    *r = (struct ring){.event = -1};
    qsbr_init(&p->qsbr);
    atomic_store(&p->code, &bare_code);
    w->pipeline = p;
    w->index = index;
    w->deliver = deliver;
    w->deliver_context = context;
    w->to_cpu = r;
    return w;
}
