/* The workloads. A function is one repetition: it makes its replicas, measures, checks and frees them. Its comment says what it
   measures. */
#ifndef WORKLOADS_H
#define WORKLOADS_H

#include "options.h"
#include "sample.h"

typedef void workload_t(const options_t *options, sample_t *sample);

/* The name and the suffix of the function: the workloads of a line stand in one file. */
#define WORKLOADS(OF) \
  /* writing.c */ OF("set", set) OF("overwrite", overwrite) OF("mixed", mixed) \
  /* reading.c */ OF("get", get) OF("get-many", get_many) OF("scan", scan) OF("scan-first", scan_first) OF("news", news) \
  /* syncing.c */ OF("sync", sync) OF("incremental", incremental) \
  /* losing.c */ OF("loss", loss) OF("bursts", bursts) \
  /* breaking.c */ OF("breaks", breaks) \
  /* spreading.c */ OF("fan-out", fan_out) OF("receive", receive) OF("relay", relay) \
  /* quiet.c */ OF("quiet", quiet) \
  /* deleting.c */ OF("delete", delete) OF("purge", purge) \
  /* expiring.c */ OF("set-ttl", set_ttl) OF("renew", renew) OF("tick", tick) OF("expire", expire) \
  /* conflicts.c */ OF("conflicts", conflicts) \
  /* memory.c */ OF("memory", memory) OF("memory-ttl", memory_ttl) \
  /* memory.c */ OF("memory-overwrites", memory_overwrites) OF("memory-links", memory_links) \
  /* bounds.c */ OF("bound-memcpy", bound_memcpy) OF("bound-scan", bound_scan) \
  /* floors.c */ OF("bound-insert", bound_insert) OF("bound-get", bound_get)

#define DECLARE(name, suffix) workload_t workload_##suffix;
WORKLOADS(DECLARE)

#endif
