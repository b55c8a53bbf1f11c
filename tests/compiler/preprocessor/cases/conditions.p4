#define A 1
#define CAT(a,b) a##b
#if defined(A) && !defined FOO
one
#endif
#if CAT(1,2) == 12 && -1 < 0u
wrong
#else
two
#endif
#if 0
#if garbage (
#elif
#else
it's a lone quote
#endif
/* #else in a comment
#else
*/
#elif (1 ? 0 / 1 : 1/0) == 0 || 1/0
three
#endif
#if 0x10 == 16 && 010 == 8 && 0b11 == 3 && 5 % -3 == 2 && -7 / 2 == -3 && (-1 >> 1) == -1 && (1 << 62) > 0
four
#endif
#if 0xFFFFFFFFFFFFFFFF == -1 && 3 > 2 > 1
wrong
#elif 'A' == 65 && !foo && ~0 == -1
five
#elif 1
wrong
#endif
#ifdef B
#elifdef A
six
#endif
#ifndef B
seven
#endif
#define DEF defined(A)
#if DEF
eight
#endif
#undef A
#if defined A || A
wrong
#endif
#if true
wrong
#endif
