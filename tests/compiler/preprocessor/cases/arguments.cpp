F ( 3) F (3)
[5] after
[1 2] [(1,2)] [] []
none none NOARG
[1]-[[2]] - (,)-x
