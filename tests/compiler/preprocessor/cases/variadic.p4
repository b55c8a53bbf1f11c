#define L(a, ...) [a, ## __VA_ARGS__]
L(1) L(1,2,3) L() L(1,)
#define V(fmt, args...) f(fmt, ##args)
V(1) V(1,2) V(1, 2, 3) V()
#define O(a,...) <a __VA_OPT__(, has) __VA_ARGS__>
O(1) O(1,2)
#define showlist(...) #__VA_ARGS__
showlist(The first, second, and third items.)
#define Q(a, b, ...) [a|b|__VA_ARGS__]
Q(1,2) Q(1,2,) Q(1,2,3,4)
#define W(...) <__VA_ARGS__> , ## __VA_ARGS__
W() W(1)
