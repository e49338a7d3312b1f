/* Local writes and the entries that they make. */
#include "check.h"
#include "support.h"

static void check_entry(scuttle_t *r, const char *key, const char *value, const char *source, uint64_t version) {
  scuttle_entry_t entry;
  memset(&entry, 0x55, sizeof entry);
  CHECK_CODE(scuttle_get(r, key, SCUTTLE_NTS, &entry), SCUTTLE_OK);
  CHECK_BYTES(entry.value, entry.value_len, value, strlen(value));
  CHECK_STR(entry.value, value); /* NUL-terminated */
  CHECK_BYTES(entry.source, entry.source_len, source, strlen(source));
  CHECK_STR(entry.source, source);
  CHECK_U64(entry.version, version);
}

static void check_absent(scuttle_t *r, const char *key) {
  scuttle_entry_t entry;
  char buffer[64];
  size_t needed = 0;
  memset(&entry, 0x55, sizeof entry);
  CHECK_CODE(scuttle_get(r, key, SCUTTLE_NTS, &entry), SCUTTLE_NOT_FOUND);
  CHECK_BYTES(entry.value, entry.value_len, "null", 4);
  CHECK_STR(entry.value, "null");
  CHECK_INT(entry.source_len, 0);
  CHECK(!entry.source || entry.source[0] == 0);
  CHECK_U64(entry.version, 0);
  memset(&entry, 0x55, sizeof entry);
  CHECK_CODE(scuttle_get_copy(r, key, SCUTTLE_NTS, buffer, sizeof buffer, &needed, &entry), SCUTTLE_NOT_FOUND);
  CHECK_BYTES(entry.value, entry.value_len, "null", 4);
  CHECK_INT(entry.source_len, 0);
  CHECK_U64(entry.version, 0);
}

TEST(set_then_get) {
  scuttle_t *r = replica_exact("local");
  CHECK_CODE(set(r, "k", "\"v\""), SCUTTLE_OK);
  check_entry(r, "k", "\"v\"", "local", 1);
  CHECK_INT(count_of(r), 1);
  CHECK_U64(version_of(r), 1);
  scuttle_free(r);
}

TEST(every_write_is_one_version) {
  scuttle_t *r = replica_exact("local");
  set(r, "a", "1");
  set(r, "b", "2");
  set(r, "a", "3");
  scuttle_delete(r, "b", 1);
  scuttle_delete(r, "never there", SCUTTLE_NTS);
  set(r, "b", "4");
  check_entry(r, "a", "3", "local", 3);
  check_entry(r, "b", "4", "local", 6);
  CHECK_U64(version_of(r), 6);
  CHECK_INT(count_of(r), 2);
  scuttle_free(r);
}

TEST(a_write_is_above_all_versions_seen) {
  scuttle_t *r = replica_exact("local");
  scuttle_link_t *link = link_make(r);
  feed_update(link, "k", "1", "A", 41);
  CHECK_CODE(set(r, "k", "2"), SCUTTLE_OK);
  check_entry(r, "k", "2", "local", 42);
  feed_update(link, "other", "1", "B", 100);
  set(r, "k", "3");
  check_entry(r, "k", "3", "local", 101);
  scuttle_free(r);
}

TEST(an_equal_value_is_a_write_too) {
  scuttle_t *r = replica_exact("local");
  set(r, "k", "1");
  set(r, "k", "1");
  check_entry(r, "k", "1", "local", 2);
  scuttle_free(r);
}

TEST(values_of_every_type) {
  const char *values[] = {"null", "true", "false", "0", "-0", "1", "-1", "1.5", "1e10", "1E-10", "0.10", "\"\"", "\"a\"", "[]",
                          "{}", "[[]]", "{\"a\":{}}", "9223372036854775807", "-9223372036854775808", "1.7976931348623157e308",
                          "5e-324", "\"\\u0000\"", "\"\\ud83d\\udc19\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\x7f\"",
                          "\"\xf0\x9f\x90\x99\"", "[1,2,[3,{\"a\":[null,true,false]}]]", "{\"\":1}", "{\"a\":1,\"A\":1}",
                          "{\"b\":1,\"a\":2}", "123456789012345678", "0.1234567890123456789012345678901234567890"};
  scuttle_t *r = replica_exact("local");
  size_t i;
  for (i = 0; i < sizeof values / sizeof *values; i++) {
    CHECK_CODE(set(r, "k", values[i]), SCUTTLE_OK);
    check_entry(r, "k", values[i], "local", i + 1);
  }
  scuttle_free(r);
}

