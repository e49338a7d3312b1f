/* The CRC-32 of ISO 3309, which zlib and PNG use, so that Python's zlib.crc32 checks the same files. */
#ifndef SCUTTLE_STORE_CRC32_H
#define SCUTTLE_STORE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Eight tables: the checksum of each byte, with 0 to 7 zero bytes behind it. */
typedef struct {
  uint32_t entries[8][256];
} crc32_t;

void crc32_make(crc32_t *table);

/* Returns the checksum of some bytes behind others, whose checksum is `crc`; 0 for none. */
uint32_t crc32_of(const crc32_t *table, uint32_t crc, const void *bytes, size_t len);

#endif
