"""Logical replication of people and plays, from the analytics primary to its replica. What lies where:

- setting up: `setup` (repeatable), `subscription` and `publication` (what the servers' catalogues say of the two),
  `leaving` (ending a subscription; one operation on the replica at a time)
- how far the replica is: `position` (what it has told the primary), `behind` (in seconds, for the operator);
  for the reads that `streaming.stores.replica` decides about: `applied`, `lag`, `tokens`
- what is wrong: `status` asks, `state` is what was found, `judging` names findings and repairs, `structure` compares
  tables and indexes, `checking` compares rows
- repairing: `resyncing`; keeping writers off meanwhile: `fencing`
- changing places: `promotion`
"""
