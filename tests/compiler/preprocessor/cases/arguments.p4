#define EMPTY
#define LP (
#define F(x) [x]
F LP 3) F EMPTY (3)
F
(5) after
F(1 \
2) F((1,2)) F( ) F()
#define NOARG() none
NOARG() NOARG ( ) NOARG
#define TWO(a, b) a-b
TWO(F(1), F(F(2))) TWO(,) TWO((,),x)
