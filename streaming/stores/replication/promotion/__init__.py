"""Making the replica the primary (ADR 0011).

`promoting` is the way through it; `building`, `carrying` and `placing` are its parts.
"""
