#include <errno.h>
#include <jansson.h>
#include <string.h>

// jansson collects a token in a buffer of 16 bytes, which doubles. If that allocation fails, jansson drops bytes and continues, reads
// beyond the end, or fails an assertion. All its other allocations end in an error, which may have any code.

/// The input of jansson: a text as the second element of an array. The first element is a string that makes the buffer as large as the
/// tokens of the text need it, so a failed allocation is detected before jansson reads the text.
struct json_feed {
  const char *_Nullable part[5];
  size_t left[5];
  int at;
  int is_out_of_memory;
};

static inline size_t json_feed_next(void *buffer, size_t capacity, void *context) {
  enum { filler = 1 };
  struct json_feed *feed = (struct json_feed *)context;
  while (feed->at < 5 && feed->left[feed->at] == 0) {
    if (feed->at++ == filler) feed->is_out_of_memory = errno == ENOMEM;
  }
  if (feed->at == 5 || feed->is_out_of_memory) return 0;
  size_t *left = &feed->left[feed->at], count = *left < capacity ? *left : capacity;
  if (feed->at == filler) {
    memset(buffer, ' ', count);
  } else {
    memcpy(buffer, feed->part[feed->at], count);
    feed->part[feed->at] += count;
  }
  *left -= count;
  return count;
}

/// Returns whether a byte separates tokens: white space, a comma, a colon, a bracket or a brace.
static inline int json_is_between(unsigned char byte) {
  if (byte <= ':') return (1ull << ':' | 1ull << ',' | 1ull << ' ' | 1ull << '\t' | 1ull << '\n' | 1ull << '\r') >> byte & 1;
  return (byte | 0x20) == '{' || (byte | 0x20) == '}';
}

/// Returns the length of the longest token, or more. O(length).
static inline size_t json_max_token(const char *_Nullable text, size_t length) {
  size_t max = 0, start = 0, at = 0;
  while (at < length) {
    char byte = text[at];
    if (byte == '"') {
      for (start = at++; at < length && text[at] != '"'; at++) at += text[at] == '\\';
    } else if (json_is_between((unsigned char)byte)) {
      start = at + 1;
    }
    at++;
    if (at - start > max) max = at - start;
  }
  return max;
}

/// Parses as json_loadb does a text whose longest token does not fit into the first buffer.
static inline json_t *_Nullable json_load_long(
    const char *_Nonnull text, size_t length, size_t max, size_t flags, json_error_t *_Nonnull error) {
  size_t half = 16; // half of the buffer: a string of this length doubles it, and its closing quote does not double it again
  while (2 * half < max + 3) half *= 2;
  struct json_feed feed = {{"[\"", NULL, "\",", text, "]"}, {2, half, 2, length, 1}, 0, 0};
  json_t *array = json_load_callback(json_feed_next, &feed, flags, error), *root = NULL;
  if (feed.is_out_of_memory) {
    errno = ENOMEM;
  } else if (array && json_array_size(array) == 2) {
    root = json_incref(json_array_get(array, 1));
  } else if (array) {
    strcpy(error->text, "end of file expected");
    error->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_end_of_input_expected;
  }
  json_decref(array);
  return root;
}

/// Parses as json_loadb does, but returns json_error_out_of_memory for every failed allocation, and never parses anything else than the
/// text. malloc may set errno although it succeeds in another way, so a second attempt decides.
static inline json_t *_Nullable json_load_text(
    const char *_Nullable text, size_t length, size_t flags, json_error_t *_Nonnull error) {
  size_t max = json_max_token(text, length);
  for (int attempt = 0; attempt < 2; attempt++) {
    errno = 0;
    json_t *root = max < 15 ? json_loadb(text, length, flags, error) : json_load_long(text, length, max, flags, error);
    if (root || errno != ENOMEM) return root;
  }
  error->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_out_of_memory;
  return NULL;
}
