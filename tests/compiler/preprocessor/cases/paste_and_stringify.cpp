[4] CAT(1,2) a b
"a""b" -x 8w5 ++ << . .
"a b \"q\\\"x\" 'c' \n" "[1]" "" "two lines"
"x ## y"
EMPTYEMPTY AEMPTY
 #foo 1
'c'7 "s"7 'c'x 7 "s"x 7
