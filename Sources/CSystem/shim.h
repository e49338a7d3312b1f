// What the exports need of the system: a lock, randomness, lengths of strings.
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
