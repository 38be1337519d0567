"""The platform's stores as local processes: `python -m dev up|down|status|reset|env|exec`.

Three PostgreSQL servers (`catalog`, `analytics`, `replica`), two Redis-protocol servers (`cache`,
`state`) and a document server (`documents`) run from pinned wheels, without root and without a
system package. Where a PostgreSQL with the `citus` extension is installed, the catalog is a
coordinator with two workers.

Entry points for other code (tests that break a store): `dev.lifecycle` (`up`, `down`, `reset`,
`start_store`, `pid_of`) and `dev.faults` (`kill`, `freeze`, `thaw`). This package imports neither
Django nor anything else of the project, so that it works before either is set up.
"""
