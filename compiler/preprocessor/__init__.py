"""A C preprocessor for P4, as p4c gets it from `cpp -undef -nostdinc -x assembler-with-cpp`.

Text goes through these files, each of which says what it takes from the C standard (ISO C 6.10) and from GNU cpp:

    lines.py       a file -> logical lines: comments blanked, continuation lines joined, every character's place kept
    tokens.py      a line -> preprocessing tokens
    macros.py      #define -> Macro
    expansion.py   tokens -> tokens with macros expanded, within a bound
    condition.py   #if -> a number
    files.py       which files are read and which were looked for; what a cache and a depfile need to know
    directives.py  the stack of open files, conditionals and directives: `Preprocessor`
    layout.py      expanded lines -> text, with the place in the source of every character

It is our own because a column must stay right in a line with several macro calls, because a macro that doubles itself
must end with a message and not with the machine's memory, and because every file that was looked for must be known.
"""
