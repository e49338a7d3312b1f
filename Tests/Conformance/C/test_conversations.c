/* Plays the conversations of ../Vectors/conversations: see ../Vectors/README.md. One test a folder. */
#include "check.h"
#include "support.h"

#include <dirent.h>

enum { MOST = 1000 };

/* A step of a conversation: lines of one mark that follow each other, or a word. */
typedef struct {
  char kind[12];
  text_t text; /* what stands behind the mark, each line with its newline; empty where that is nothing at all */
  size_t lines;
  int number; /* of its first line */
  char code[32];
} step_t;

typedef struct {
  step_t steps[MOST];
  size_t count;
} script_t;

/* A replica, its links, and what was asked to be shown last. */
typedef struct {
  scuttle_t *replica;
  scuttle_link_t *link;
  scuttle_link_t *other; /* opened before one beside it; NULL: none */
  size_t capacity; /* of a datagram; 0: a stream */
  size_t piece;    /* in which a stream is cut; 0: not at all */
  text_t shown;
  int is_shown;
  text_t told; /* a line an event, since they were last shown */
} stage_t;

/* --- reading --- */

static int script_load(script_t *script, const char *name) {
  char path[1024], *line, *end;
  text_t file = {NULL, 0, 0};
  int joins = 0, number = 0;
  memset(script, 0, sizeof *script);
  snprintf(path, sizeof path, "%s/conversations/%s/conversation", check_folder, name);
  if (!text_file(&file, path) || !file.len || file.data[file.len - 1] != '\n') return 0;
  for (line = file.data; *line; line = end + 1) {
    const char *rest;
    size_t len;
    step_t *step = script->count ? &script->steps[script->count - 1] : NULL;
    end = strchr(line, '\n');
    *end = 0;
    len = strcspn(line, " ");
    rest = line[len] ? line + len + 1 : line + len;
    line[len] = 0;
    number++;
    if (strcmp(line, "!") == 0 && step) {
      snprintf(step->code, sizeof step->code, "%s", rest);
    } else if (*line && strcmp(line, "#") != 0 && strcmp(line, "--") != 0) {
      if (!joins || strcmp(line, step->kind) != 0) {
        if (script->count == MOST) return 0;
        step = &script->steps[script->count++];
        snprintf(step->kind, sizeof step->kind, "%s", line);
        strcpy(step->code, "SCUTTLE_OK");
        step->number = number;
        text_add(&step->text, "", 0);
      }
      if (step->lines++ || *rest) text_format(&step->text, "%s\n", rest);
    }
    joins = *line && strchr("<>|=", *line) && !line[1];
  }
  text_free(&file);
  return 1;
}

static void script_free(script_t *script) {
  size_t i;
  for (i = 0; i < script->count; i++) text_free(&script->steps[i].text);
}

/* --- what a step does --- */

static void on_event(void *context, scuttle_link_t *link, int event, int code) {
  static const char *const names[] = {"?", "hello", "in_step", "ended", "diverged", "refused", "twin"};
  stage_t *stage = (stage_t *)context;
  (void)link;
  CHECK(event > 0 && event < (int)(sizeof names / sizeof *names));
  text_format(&stage->told, code < 0 ? "%s %s\n" : "%s\n", names[event], code_name(code));
}

