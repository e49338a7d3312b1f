"""Mistakes that a type checker finds, one in each line that says so: Tests/Wheel/run counts them."""

import scuttle

replica = scuttle.Replica(7)  # mistake
replica[1] = "a key is text"  # mistake
replica.set_ttl("key", "value", "soon")  # mistake
replica.link(live="yes")  # mistake
total: str = replica.stats.keys  # mistake
scuttle.Limits(max_doors=3)  # mistake
