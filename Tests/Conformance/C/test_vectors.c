/* Runs the folders of ../Vectors/messages: see ../Vectors/README.md. One test a folder. */
#include "check.h"
#include "support.h"

#include <dirent.h>

typedef struct {
  text_t input, expect, output;
  int has_output;
  const char *code; /* first line of expect */
  const char *entries;
} vector_t;

static int vector_load(vector_t *vector, const char *name) {
  char path[1024], *newline;
  memset(vector, 0, sizeof *vector);
  snprintf(path, sizeof path, "%s/messages/%s/input", check_folder, name);
  if (!text_file(&vector->input, path)) return 0;
  snprintf(path, sizeof path, "%s/messages/%s/expect", check_folder, name);
  if (!text_file(&vector->expect, path)) return 0;
  snprintf(path, sizeof path, "%s/messages/%s/output", check_folder, name);
  vector->has_output = text_file(&vector->output, path);
  newline = strchr(vector->expect.data, '\n');
  if (!newline) return 0;
  *newline = 0;
  vector->code = vector->expect.data;
  vector->entries = newline + 1;
  return 1;
}

static void vector_free(vector_t *vector) {
  text_free(&vector->input);
  text_free(&vector->expect);
  text_free(&vector->output);
}

static int show_entry(void *context, const scuttle_update_t *update) {
  text_t *text = (text_t *)context;
  text_escaped(text, update->key, update->key_len);
  text_str(text, "\t");
  text_add(text, update->value, update->value_len);
  text_str(text, "\t");
  text_escaped(text, update->source, update->source_len);
  text_format(text, "\t%" PRIu64 "\n", update->version);
  return 0;
}

/* Writes the input in pieces of `piece` bytes (0: at once, 1000: of random lengths) and checks what README.md promises. */
static void run_in_pieces(const vector_t *vector, size_t piece) {
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *link = link_make(r);
  char *before = snapshot(r), *after;
  text_t state = {NULL, 0, 0}, output = {NULL, 0, 0};
  uint64_t random = vector->input.len;
  size_t at = 0, lines = text_count(&vector->input, "\n");
  int code = SCUTTLE_OK, last = SCUTTLE_OK, invalid = strncmp(check_now->name, "invalid/", 8) == 0;
  do {
    size_t len = piece == 0 ? vector->input.len : piece == 1000 ? 1 + random_below(&random, 40) : piece;
    guarded_t part;
    if (len > vector->input.len - at) len = vector->input.len - at;
    part = guarded_copy(vector->input.data + at, len);
    last = scuttle_link_write(link, part.data, len);
    if (last < 0 && code >= 0) code = last;
    else if (code >= 0) code = last;
    guarded_free(&part);
    at += len;
  } while (at < vector->input.len);
  if (strcmp(code_name(code), vector->code) != 0)
    CHECK_SAY("in pieces of %zu: %s, not %s (%s)", piece, code_name(code), vector->code, scuttle_errmsg(r));
  CHECK_INT(code < 0, invalid);
  text_add(&state, "", 0);
  CHECK_CODE(scuttle_state(r, NULL, 0, show_entry, &state), SCUTTLE_OK);
  CHECK_STR(state.data, vector->entries);
  after = snapshot(r);
  if (invalid && lines == 1) CHECK_STR(after, before);
  read_all(link, piece, &output);
  if (vector->has_output) CHECK_BYTES(output.data, output.len, vector->output.data, vector->output.len);
  if (vector->input.len && vector->input.data[vector->input.len - 1] == '\n')
    CHECK_CODE(feed_update(link, "after the vector", "1", "a source of its own", 1), SCUTTLE_OK);
  free(before);
  free(after);
  text_free(&state);
  text_free(&output);
  scuttle_free(r);
}

static void run_vector(void) {
  vector_t vector;
  if (!vector_load(&vector, check_now->name)) CHECK_SAY("no input or no expect");
  else {
    run_in_pieces(&vector, 0);
    run_in_pieces(&vector, 1);
    run_in_pieces(&vector, 7);
    run_in_pieces(&vector, 1000);
  }
  vector_free(&vector);
}

static int by_name(const void *a, const void *b) { return strcmp(((const check_test_t *)a)->name, ((const check_test_t *)b)->name); }

static check_test_t vectors[2000];
static size_t vector_count;

static void find_vectors(const char *kind) {
  char path[1024];
  DIR *folder;
  struct dirent *entry;
  snprintf(path, sizeof path, "%s/messages/%s", check_folder, kind);
  folder = opendir(path);
  while (folder && (entry = readdir(folder)) != NULL) {
    char *name;
    if (entry->d_name[0] == '.' || vector_count == sizeof vectors / sizeof *vectors) continue;
    name = (char *)malloc(strlen(kind) + strlen(entry->d_name) + 2);
    if (!name) exit(3);
    sprintf(name, "%s/%s", kind, entry->d_name);
    vectors[vector_count].name = name;
    vectors[vector_count].run = run_vector;
    vector_count++;
  }
  if (folder) closedir(folder);
}

TEST(there_are_vectors) { CHECK(vector_count >= 60); }

int main(int argc, char **argv) {
  const char *folder = argc > 1 ? argv[1] : getenv("SCUTTLE_VECTORS");
  size_t i;
  int status;
  if (folder) check_folder = folder;
  find_vectors("valid");
  find_vectors("invalid");
  qsort(vectors, vector_count, sizeof *vectors, by_name);
  for (i = 0; i < vector_count; i++) check_add(&vectors[i]);
  status = check_run(argc > 2 ? argv[2] : NULL);
  for (i = 0; i < vector_count; i++) free((void *)(uintptr_t)vectors[i].name);
  return status;
}