static int make(stage_t *stage, char *words) {
  scuttle_config_t config = config_exact();
  text_t state = {NULL, 0, 0};
  char *id = strtok(words, " \n"), *option;
  int code;
  text_str(&state, "{\"digest\":true,\"export\":{\"source\":\"");
  text_escaped(&state, id, strlen(id));
  text_str(&state, "\",\"lamport\":0,\"incarnation\":817084509757786}}\n{\"digest\":true,\"end\":1}\n");
  while ((option = strtok(NULL, " \n")) != NULL) {
    char *value = strchr(option, '=');
    size_t number = 0;
    if (value) *value++ = 0, number = (size_t)strtoull(value, NULL, 10);
    if (strcmp(option, "keep_tombstones") == 0) config.flags |= SCUTTLE_KEEP_TOMBSTONES;
    else if (strcmp(option, "cluster") == 0) config.cluster = value;
    else if (strcmp(option, "mtu") == 0) config.mtu = number;
    else if (strcmp(option, "max_history") == 0) config.max_history = number;
    else if (strcmp(option, "max_tombstones") == 0) config.max_tombstones = number;
    else if (strcmp(option, "max_message_bytes") == 0) config.max_message_bytes = number;
    else if (strcmp(option, "max_key_bytes") == 0) config.max_key_bytes = number;
    else if (strcmp(option, "max_value_bytes") == 0) config.max_value_bytes = number;
    else if (strcmp(option, "max_depth") == 0) config.max_depth = number;
    else if (strcmp(option, "max_sources") == 0) config.max_sources = number;
    else if (strcmp(option, "max_version_jump") == 0) config.max_version_jump = number;
    else CHECK_SAY("no such option: %s", option);
  }
  config.context = stage;
  config.on_event = on_event;
  config.state = state.data;
  config.state_len = state.len;
  code = scuttle_new(id, &config, &stage->replica);
  text_free(&state);
  return code;
}

static int open_link(stage_t *stage, char *words) {
  scuttle_link_config_t config;
  char *word;
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  config.flags = SCUTTLE_LINK_ANY;
  stage->capacity = 0;
  for (word = strtok(words, " \n"); word; word = strtok(NULL, " \n")) {
    if (strcmp(word, "live") == 0) config.flags |= SCUTTLE_LINK_LIVE;
    else if (strcmp(word, "read_only") == 0) config.flags |= SCUTTLE_LINK_READ_ONLY;
    else if (strcmp(word, "classic") == 0) config.flags = (config.flags & ~SCUTTLE_LINK_ANY) | SCUTTLE_LINK_CLASSIC;
    else if (strcmp(word, "extended") == 0) config.flags &= ~SCUTTLE_LINK_ANY;
    else if (strcmp(word, "history") == 0) config.flags |= SCUTTLE_LINK_HISTORY;
    else if (strncmp(word, "datagram=", 9) == 0) stage->capacity = (size_t)strtoull(word + 9, NULL, 10);
    else CHECK_SAY("no such option: %s", word);
  }
  if (stage->capacity) config.flags |= SCUTTLE_LINK_DATAGRAM;
  return scuttle_link_open(stage->replica, &config, &stage->link);
}

/* Returns the first error, or the last code where there is none. */
static int hear(stage_t *stage, const text_t *text) {
  size_t piece = stage->piece && !stage->capacity ? stage->piece : text->len, at;
  int code = SCUTTLE_OK;
  for (at = 0; at < text->len; at += piece) {
    guarded_t part = guarded_copy(text->data + at, piece < text->len - at ? piece : text->len - at);
    int now = scuttle_link_write(stage->link, part.data, part.len);
    if (code >= 0) code = now;
    guarded_free(&part);
  }
  return code;
}

/* All that a stream has to say, or one datagram. */
static int say(stage_t *stage, const text_t *expected) {
  text_t said = {NULL, 0, 0};
  int code = SCUTTLE_OK;
  if (stage->capacity) {
    guarded_t room = guarded_make(stage->capacity);
    size_t len = 0;
    code = scuttle_link_read(stage->link, room.data, room.len, &len);
    text_add(&said, room.data, len);
    guarded_free(&room);
  } else {
    read_all(stage->link, stage->piece, &said);
  }
  CHECK_STR(said.data, expected->data);
  text_free(&said);
  return code;
}

