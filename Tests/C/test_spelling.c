/* The meaning of a message does not depend on its spelling: members in any order, white space, escapes. Random updates go to
   one replica in the canonical form and to another in some other form; both must become equal to the byte. */
#include "check.h"
#include "support.h"

static void add_character(text_t *text, uint64_t *random) {
  static const char *const characters[] = {"a", "b", "0", " ", "/", "\"", "\\", "\n", "\t", "\x01", "\x1f", "\x7f", "\xc3\xa9", "\xe6\x97\xa5", "\xf0\x9f\x90\x99",
                                           "{", "}", "[", "]", ":", ",", "\xef\xbf\xbf", "\xe2\x80\xa8", "'", "\r", "\b", "\f"};
  text_str(text, characters[random_below(random, sizeof characters / sizeof *characters)]);
}

static void random_text(text_t *text, uint64_t *random, size_t most) {
  size_t n = random_below(random, most + 1);
  text_add(text, "", 0);
  while (n--) add_character(text, random);
}

/* Adds a JSON string of a text, with more escapes than needed. */
static void other_string(text_t *out, const text_t *text, uint64_t *random) {
  size_t i = 0;
  text_str(out, "\"");
  while (i < text->len) {
    unsigned char c = (unsigned char)text->data[i];
    size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (random_below(random, 2) || (c < 0x80 && strchr("\"\\", c)) || c < 0x20) {
      unsigned code = c < 0x80 ? c : c & (0xffu >> (len + 1));
      size_t n;
      for (n = 1; n < len; n++) code = code << 6 | ((unsigned char)text->data[i + n] & 0x3f);
      if (c == '/' && random_below(random, 2)) text_str(out, "\\/");
      else if (code >= 0x10000) text_format(out, random_below(random, 2) ? "\\u%04x\\u%04x" : "\\u%04X\\u%04X", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
      else text_format(out, random_below(random, 2) ? "\\u%04x" : "\\u%04X", code);
    } else {
      text_add(out, text->data + i, len);
    }
    i += len;
  }
  text_str(out, "\"");
}

static void space(text_t *out, uint64_t *random) {
  static const char *const spaces[] = {"", "", "", " ", "\t", "  ", "\r", " \t "};
  text_str(out, spaces[random_below(random, sizeof spaces / sizeof *spaces)]);
}

/* Adds a random value, once compact and once with white space; otherwise spelled the same. */
static void random_value(text_t *compact, text_t *spaced, uint64_t *random, int depth) {
  static const char *const scalars[] = {"null", "true", "false", "0", "-0", "1", "-12", "1.50", "1E5", "1e-2", "-0.0", "9223372036854775807", "1.7976931348623157e308", "\"\"", "[]", "{}",
                                        "\"\\u00e9\\/\\ud83d\\udc19\""};
  size_t n, i;
  text_t part = {NULL, 0, 0};
  switch (depth ? random_below(random, 4) : random_below(random, 2)) {
  case 0: text_str(&part, scalars[random_below(random, sizeof scalars / sizeof *scalars)]); break;
  case 1: {
    text_t text = {NULL, 0, 0};
    random_text(&text, random, 12);
    other_string(&part, &text, random);
    text_free(&text);
    break;
  }
  default: {
    int object = (int)random_below(random, 2);
    n = random_below(random, 4);
    text_str(compact, object ? "{" : "[");
    text_str(spaced, object ? "{" : "[");
    for (i = 0; i < n; i++) {
      space(spaced, random);
      if (object) {
        text_t name = {NULL, 0, 0};
        text_format(&name, "\"%zu ,:\"", i);
        text_add(compact, name.data, name.len);
        text_add(spaced, name.data, name.len);
        space(spaced, random);
        text_str(compact, ":");
        text_str(spaced, ":");
        space(spaced, random);
        text_free(&name);
      }
      random_value(compact, spaced, random, depth - 1);
      space(spaced, random);
      if (i + 1 < n) {
        text_str(compact, ",");
        text_str(spaced, ",");
      }
    }
    space(spaced, random);
    text_str(compact, object ? "}" : "]");
    text_str(spaced, object ? "}" : "]");
    return;
  }
  }
  text_add(compact, part.data, part.len);
  text_add(spaced, part.data, part.len);
  text_free(&part);
}

static void member(text_t *line, const char *name, const text_t *value, uint64_t *random) {
  text_t text = {NULL, 0, 0};
  space(line, random);
  text_str(&text, name);
  if (random_below(random, 3)) text_format(line, "\"%s\"", name);
  else other_string(line, &text, random);
  space(line, random);
  text_str(line, ":");
  space(line, random);
  text_add(line, value->data, value->len);
  space(line, random);
  text_free(&text);
}

TEST(updates_in_other_spellings) {
  uint64_t seed;
  for (seed = 1; seed <= 100; seed++) {
    uint64_t random = seed;
    scuttle_t *a = replica_make("local"), *b = replica_make("local");
    scuttle_link_t *la = link_make(a), *lb = link_make(b);
    char *sa, *sb;
    int n;
    for (n = 1; n <= 40 && check_failures < 5; n++) {
      text_t key = {NULL, 0, 0}, source = {NULL, 0, 0}, compact = {NULL, 0, 0}, spaced = {NULL, 0, 0}, canonical = {NULL, 0, 0}, other = {NULL, 0, 0};
      text_t values[6];
      const char *names[6];
      size_t count = 4, i, order[6] = {0, 1, 2, 3, 4, 5};
      int deleted = random_below(&random, 6) == 0, ca, cb;
      memset(values, 0, sizeof values);
      random_text(&key, &random, 6);
      random_text(&source, &random, 2);
      text_str(&key, "k");
      text_str(&source, "s");
      if (deleted) {
        text_str(&compact, "null");
        text_str(&spaced, "null");
      } else {
        random_value(&compact, &spaced, &random, 3);
      }
      text_str(&canonical, "{\"key\":\"");
      text_escaped(&canonical, key.data, key.len);
      text_format(&canonical, "\",\"value\":%s,\"source_id\":\"", compact.data);
      text_escaped(&canonical, source.data, source.len);
      text_format(&canonical, "\",\"version\":%d%s}\n", n, deleted ? ",\"deleted\":true" : "");
      names[0] = "key";
      other_string(&values[0], &key, &random);
      names[1] = "value";
      text_add(&values[1], spaced.data, spaced.len);
      names[2] = "source_id";
      other_string(&values[2], &source, &random);
      names[3] = "version";
      text_format(&values[3], "%d", n);
      if (deleted || random_below(&random, 4) == 0) {
        names[count] = "deleted";
        text_str(&values[count++], deleted ? "true" : "false");
      }
      if (random_below(&random, 2)) {
        text_t unused = {NULL, 0, 0};
        names[count] = "of no meaning";
        random_value(&unused, &values[count++], &random, 2);
        text_free(&unused);
      }
      for (i = count - 1; i > 0; i--) {
        size_t j = random_below(&random, i + 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
      }
      space(&other, &random);
      text_str(&other, "{");
      for (i = 0; i < count; i++) {
        if (i) text_str(&other, ",");
        member(&other, names[order[i]], &values[order[i]], &random);
      }
      text_str(&other, "}");
      space(&other, &random);
      text_str(&other, "\n");
      ca = scuttle_link_write(la, canonical.data, canonical.len);
      cb = scuttle_link_write(lb, other.data, other.len);
      if (ca != SCUTTLE_OK) CHECK_SAY("seed %d: %s: %s", (int)seed, code_name(ca), canonical.data);
      if (cb != SCUTTLE_OK) CHECK_SAY("seed %d: %s: %s", (int)seed, code_name(cb), other.data);
      sa = snapshot(a);
      sb = snapshot(b);
      if (strcmp(sa, sb) != 0) CHECK_SAY("seed %d: not the same:\n%s%s", (int)seed, canonical.data, other.data);
      free(sa);
      free(sb);
      for (i = 0; i < 6; i++) text_free(&values[i]);
      text_free(&key);
      text_free(&source);
      text_free(&compact);
      text_free(&spaced);
      text_free(&canonical);
      text_free(&other);
    }
    { /* and they send the same updates, from which a third becomes equal */
      text_t oa = {NULL, 0, 0}, ob = {NULL, 0, 0};
      scuttle_t *c = replica_make("third");
      scuttle_link_t *lc = link_make(c);
      CHECK(feed(la, "{\"digest\":true,\"done\":true}\n") >= 0);
      CHECK(feed(lb, " {\"done\" : true , \"digest\":true}\r\n") >= 0);
      read_all(la, 0, &oa);
      read_all(lb, 0, &ob);
      CHECK_STR(ob.data, oa.data);
      CHECK_CODE(scuttle_link_write(lc, oa.data, oa.len), SCUTTLE_OK);
      CHECK_U64(fingerprint_of(c), fingerprint_of(a));
      text_free(&oa);
      text_free(&ob);
      scuttle_free(c);
    }
    scuttle_free(a);
    scuttle_free(b);
    if (check_failures) {
      printf("  first failure with seed %d\n", (int)seed);
      break;
    }
  }
}

TEST(a_host_and_a_peer_write_the_same) {
  /* A value by scuttle_set, and the same text in a peer's line: the same entry. */
  uint64_t random = 4;
  int n;
  for (n = 0; n < 2000 && check_failures < 5; n++) {
    text_t compact = {NULL, 0, 0}, spaced = {NULL, 0, 0};
    scuttle_t *host = replica_exact("A"), *peer = replica_exact("B");
    random_value(&compact, &spaced, &random, 4);
    CHECK_CODE(scuttle_set(host, "k", 1, spaced.data, spaced.len), SCUTTLE_OK);
    CHECK_CODE(feed_update(link_make(peer), "k", spaced.data, "A", 1), SCUTTLE_OK);
    CHECK_STR(value_of(host, "k"), compact.data);
    CHECK_STR(value_of(peer, "k"), compact.data);
    CHECK_U64(fingerprint_of(host), fingerprint_of(peer));
    text_free(&compact);
    text_free(&spaced);
    scuttle_free(host);
    scuttle_free(peer);
  }
}

CHECK_MAIN
