"""Finding titles: one document per title, what is asked of it, and the words that correct a mistyped question.

`folding` makes texts comparable, `documents` writes what `searching` and `suggesting` read, `words` knows how things
are spelled, `rebuilding` and `checking` are the operators' commands. How results are ranked and why: docs/search.md.
"""