static int show_entry(void *context, const scuttle_update_t *update) {
  text_t *text = (text_t *)context;
  text_str(text, "{\"key\":\"");
  text_escaped(text, update->key, update->key_len);
  text_str(text, "\",\"value\":");
  text_add(text, update->value, update->value_len);
  text_str(text, ",\"source_id\":\"");
  text_escaped(text, update->dot_source, update->dot_source_len);
  text_format(text, "\",\"version\":%" PRIu64, update->dot_version);
  if (update->dot_version != update->version) {
    text_str(text, ",\"written\":[\"");
    text_escaped(text, update->source, update->source_len);
    text_format(text, "\",%" PRIu64 "]", update->version);
  }
  text_str(text, "}\n");
  return 0;
}

static void show(stage_t *stage, const char *what) {
  text_free(&stage->shown);
  text_add(&stage->shown, "", 0);
  stage->is_shown = 1;
  if (strcmp(what, "entries") == 0) CHECK_CODE(scuttle_state(stage->replica, NULL, 0, show_entry, &stage->shown), SCUTTLE_OK);
  if (strcmp(what, "export") == 0) export_all(stage->replica, &stage->shown);
  if (strcmp(what, "events") == 0) {
    text_add(&stage->shown, stage->told.data, stage->told.len);
    text_free(&stage->told);
  }
  if (strcmp(what, "clock") == 0) {
    char *clock = clock_text(stage->replica);
    text_str(&stage->shown, clock);
    free(clock);
  }
}

static int play(stage_t *stage, const step_t *step) {
  scuttle_t *r = stage->replica;
  char *text = step->text.data, *first = text, *second, *third;
  size_t purged;
  if (strcmp(step->kind, "<") == 0) return hear(stage, &step->text);
  if (strcmp(step->kind, ">") == 0) return say(stage, &step->text);
  if (strcmp(step->kind, "|") == 0) return scuttle_import(r, text, step->text.len ? step->text.len - 1 : 0);
  if (strcmp(step->kind, "=") == 0) {
    CHECK(stage->is_shown);
    CHECK_STR(stage->shown.data, text);
    stage->is_shown = 0;
    return SCUTTLE_OK;
  }
  if (strcmp(step->kind, "replica") == 0) return make(stage, text);
  if (strcmp(step->kind, "link") == 0) {
    scuttle_link_close(stage->link);
    return open_link(stage, text);
  }
  if (strcmp(step->kind, "beside") == 0) {
    stage->other = stage->link;
    return open_link(stage, text);
  }
  if (strcmp(step->kind, "swap") == 0) {
    scuttle_link_t *link = stage->link;
    stage->link = stage->other;
    stage->other = link;
    return SCUTTLE_OK;
  }
  if (strcmp(step->kind, "gossip") == 0) return scuttle_gossip(r);
  if (strcmp(step->kind, "purge") == 0) return scuttle_purge(r, &purged);
  if (strcmp(step->kind, "entries") == 0 || strcmp(step->kind, "clock") == 0 || strcmp(step->kind, "export") == 0 ||
      strcmp(step->kind, "events") == 0) {
    show(stage, step->kind);
    return SCUTTLE_OK;
  }
  text[strcspn(text, "\n")] = 0;
  if (strcmp(step->kind, "delete") == 0) return unset(r, first);
  if (strcmp(step->kind, "tick") == 0) return scuttle_tick(r, strtoull(first, NULL, 10));
  if (strcmp(step->kind, "forget") == 0) return scuttle_forget(r, first, strlen(first));
  second = strchr(text, ' ');
  if (second) *second++ = 0;
  if (second && strcmp(step->kind, "set") == 0) return set(r, first, second);
  third = second ? strchr(second, ' ') : NULL;
  if (third && strcmp(step->kind, "set_ttl") == 0)
    return scuttle_set_ttl(r, first, SCUTTLE_NTS, third + 1, SCUTTLE_NTS, strtoull(second, NULL, 10));
  CHECK_SAY("line %d: no such step: %s", step->number, step->kind);
  return SCUTTLE_OK;
}

/* --- a conversation --- */

