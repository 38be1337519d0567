"""HTTP: a view validates, calls one selector or service, and serialises."""
