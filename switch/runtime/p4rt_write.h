/* Carries out a decoded batch on the tables. Writer lock held; readers see each update whole, as tables promise.
 *
 * Updates are done in order. Where one is Python's to do (P4RT_PYTHON, or the entry has a mark, or taking it back would need more
 * than is kept here), p4rt_write returns; Python does it, and calls again. Inserts into a ternary table that follow one another
 * go there in one call.
 */
#ifndef P4GATE_P4RT_WRITE_H
#define P4GATE_P4RT_WRITE_H

#include "p4rt_decode.h"

/* What was done, so that it can be taken back: operations with the old action and data, each followed by its size. */
struct p4rt_undo {
    uint64_t *ops;
    size_t used, capacity; /* words */
};

struct p4rt_undo *p4rt_undo_create(void);
void p4rt_undo_destroy(struct p4rt_undo *u);
size_t p4rt_undo_mark(const struct p4rt_undo *u);
/* What was done since the mark cannot be taken back any more. */
void p4rt_undo_forget(struct p4rt_undo *u, size_t mark);
/* Take back everything since the mark, last update first. The first result that is not TABLE_OK, if there is one. */
int p4rt_undo_to(struct p4rt_undo *u, size_t mark);

#define P4RT_DONE INT64_C(-1)
#define P4RT_MORE INT64_C(-2)

/* Go on with the batch for `most` updates or a few more. The number of an update that is Python's, P4RT_MORE, or P4RT_DONE when no
 * update is left. Without `undo` a refusal is noted in `results` and the next update is done; with it, the refused one is
 * returned like Python's. */
int64_t p4rt_write(struct p4rt_batch *b, struct p4rt_undo *undo, uint32_t most);

#endif
