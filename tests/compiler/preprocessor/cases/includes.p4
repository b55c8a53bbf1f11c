#define HDR <core.p4>
#if __has_include(HDR) && __has_include("core.p4") && !__has_include(<nope.h>)
#include HDR
#include <core.p4>
#endif
#ifdef _CORE_P4_
guarded
#endif
#ifdef __has_include
known
#endif
