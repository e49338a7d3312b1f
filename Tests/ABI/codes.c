/* Every code of the header (codes.inc, made from it by `run`) has a number and a text of its own. */
#include <scuttle.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  int code;
} codes[] = {
#define CODE(NAME) {#NAME, NAME},
#include "codes.inc"
};

int main(void) {
  const size_t count = sizeof codes / sizeof *codes;
  const char *unknown = scuttle_strerror(-1000000);
  size_t i, j;
  int failures = count < 20;
  if (!unknown) return 1;
  for (i = 0; i < count; i++) {
    const char *text = scuttle_strerror(codes[i].code);
    int is_error = strncmp(codes[i].name, "SCUTTLE_E_", 10) == 0;
    if (!text || strlen(text) < 2 || strcmp(text, unknown) == 0) {
      printf("%s has no text of its own: %s\n", codes[i].name, text ? text : "NULL");
      failures++;
      continue;
    }
    if (is_error != (codes[i].code < 0)) {
      printf("%s is %d\n", codes[i].name, codes[i].code);
      failures++;
    }
    for (j = 0; j < i; j++) {
      if (codes[i].code == codes[j].code) {
        printf("%s and %s are both %d\n", codes[i].name, codes[j].name, codes[i].code);
        failures++;
      }
      if (strcmp(text, scuttle_strerror(codes[j].code)) == 0) {
        printf("%s and %s are both \"%s\"\n", codes[i].name, codes[j].name, text);
        failures++;
      }
    }
  }
  /* No error without a name in the header. */
  for (i = 1; i <= 1000; i++) {
    int known = 0;
    for (j = 0; j < count; j++) known |= codes[j].code == -(int)i;
    if (!known && strcmp(scuttle_strerror(-(int)i), unknown) != 0) {
      printf("-%d has the text \"%s\", and no name\n", (int)i, scuttle_strerror(-(int)i));
      failures++;
    }
  }
  return failures != 0;
}
