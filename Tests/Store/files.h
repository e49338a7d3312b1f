/* Folders, files and processes of the tests. */
#ifndef FILES_H
#define FILES_H

#include "support.h"

/* A new folder, in $TMPDIR, or in memory; folder_remove removes it with its files. */
char *folder_make(void);
void folder_remove(char *folder);

/* Returns "folder/name" in one of several static buffers. */
const char *path_of(const char *folder, const char *name);

/* Replaces a file. */
void file_put(const char *path, const void *bytes, size_t len);
text_t file_text(const char *path);
int file_exists(const char *path);

/* Runs a function in a child process. Returns its result; -1: killed; -2: something else. */
int in_child(int (*run)(void *), void *context);

#endif