static void run_in_pieces(size_t piece) {
  static script_t script;
  stage_t stage;
  size_t i, compared = 0, refused = 0;
  memset(&stage, 0, sizeof stage);
  stage.piece = piece;
  if (!script_load(&script, check_now->name)) CHECK_SAY("no conversation, or one that is too long");
  for (i = 0; i < script.count && check_failures == 0; i++) {
    const step_t *step = &script.steps[i];
    char *before = stage.replica ? snapshot(stage.replica) : NULL;
    int code = play(&stage, step), is_error = code < 0;
    if (strcmp(code_name(code), step->code) != 0)
      CHECK_SAY("%s, not %s (%s)", code_name(code), step->code, stage.replica ? scuttle_errmsg(stage.replica) : "no replica");
    if (before && is_error && step->lines == 1 && code != SCUTTLE_E_SOURCES) {
      char *after = snapshot(stage.replica);
      CHECK_STR(after, before);
      free(after);
    }
    free(before);
    compared += strcmp(step->kind, "=") == 0;
    refused += is_error;
    if (check_failures) CHECK_SAY("in line %d of %s, in pieces of %zu", step->number, check_now->name, piece);
  }
  for (i = 0; i < 2 && check_failures == 0; i++) {
    text_t nothing = {NULL, 0, 0};
    text_add(&nothing, "", 0);
    if (stage.link) CHECK_CODE(say(&stage, &nothing), SCUTTLE_OK);
    text_free(&nothing);
    stage.link = stage.other;
  }
  CHECK(compared > 0 && !stage.is_shown);
  CHECK(strncmp(check_now->name, refused ? "invalid/" : "valid/", refused ? 8 : 6) == 0);
  text_free(&stage.shown);
  text_free(&stage.told);
  scuttle_free(stage.replica);
  script_free(&script);
}

static void run_conversation(void) {
  run_in_pieces(0);
  if (check_failures == 0) run_in_pieces(1);
  if (check_failures == 0) run_in_pieces(7);
}

/* --- finding them: a folder has folders in it, or a conversation and nothing else --- */

static check_test_t tests[MOST];
static size_t test_count;
static int strays; /* files that no test reads, and folders with nothing in them */

static char *joined(const char *folder, const char *name) {
  char *path = (char *)malloc(strlen(folder) + strlen(name) + 2);
  if (!path) exit(3);
  sprintf(path, "%s%s%s", folder, *folder ? "/" : "", name);
  return path;
}

static void find(const char *name) {
  char path[1024];
  struct dirent *entry;
  size_t folders = 0, conversations = 0;
  DIR *folder;
  snprintf(path, sizeof path, "%s/conversations/%s", check_folder, name);
  folder = opendir(path);
  if (!folder) {
    printf("no folder, and no conversation: %s\n", name);
    strays++;
    return;
  }
  while ((entry = readdir(folder)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (strcmp(entry->d_name, "conversation") == 0) {
      conversations++;
    } else {
      char *inner = joined(name, entry->d_name);
      find(inner);
      free(inner);
      folders++;
    }
  }
  closedir(folder);
  if ((folders > 0) == (conversations > 0) || test_count == MOST) {
    printf("neither folders nor a conversation alone: %s\n", name);
    strays++;
  } else if (conversations) {
    tests[test_count].name = joined("", name);
    tests[test_count++].run = run_conversation;
  }
}

TEST(no_folder_is_left_out) {
  CHECK_INT(strays, 0);
  CHECK(test_count > 100);
}

static int by_name(const void *a, const void *b) { return strcmp(((const check_test_t *)a)->name, ((const check_test_t *)b)->name); }

int main(int argc, char **argv) {
  const char *folder = argc > 1 ? argv[1] : getenv("SCUTTLE_VECTORS");
  size_t i;
  int status;
  if (folder) check_folder = folder;
  find("");
  qsort(tests, test_count, sizeof *tests, by_name);
  for (i = 0; i < test_count; i++) check_add(&tests[i]);
  status = check_run(argc > 2 ? argv[2] : NULL);
  for (i = 0; i < test_count; i++) free((void *)(uintptr_t)tests[i].name);
  return status;
}
