// How much the gateway holds. Every number can be set with -D; table sizes follow from them.
// P4Info tells the controller the result (size of a table, of a counter).

// Addresses of this gateway in the underlay.
#ifndef MAX_VTEPS
#define MAX_VTEPS 256
#endif

// Hosts (tunnel endpoints) that VMs live on.
#ifndef MAX_HOSTS
#define MAX_HOSTS 4096
#endif

// VPCs. Tenant ids are 0 .. MAX_TENANTS - 1: they index counters.
#ifndef MAX_TENANTS
#define MAX_TENANTS 4096
#endif

// Subnets over all tenants; each has one gateway address.
#ifndef MAX_SUBNETS
#define MAX_SUBNETS 8192
#endif

// VM addresses over all tenants.
#ifndef MAX_VMS
#define MAX_VMS 65536
#endif

// Routes over all tenants.
#ifndef MAX_ROUTES
#define MAX_ROUTES 16384
#endif

// Access list entries over all tenants, after port ranges are spelt out as prefixes.
#ifndef MAX_ACL_RULES
#define MAX_ACL_RULES 1024
#endif
