// The P4_16 core library, as the language specification (v1.2.5, appendix D) declares it.
// Programs ask for the names of the include guards, so that these are what they are everywhere.
error {
    NoError, // no error
    PacketTooShort, // extract or lookahead asked for more bits than are left
    NoMatch, // no case of a select matched
    StackOutOfBounds, // next or last of a header stack is not there
    HeaderTooShort, // extract asked for more bits than a varbit field holds
    ParserTimeout, // the parser took longer than the target allows
    ParserInvalidArgument // an operation of the parser does not support this argument
}
// The packet on its way in: a string of bits with a cursor.
extern packet_in {
    // Read a header of fixed size at the cursor, and advance over it.
    void extract<T>(out T hdr);
    // Read a header with one varbit field, which gets variableFieldSizeInBits bits.
    void extract<T>(out T variableSizeHeader, in bit<32> variableFieldSizeInBits);
    // Read a value at the cursor, which stays where it is.
    T lookahead<T>();
    // Move the cursor forward.
    void advance(in bit<32> sizeInBits);
    // The length of the packet in bytes; not every target knows it.
    bit<32> length();
}
// The packet on its way out.
extern packet_out {
    // Append a header, if it is valid, or all valid headers of a stack, union or struct.
    void emit<T>(in T hdr);
}
// Unless `check` holds, set the parser's error to `toSignal` and go to reject.
extern void verify(in bool check, in error toSignal);
// The action that does nothing.
@noWarn("unused")
action NoAction() {}
match_kind {
    exact, // equal in all bits
    ternary, // equal in the bits that a mask selects
    lpm // equal in the longest prefix
}
// Checked by the compiler, which stops with `message` where `check` is false. The result is true.
extern bool static_assert(bool check, string message);
extern bool static_assert(bool check);
// The P4_16 core library, as the language specification (v1.2.5, appendix D) declares it.
// Programs ask for the names of the include guards, so that these are what they are everywhere.
guarded
known