TEST(white_space_between_tokens_is_dropped_and_nothing_else) {
  const char *pairs[][2] = {{" 1 ", "1"},
                            {"\t[\n1 ,\r\n 2 ]\n", "[1,2]"},
                            {" { \"a b\" : \" c\\n d \" , \"e\" : [ ] } ", "{\"a b\":\" c\\n d \",\"e\":[]}"},
                            {"[ 1.50 , 1E+5 , -0.0 ]", "[1.50,1E+5,-0.0]"},
                            {"\" \\\" \\\\\"", "\" \\\" \\\\\""},
                            {"[ \"\\\\\" , \" ] \" ]", "[\"\\\\\",\" ] \"]"},
                            {"  null  ", "null"}};
  scuttle_t *r = replica_exact("local");
  size_t i;
  for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    CHECK_CODE(set(r, "k", pairs[i][0]), SCUTTLE_OK);
    check_entry(r, "k", pairs[i][1], "local", i + 1);
  }
  scuttle_free(r);
}

TEST(keys_of_every_kind) {
  const char *keys[] = {"a", " ", "__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "a/b", "\"", "\\", "\n", "\t",
                        "\x01", "\x1f", "\x7f", "\xc3\xbc", "\xf0\x9f\x90\x99", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "key", "value",
                        "source_id", "version", "digest", "a\x01z", "{\"key\":1}", "e\xcc\x81", "\xc3\xa9"};
  size_t n = sizeof keys / sizeof *keys, i;
  scuttle_t *r = replica_exact("local"), *peer = replica_exact("peer");
  scuttle_link_t *a = link_make(r), *b = link_make(peer);
  char value[32];
  for (i = 0; i < n; i++) {
    snprintf(value, sizeof value, "%zu", i);
    CHECK_CODE(set(r, keys[i], value), SCUTTLE_OK);
  }
  CHECK_INT(count_of(r), n);
  sync_links(a, b);
  for (i = 0; i < n; i++) {
    snprintf(value, sizeof value, "%zu", i);
    check_entry(r, keys[i], value, "local", i + 1);
    check_entry(peer, keys[i], value, "local", i + 1);
  }
  CHECK_U64(fingerprint_of(r), fingerprint_of(peer));
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(keys_with_lengths_are_not_read_past_their_end) {
  scuttle_t *r = replica_make("local");
  size_t len;
  char value[64];
  for (len = 1; len < 40; len++) {
    guarded_t key = guarded_make(len), json;
    scuttle_entry_t entry;
    memset(key.data, 'k', len);
    snprintf(value, sizeof value, "\"%0*d\"", (int)len, 7);
    json = guarded_copy(value, strlen(value));
    CHECK_CODE(scuttle_set(r, key.data, len, json.data, json.len), SCUTTLE_OK);
    CHECK_CODE(scuttle_get(r, key.data, len, &entry), SCUTTLE_OK);
    CHECK_STR(entry.value, value);
    CHECK_CODE(scuttle_delete(r, key.data, len), SCUTTLE_OK);
    CHECK_CODE(scuttle_get(r, key.data, len, &entry), SCUTTLE_NOT_FOUND);
    guarded_free(&key);
    guarded_free(&json);
  }
  scuttle_free(r);
}

TEST(json_cut_anywhere_is_not_read_past_its_end) {
  const char *json = "{\"a\":[1,-2.5e+3,\"x\\u00e9\\\\\\ud83d\\udc19\",true,false,null,\"\xf0\x9f\x90\x99\"]}";
  size_t whole = strlen(json), len;
  scuttle_t *r = replica_make("local");
  for (len = 0; len <= whole; len++) {
    guarded_t part = guarded_copy(json, len);
    int code = scuttle_set(r, "k", 1, part.data, len);
    if (len == whole) CHECK_CODE(code, SCUTTLE_OK);
    else if (code != SCUTTLE_E_JSON && code != SCUTTLE_E_UTF8) CHECK_SAY("%zu bytes: %s", len, code_name(code));
    guarded_free(&part);
  }
  CHECK_U64(version_of(r), 1);
  scuttle_free(r);
}

TEST(delete_leaves_a_tombstone) {
  scuttle_t *r = replica_exact("local");
  char *state;
  set(r, "k", "1");
  CHECK_CODE(scuttle_delete(r, "k", SCUTTLE_NTS), SCUTTLE_OK);
  check_absent(r, "k");
  CHECK_INT(count_of(r), 0);
  CHECK_U64(version_of(r), 2);
  state = state_text(r);
  CHECK_STR(state, ""); /* left out of walks */
  free(state);
  set(r, "k", "2");
  check_entry(r, "k", "2", "local", 3);
  CHECK_INT(count_of(r), 1);
  scuttle_free(r);
}

TEST(null_is_a_value_and_not_a_delete) {
  scuttle_t *r = replica_exact("local");
  CHECK_CODE(set(r, "k", "null"), SCUTTLE_OK);
  check_entry(r, "k", "null", "local", 1);
  CHECK_INT(count_of(r), 1);
  scuttle_free(r);
}

TEST(delete_of_an_absent_key) {
  scuttle_t *r = replica_exact("local"), *peer = replica_exact("peer");
  scuttle_link_t *a = link_make(r), *b = link_make(peer);
  CHECK_CODE(scuttle_delete(r, "gone", 4), SCUTTLE_OK);
  CHECK_CODE(scuttle_delete(r, "gone", 4), SCUTTLE_OK);
  CHECK_U64(version_of(r), 2);
  check_absent(r, "gone");
  sync_links(a, b);
  CHECK_U64(clock_of(peer, "local"), 2);
  CHECK_U64(fingerprint_of(r), fingerprint_of(peer));
  scuttle_free(r);
  scuttle_free(peer);
}

TEST(absent_keys) {
  scuttle_t *r = replica_make("local");
  check_absent(r, "k");
  set(r, "kk", "1");
  check_absent(r, "k");
  check_absent(r, "kkk");
  check_absent(r, "KK");
  scuttle_free(r);
}

TEST(copies_need_exactly_the_returned_size) {
  scuttle_t *r = replica_exact("local");
  size_t capacity, needed, whole;
  const char *value = "[\"value\",12345]";
  CHECK_CODE(set(r, "k", value), SCUTTLE_OK);
  whole = strlen(value) + 1 + strlen("local") + 1;
  for (capacity = 0; capacity < whole + 3; capacity++) {
    guarded_t buffer = guarded_make(capacity);
    scuttle_entry_t entry;
    int code;
    memset(&entry, 0, sizeof entry);
    needed = 0;
    code = scuttle_get_copy(r, "k", 1, capacity ? buffer.data : NULL, capacity, &needed, &entry);
    CHECK_CODE(code, capacity < whole ? SCUTTLE_E_SPACE : SCUTTLE_OK);
    CHECK_INT(needed, whole);
    if (code == SCUTTLE_OK) {
      CHECK(entry.value == buffer.data);
      CHECK(entry.source == buffer.data + strlen(value) + 1);
      CHECK_STR(entry.value, value);
      CHECK_STR(entry.source, "local");
      CHECK_INT(entry.value_len, strlen(value));
      CHECK_INT(entry.source_len, 5);
      CHECK_U64(entry.version, 1);
    }
    guarded_free(&buffer);
  }
  scuttle_free(r);
}

TEST(copies_outlive_the_entry) {
  scuttle_t *r = replica_exact("local");
  char buffer[64];
  size_t needed = 0;
  scuttle_entry_t entry;
  set(r, "k", "\"first\"");
  CHECK_CODE(scuttle_get_copy(r, "k", 1, buffer, sizeof buffer, &needed, &entry), SCUTTLE_OK);
  set(r, "k", "\"second\"");
  scuttle_free(r);
  CHECK_STR(entry.value, "\"first\"");
  CHECK_STR(entry.source, "local");
}

TEST(copies_of_absent_keys) {
  scuttle_t *r = replica_make("local");
  size_t needed = 0;
  char buffer[6];
  scuttle_entry_t entry;
  int code = scuttle_get_copy(r, "k", 1, NULL, 0, &needed, &entry);
  CHECK(code == SCUTTLE_E_SPACE || code == SCUTTLE_NOT_FOUND);
  CHECK(needed <= 6); /* null, NUL, no source, NUL: or nothing, because nothing need be copied */
  CHECK_CODE(scuttle_get_copy(r, "k", 1, buffer, sizeof buffer, &needed, &entry), SCUTTLE_NOT_FOUND);
  CHECK_STR(entry.value, "null");
  scuttle_free(r);
}

TEST(lengths_zero_and_measured) {
  scuttle_t *r = replica_exact("local");
  scuttle_entry_t entry;
  CHECK_CODE(scuttle_set(r, "k", 0, "1", 1), SCUTTLE_E_KEY);
  CHECK_CODE(scuttle_set(r, "", SCUTTLE_NTS, "1", 1), SCUTTLE_E_KEY);
  CHECK_CODE(scuttle_set(r, "k", 1, "1", 0), SCUTTLE_E_JSON);
  CHECK_CODE(scuttle_set(r, "k", 1, "", SCUTTLE_NTS), SCUTTLE_E_JSON);
  CHECK_CODE(scuttle_delete(r, "k", 0), SCUTTLE_E_KEY);
  CHECK_CODE(scuttle_get(r, "k", 0, &entry), SCUTTLE_E_KEY);
  CHECK_U64(version_of(r), 0);
  CHECK_CODE(scuttle_set(r, "key and more", 3, "12 and more", 2), SCUTTLE_OK);
  check_entry(r, "key", "12", "local", 1);
  scuttle_free(r);
}

TEST(bad_keys) {
  static const struct {
    const char *key;
    size_t len;
    int code;
  } bad[] = {{"a\0b", 3, SCUTTLE_E_NUL},         {"\0", 1, SCUTTLE_E_NUL},          {"ab\0", 3, SCUTTLE_E_NUL},
             {"\x80", 1, SCUTTLE_E_UTF8},        {"a\xff", 2, SCUTTLE_E_UTF8},      {"\xc0\x80", 2, SCUTTLE_E_UTF8},
             {"\xed\xa0\x80", 3, SCUTTLE_E_UTF8}, {"\xed\xbf\xbf", 3, SCUTTLE_E_UTF8}, {"\xf4\x90\x80\x80", 4, SCUTTLE_E_UTF8},
             {"\xf5\x80\x80\x80", 4, SCUTTLE_E_UTF8}, {"\xe6\x97", 2, SCUTTLE_E_UTF8},  {"\xe0\x9f\xbf", 3, SCUTTLE_E_UTF8},
             {"\xf0\x8f\xbf\xbf", 4, SCUTTLE_E_UTF8}, {"a\xc3", 2, SCUTTLE_E_UTF8},     {"\xc3(", 2, SCUTTLE_E_UTF8}};
  scuttle_t *r = replica_make("local");
  char *before, *after;
  size_t i;
  set(r, "k", "1");
  before = snapshot(r);
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    guarded_t key = guarded_copy(bad[i].key, bad[i].len);
    scuttle_entry_t entry;
    char buffer[64];
    size_t needed;
    CHECK_CODE(scuttle_set(r, key.data, key.len, "1", 1), bad[i].code);
    CHECK_CODE(scuttle_delete(r, key.data, key.len), bad[i].code);
    CHECK_CODE(scuttle_get(r, key.data, key.len, &entry), bad[i].code);
    CHECK_CODE(scuttle_get_copy(r, key.data, key.len, buffer, sizeof buffer, &needed, &entry), bad[i].code);
    guarded_free(&key);
  }
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(bad_values) {
  static const struct {
    const char *json;
    size_t len;
    int code;
  } bad[] = {
#define BAD(JSON, CODE) {JSON, sizeof JSON - 1, SCUTTLE_E_##CODE}
      BAD(" ", JSON), BAD("nul", JSON), BAD("nulls", JSON), BAD("NULL", JSON), BAD("tru", JSON), BAD("True", JSON), BAD("NaN", JSON),
      BAD("nan", JSON), BAD("Infinity", JSON), BAD("-Infinity", JSON), BAD("[1,]", JSON), BAD("{\"a\":1,}", JSON), BAD("[,1]", JSON),
      BAD("[1 2]", JSON), BAD("{\"a\"}", JSON), BAD("{\"a\":}", JSON), BAD("{a:1}", JSON), BAD("{'a':1}", JSON), BAD("'a'", JSON),
      BAD("1 2", JSON), BAD("1,", JSON), BAD("[]]", JSON), BAD("[", JSON), BAD("]", JSON), BAD("{", JSON), BAD("}", JSON), BAD("[}", JSON),
      BAD("01", JSON), BAD("-01", JSON), BAD("+1", JSON), BAD("1.", JSON), BAD(".1", JSON), BAD("1e", JSON), BAD("1e+", JSON), BAD("-", JSON),
      BAD("0x1", JSON), BAD("1_000", JSON), BAD("\"", JSON), BAD("\"a", JSON), BAD("\"\\\"", JSON), BAD("\"\\x\"", JSON), BAD("\"\\u\"", JSON),
      BAD("\"\\u12g4\"", JSON), BAD("\"\\U0041\"", JSON), BAD("\"a\nb\"", JSON), BAD("\"a\tb\"", JSON), BAD("\"\x1f\"", JSON), BAD("//\n1", JSON),
      BAD("1//", JSON), BAD("/**/1", JSON), BAD("\xef\xbb\xbf" "1", JSON), BAD("1;", JSON), BAD("(1)", JSON), BAD("\"a\"\"b\"", JSON),
      BAD("\v1", JSON), BAD("\f1", JSON), BAD("\xc2\xa0" "1", JSON),
      BAD("{\"a\":1,\"a\":1}", DUPLICATE), BAD("{\"a\":1,\"\\u0061\":1}", DUPLICATE), BAD("[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]", DUPLICATE),
      BAD("{\"\":1,\"\":2}", DUPLICATE), BAD("{\"\\/\":1,\"/\":2}", DUPLICATE), BAD("{\"\\ud83d\\udc19\":1,\"\xf0\x9f\x90\x99\":2}", DUPLICATE),
      BAD("1e400", NUMBER), BAD("-1e400", NUMBER), BAD("[1e309]", NUMBER), BAD("1e99999999999999999999", NUMBER),
      BAD("\"\xff\"", UTF8), BAD("\"\xc0\x80\"", UTF8), BAD("\"\xed\xa0\x80\"", UTF8), BAD("\"\xe6\x97\"", UTF8), BAD("{\"\x80\":1}", UTF8)
#undef BAD
  };
  scuttle_t *r = replica_make("local");
  char *before, *after;
  size_t i;
  set(r, "k", "1");
  before = snapshot(r);
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    guarded_t json = guarded_copy(bad[i].json, bad[i].len);
    int code = scuttle_set(r, "k", 1, json.data, json.len);
    if (code != bad[i].code)
      CHECK_SAY("%s is %s, not %s", bad[i].json, code_name(code), code_name(bad[i].code));
    guarded_free(&json);
  }
  after = snapshot(r);
  CHECK_STR(after, before);
  free(before);
  free(after);
  scuttle_free(r);
}

