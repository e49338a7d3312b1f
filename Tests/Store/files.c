#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char *folder_make(void) {
  char text[512];
  const char *base = getenv("TMPDIR");
  if (base == NULL) base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* the tests open thousands of stores */
  snprintf(text, sizeof text, "%s/scuttle-store-XXXXXX", base);
  if (mkdtemp(text) == NULL) {
    perror(text);
    exit(2);
  }
  return strdup(text);
}

void folder_remove(char *folder) {
  DIR *open = opendir(folder);
  struct dirent *entry;
  while (open != NULL && (entry = readdir(open)) != NULL) {
    const char *path = path_of(folder, entry->d_name);
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && unlink(path) != 0) rmdir(path);
  }
  if (open != NULL) closedir(open);
  rmdir(folder);
  free(folder);
}

const char *path_of(const char *folder, const char *name) {
  static char texts[8][1024];
  static int next;
  char *text = texts[next++ % 8];
  snprintf(text, sizeof texts[0], "%s/%s", folder, name);
  return text;
}

void file_put(const char *path, const void *bytes, size_t len) {
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, len, file) != len || fclose(file) != 0) {
    perror(path);
    exit(2);
  }
}

text_t file_text(const char *path) {
  text_t text = {NULL, 0, 0};
  text_file(&text, path);
  return text;
}

int file_exists(const char *path) {
  struct stat found;
  return lstat(path, &found) == 0;
}

int in_child(int (*run)(void *), void *context) {
  int status = 0;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    alarm(60);
    int result = run(context);
    fflush(stdout);
    _exit(result);
  }
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -2;
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? -1 : -2;
}
