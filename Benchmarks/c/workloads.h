/* The workloads, each one repetition: it makes what it needs, measures, checks and clears up. What each measures stands
   beside it. */
#ifndef WORKLOADS_H
#define WORKLOADS_H

#include "options.h"
#include "sample.h"

typedef void workload_t(const options_t *options, sample_t *sample);

/* writing.c */
workload_t workload_set, workload_overwrite, workload_mixed;
/* reading.c */
workload_t workload_get, workload_scan, workload_scan_first, workload_news;
/* syncing.c */
workload_t workload_sync, workload_incremental;
/* losing.c */
workload_t workload_loss, workload_bursts;
/* breaking.c */
workload_t workload_breaks;
/* spreading.c */
workload_t workload_fan_out, workload_receive, workload_relay;
/* quiet.c */
workload_t workload_quiet;
/* deleting.c */
workload_t workload_delete, workload_purge;
/* expiring.c */
workload_t workload_set_ttl, workload_renew, workload_tick, workload_expire;
/* conflicts.c */
workload_t workload_conflicts;
/* memory.c */
workload_t workload_memory, workload_memory_ttl, workload_memory_overwrites, workload_memory_links;
/* bounds.c */
workload_t workload_bound_memcpy, workload_bound_scan, workload_bound_insert;

#endif
