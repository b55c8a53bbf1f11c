[4] CAT(1,2) a b
"a""b" -x 8w5 ++ << . .
"a b \"q\\\"x\" 'c' \n" "[1]" "" "two lines"
"x ## y"
EMPTYEMPTY AEMPTY
 #foo 1
