a 0..MAX 0xE+X 1e+X 8w0x1 9 .. 5 5 . 5 1.X .5X X5
5 $5 `5` 5 'X' "X" 5
?? ??= <: %>
don't X "unterminated X
