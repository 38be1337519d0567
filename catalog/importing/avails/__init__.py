"""The format "avails": MovieLabs Content Availability Metadata, who may show a title where, when and how, as XML.

`transactions` reads what one licence opens, `dossiers` keeps a title's avails and makes its windows of them, `assets`
says which title an avail is of, and `format` is the format.
"""
