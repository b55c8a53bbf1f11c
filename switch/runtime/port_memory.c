/* A link to Python: packets in and out of memory, any port. One mutex for each direction; not for speed. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane.h"
#include "link.h"

#define QUEUE_MAX 65536 /* packets that may wait in one direction */

struct stored {
    struct stored *next;
    uint32_t port, length;
    uint8_t bytes[]; /* PACKET_HEADROOM, the packet, PACKET_TAILROOM */
};

/* First in, first out; `event` is readable while it is not empty. */
struct queue {
    pthread_mutex_t lock;
    struct stored *first, **end;
    unsigned count;
    int event;
};

struct memory_link {
    struct link link;
    struct queue in, out;
    struct stored *held; /* given to the worker by the last receive */
};

static void queue_init(struct queue *q)
{
    pthread_mutex_init(&q->lock, NULL);
    q->first = NULL;
    q->end = &q->first;
    q->count = 0;
    q->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void free_all(struct stored *s)
{
    while (s) {
        struct stored *next = s->next;
        free(s);
        s = next;
    }
}

static int queue_push(struct queue *q, uint32_t port, const uint8_t *data, uint32_t length)
{
    struct stored *s = malloc(sizeof *s + PACKET_HEADROOM + length + PACKET_TAILROOM);
    if (!s)
        return ENOMEM;
    s->next = NULL;
    s->port = port;
    s->length = length;
    if (length)
        memcpy(s->bytes + PACKET_HEADROOM, data, length);
    memset(s->bytes + PACKET_HEADROOM + length, 0, PACKET_TAILROOM);
    pthread_mutex_lock(&q->lock);
    int full = q->count >= QUEUE_MAX;
    if (!full) {
        *q->end = s;
        q->end = &s->next;
        if (q->count++ == 0) {
            uint64_t one = 1;
            if (write(q->event, &one, sizeof one) < 0) { /* cannot fail: the counter was 0 */
            }
        }
    }
    pthread_mutex_unlock(&q->lock);
    if (full)
        free(s);
    return full ? ENOBUFS : 0;
}

/* The first packet, unless `room` is smaller than it; the caller frees it. */
static struct stored *queue_pop(struct queue *q, uint32_t room)
{
    pthread_mutex_lock(&q->lock);
    struct stored *s = q->first;
    if (s && s->length > room)
        s = NULL;
    if (s) {
        q->first = s->next;
        if (!q->first)
            q->end = &q->first;
        if (--q->count == 0) {
            uint64_t ignored;
            if (read(q->event, &ignored, sizeof ignored) < 0) { /* cannot fail: it was readable */
            }
        }
    }
    pthread_mutex_unlock(&q->lock);
    return s;
}

static unsigned memory_receive(struct link *link, unsigned queue, struct packet_in *in, unsigned room)
{
    struct memory_link *m = (struct memory_link *)link;
    (void)queue;
    unsigned n = 0;
    for (; n < room; n++) {
        struct stored *s = queue_pop(&m->in, UINT32_MAX);
        if (!s)
            break;
        in[n] = (struct packet_in){s->bytes + PACKET_HEADROOM, s->length, (uint16_t)s->port};
        s->next = m->held;
        m->held = s;
    }
    return n;
}

static void memory_release(struct link *link, unsigned queue)
{
    struct memory_link *m = (struct memory_link *)link;
    (void)queue;
    free_all(m->held);
    m->held = NULL;
}

static void memory_send(struct link *link, unsigned worker, const struct packet_out *packets, unsigned count,
                        struct port_counters *counters)
{
    struct memory_link *m = (struct memory_link *)link;
    (void)worker;
    for (unsigned i = 0; i < count; i++)
        if (queue_push(&m->out, packets[i].port, packets[i].data, packets[i].length) == 0)
            count_sent(counters, packets[i].length);
        else
            counters->send_drops++;
}

static unsigned memory_sleep_on(struct link *link, unsigned queue, struct pollfd *fds)
{
    (void)queue;
    fds[0] = (struct pollfd){.fd = ((struct memory_link *)link)->in.event, .events = POLLIN};
    return 1;
}

static void memory_close(struct link *link)
{
    struct memory_link *m = (struct memory_link *)link;
    struct queue *queues[] = {&m->in, &m->out};
    for (unsigned i = 0; i < 2; i++) {
        free_all(queues[i]->first);
        if (queues[i]->event >= 0)
            close(queues[i]->event);
        pthread_mutex_destroy(&queues[i]->lock);
    }
    free_all(m->held);
    free(m);
}

static const struct link_ops memory_ops = {
    .receive = memory_receive,
    .release = memory_release,
    .send = memory_send,
    .sleep_on = memory_sleep_on,
    .close = memory_close,
};

struct link *link_open_memory(struct dataplane *d)
{
    struct memory_link *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->link = (struct link){.ops = &memory_ops, .kind = "memory", .dataplane = d, .port = PORT_ANY, .queues = 1};
    queue_init(&m->in);
    queue_init(&m->out);
    if (m->in.event >= 0 && m->out.event >= 0)
        return &m->link;
    memory_close(&m->link);
    return NULL;
}

int memory_push(struct link *link, uint32_t port, const uint8_t *data, uint32_t length)
{
    return queue_push(&((struct memory_link *)link)->in, port, data, length);
}

int memory_pop(struct link *link, uint32_t *port, uint8_t *data, uint32_t room)
{
    struct stored *s = queue_pop(&((struct memory_link *)link)->out, room);
    if (!s)
        return -1;
    int length = (int)s->length;
    *port = s->port;
    if (length)
        memcpy(data, s->bytes + PACKET_HEADROOM, s->length);
    free(s);
    return length;
}

int memory_event(struct link *link)
{
    return ((struct memory_link *)link)->out.event;
}
