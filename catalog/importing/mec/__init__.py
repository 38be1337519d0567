"""The format "mec": MovieLabs Media Entertainment Core, what the trade says of a title, as XML.

`titles` and `details` read a record's elements, `dossiers` puts a series together from its own record and those of its
seasons and episodes, and `format` is the format.
"""
