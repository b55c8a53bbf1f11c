__LINE__ a /* b */ c // d
#define F(x) [x]
F(
1
) __LINE__
F(__LINE__
) __LINE__
#line 100 "zz.p4"
__LINE__ __FILE__
a \
b
"multi
// not a comment F(1)
F(2) line" F(3)
/* c
#define NOPE 1
*/ NOPE
#define MULTI /* a
 b */ 77
MULTI
// comment \
continues F(4)
__COUNTER__ __COUNTER__ __INCLUDE_LEVEL__
"/* no comment */" "a \" b // " F(5)
#pragma anything
#
#define HERE __LINE__
#define CALL(x) x HERE
HERE CALL(
HERE) CALL(1
2)
