"""The catalog on Citus. What lies where:

- declared: `placement` (where each table goes), `writing` (how code writes on plain PostgreSQL and Citus alike),
  `new_tables` (placing a table that a later migration makes)
- asked: `cluster` (what Citus says), `reaching` (one server, directly), `workers` (the nodes as an operator sees them)
- distributing a live catalog: `distributing` plans and carries out `steps`; `keys`, `sequences` and `journal` are what
  they take off and put back, `gate` holds writers at a switch, `watching` and `progress` look on, `verifying` checks
- growing and shrinking: `joining`, `jobs` (moving shards)
"""
