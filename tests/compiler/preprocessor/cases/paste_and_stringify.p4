#define CAT(a,b) a##b
#define XCAT(a,b) CAT(a,b)
#define F(x) [x]
#define EMPTY
XCAT(F, (4)) CAT(CA,T)(1,2) CAT(a,) CAT(,b) CAT(,)
CAT("a","b") CAT(-,x) CAT(8w,5) CAT(+,+) CAT(<,<) CAT(.,.)
#define STR(x) #x
#define XSTR(x) STR(x)
STR( a   b "q\"x" 'c' \n ) XSTR(F(1)) XSTR(EMPTY) STR(
  two
  lines )
#define hash_hash # ## #
#define mkstr(a) # a
#define in_between(a) mkstr(a)
#define join(c, d) in_between(c hash_hash d)
join(x, y)
#define E1(x) x ## EMPTY
E1(EMPTY) E1(A)
#define NOPARAMETER(a) #foo a
NOPARAMETER(1)
#define QUOTED(a) 'c' ## a "s" ## a
#define SEVEN 7
QUOTED(SEVEN) QUOTED(x SEVEN)
