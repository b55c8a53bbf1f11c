[1] [1,2,3] [] [1,]
f(1) f(1,2) f(1, 2, 3) f()
<1 > <1 , has 2>
"The first, second, and third items."
[1|2|] [1|2|] [1|2|3,4]
<> <1> ,1
