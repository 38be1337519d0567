"""Importers: what a file of the trade says, into the catalog.

A format is one small module that turns its file into rows (`records.Format`); everything else is shared:
`files` opens, `delimited` reads delimited text by line, `pipeline` brings rows to the database in batches,
`report` keeps what was rejected or mended. A further format adds a module and a command, nothing here.
"""
