#include "crc32.h"

/* By eight bytes a step: M. E. Kounavis, F. L. Berry, "A Systematic Approach to Building High Performance Software-based CRC
   Generators", ISCC 2005. The polynomial is that of ISO 3309, reflected. */
#define POLYNOMIAL 0xedb88320u

void crc32_make(crc32_t *table) {
  int byte, bit, behind;
  for (byte = 0; byte < 256; byte++) {
    uint32_t crc = (uint32_t)byte;
    for (bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
    table->entries[0][byte] = crc;
  }
  for (behind = 1; behind < 8; behind++) {
    for (byte = 0; byte < 256; byte++) {
      uint32_t crc = table->entries[behind - 1][byte];
      table->entries[behind][byte] = crc >> 8 ^ table->entries[0][crc & 255];
    }
  }
}

uint32_t crc32_of(const crc32_t *table, uint32_t crc, const void *bytes, size_t len) {
  const uint8_t *at = (const uint8_t *)bytes;
  const uint32_t(*t)[256] = table->entries;
  crc = ~crc;
  for (; len >= 8; at += 8, len -= 8) {
    uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
    crc = t[7][low & 255] ^ t[6][low >> 8 & 255] ^ t[5][low >> 16 & 255] ^ t[4][low >> 24] ^ t[3][at[4]] ^ t[2][at[5]] ^
          t[1][at[6]] ^ t[0][at[7]];
  }
  for (; len > 0; at++, len--) crc = crc >> 8 ^ t[0][(crc ^ *at) & 255];
  return ~crc;
}
