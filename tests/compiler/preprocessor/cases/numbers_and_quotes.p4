#define X 5
#define MAX 9
a 0..MAX 0xE+X 1e+X 8w0x1 MAX..X X.X 1.X .5X X5
X $X `X` X 'X' "X" X
?? ??= <: %>
don't X "unterminated X