TEST(bad_values_with_two_possible_codes) {
  static const struct {
    const char *json;
    size_t len;
  } bad[] = {{"1\0", 2}, {"1\0\0", 3}, {"1\0 2", 4}, {"[1]\0]", 5}, {"\"a\"\0", 4}, {"null\0", 5}, {"{}\0", 3}, {"\0", 1}, {"\"a\0b\"", 5}, {"\"\\ud800\"", 8}, {"\"\\udc00\"", 8}, {"\"\\ud800\\u0041\"", 14}, {"\xff", 1}, {"1\xff", 2}};
  scuttle_t *r = replica_make("local");
  size_t i;
  for (i = 0; i < sizeof bad / sizeof *bad; i++) {
    int code = scuttle_set(r, "k", 1, bad[i].json, bad[i].len);
    if (code != SCUTTLE_E_JSON && code != SCUTTLE_E_UTF8 && code != SCUTTLE_E_NUL) CHECK_SAY("case %zu: %s", i, code_name(code));
  }
  CHECK_U64(version_of(r), 0);
  scuttle_free(r);
}

TEST(many_keys) {
  scuttle_t *r = replica_make("local");
  enum { N = 20000 };
  uint64_t random = 5;
  static int latest[N];
  int i;
  char key[32], value[32];
  for (i = 0; i < N; i++) latest[i] = -1;
  for (i = 0; i < 3 * N; i++) {
    int k = (int)random_below(&random, N);
    snprintf(key, sizeof key, "key-%d", k);
    snprintf(value, sizeof value, "%d", i);
    if (random_below(&random, 5) == 0) {
      scuttle_delete(r, key, SCUTTLE_NTS);
      latest[k] = -1;
    } else {
      set(r, key, value);
      latest[k] = i;
    }
  }
  for (i = 0; i < N; i++) {
    const char *held;
    snprintf(key, sizeof key, "key-%d", i);
    snprintf(value, sizeof value, "%d", latest[i]);
    held = value_of(r, key);
    if (latest[i] < 0 ? held != NULL : !held || strcmp(held, value) != 0)
      CHECK_SAY("%s holds %s, not %s", key, held ? held : "nothing", value);
  }
  CHECK_U64(version_of(r), 3 * N);
  scuttle_free(r);
}

CHECK_MAIN
