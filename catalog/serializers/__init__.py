"""Shapes of inputs and answers, for validation and for the schema: the values come ready from the selectors."""
