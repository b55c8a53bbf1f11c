1 a /* b */ c // d
[1] 5
[6] 7
100 "zz.p4"
a b
"multi
// not a comment F(1)
[2] line" F(3)
/* c
#define NOPE 1
*/ NOPE
77
// comment continues F(4)
0 1 0
"/* no comment */" "a \" b // " [5]
120 121 120 1 2 121
