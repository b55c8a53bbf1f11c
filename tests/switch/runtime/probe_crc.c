/* What hash.h and crc.h have inline, for Python; also built for processors without this machine's instructions. */
#include "hash.h"

/* `n` is a constant in generated code. */
uint64_t probe_crc_words(int algorithm, const uint64_t *words, unsigned n)
{
    return algorithm == 0   ? hash_crc16_words(words, n)
           : algorithm == 1 ? hash_crc32_words(words, n)
                            : hash_crcCCITT_words(words, n);
}
