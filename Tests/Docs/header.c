/* Runs the program at the head of include/scuttle.h, which Tests/Docs/run writes to header-program.inc, against a replica that sets
   a key and waits for the program's. */
#define _POSIX_C_SOURCE 200809L
#include <scuttle.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void kitchen(int fd) {
#include "header-program.inc"
}

/* Exchanges bytes until both replicas have the program's key. */
static int hall(int fd) {
  scuttle_t *replica;
  scuttle_link_t *link;
  scuttle_entry_t entry;
  char bytes[4096];
  size_t out;
  if (scuttle_new("hall", NULL, &replica) < 0 || scuttle_link_open(replica, NULL, &link) < 0) return 0;
  for (;;) {
    while (scuttle_link_read(link, bytes, sizeof bytes, &out) == SCUTTLE_OK && out > 0)
      if (send(fd, bytes, out, MSG_NOSIGNAL) != (ssize_t)out) return 0;
    if (scuttle_get(replica, "lamp", SCUTTLE_NTS, &entry) == SCUTTLE_OK) break;
    ssize_t in = recv(fd, bytes, sizeof bytes, 0);
    if (in <= 0 || scuttle_link_write(link, bytes, (size_t)in) < 0) return 0;
  }
  int is_right = strcmp(entry.value, "true") == 0;
  scuttle_free(replica);
  return is_right;
}

int main(void) {
  int fds[2], status;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return 1;
  pid_t child = fork();
  if (child == 0) {
    alarm(30);
    close(fds[1]);
    kitchen(fds[0]);
    _exit(0);
  }
  alarm(30);
  close(fds[0]);
  int is_right = hall(fds[1]);
  close(fds[1]);
  if (waitpid(child, &status, 0) != child || status != 0) return 1;
  return is_right ? 0 : 1;
}
