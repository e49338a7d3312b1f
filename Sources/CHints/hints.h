// What the processor can be told, and Swift has no word for.

/// Memory will be read soon. Nothing else happens, whatever the address.
static inline void hint_will_read(const void *_Nullable address) {
  __builtin_prefetch(address, 1);
}
