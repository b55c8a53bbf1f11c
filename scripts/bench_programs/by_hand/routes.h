/* Routes by hand: for each tenant the first 16 bits of the address index an array, the next two bytes one of 256 where a prefix
 * is longer than that (DIR-16-8-8). A prefix is written to all places that it covers, so a look-up never goes back. */
#ifndef BY_HAND_ROUTES_H
#define BY_HAND_ROUTES_H

#include "maps.h"

#define TENANT_IDS 65536u
#define FIRST_LEVEL 65536u
#define LEAF_NONE 0u
#define LEAF_CONNECTED 1u
#define LEAF_VIA 2u /* and what follows: via[leaf - LEAF_VIA] */
#define LEAF_DEEPER 0x80000000u /* and the number of an array of 256 */

struct route {
    uint32_t tenant, address, prefix; /* address: as a number */
    int connected;
    uint32_t via; /* as it lies in a packet */
};

struct routes {
    uint32_t *root;  /* [TENANT_IDS] which array of the first level; 0: one without routes */
    uint32_t *first; /* arrays of FIRST_LEVEL */
    uint32_t *deeper; /* arrays of 256 */
    uint32_t *via;
};

/* `address` as a number. */
INLINE uint32_t route_find(const struct routes *r, uint16_t tenant, uint32_t address)
{
    uint32_t leaf = r->first[((uint64_t)r->root[tenant] << 16) + (address >> 16)];
    if (leaf & LEAF_DEEPER) {
        leaf = r->deeper[((uint64_t)(leaf & ~LEAF_DEEPER) << 8) + (address >> 8 & 0xff)];
        if (leaf & LEAF_DEEPER)
            leaf = r->deeper[((uint64_t)(leaf & ~LEAF_DEEPER) << 8) + (address & 0xff)];
    }
    return leaf;
}

/* The array of 256 behind a place, made where there is none: each of it begins as the place was. */
static inline uint32_t *route_deeper(struct routes *r, uint32_t *place, uint32_t *used)
{
    if (!(*place & LEAF_DEEPER)) {
        uint32_t number = (*used)++;
        for (unsigned i = 0; i < 256; i++)
            r->deeper[number * 256u + i] = *place;
        *place = LEAF_DEEPER | number;
    }
    return &r->deeper[(*place & ~LEAF_DEEPER) * 256u];
}

static inline void route_write(struct routes *r, const struct route *route, uint32_t leaf, uint32_t *used)
{
    uint32_t *array = &r->first[(uint64_t)r->root[route->tenant] << 16];
    unsigned shift = 16, taken = 16; /* bits behind this level's, and up to its end */
    while (route->prefix > taken) {
        array = route_deeper(r, &array[route->address >> shift & (taken == 16 ? 0xffff : 0xff)], used);
        shift -= 8, taken += 8;
    }
    uint32_t from = route->address >> shift & (taken == 16 ? 0xffff : 0xff);
    for (uint32_t i = 0; i < UINT32_C(1) << (taken - route->prefix); i++)
        array[from + i] = leaf;
}

static inline void routes_free(struct routes *r)
{
    free(r->root), free(r->first), free(r->deeper), free(r->via);
    *r = (struct routes){NULL, NULL, NULL, NULL};
}

/* 0: no memory. */
static inline int routes_make(struct routes *r, const struct route *routes, uint64_t count)
{
    uint64_t tenants = 0, longer = 0;
    routes_free(r);
    if (!(r->root = filled(TENANT_IDS * sizeof *r->root, 0)))
        return 0;
    for (uint64_t i = 0; i < count; i++) {
        if (!r->root[routes[i].tenant])
            r->root[routes[i].tenant] = (uint32_t)++tenants;
        longer += routes[i].prefix > 16;
    }
    r->first = filled((tenants + 1) * FIRST_LEVEL * sizeof *r->first, 0);
    r->deeper = filled((2 * longer + 1) * 256 * sizeof *r->deeper, 0);
    r->via = filled((count + 1) * sizeof *r->via, 0);
    if (!r->first || !r->deeper || !r->via)
        return 0;
    uint32_t used = 0;
    for (unsigned prefix = 0; prefix <= 32; prefix++) /* longer ones over shorter ones */
        for (uint64_t i = 0; i < count; i++) {
            r->via[i] = routes[i].via;
            if (routes[i].prefix == prefix)
                route_write(r, &routes[i], routes[i].connected ? LEAF_CONNECTED : LEAF_VIA + (uint32_t)i, &used);
        }
    return 1;
}

#endif
