"""The review: one module a format, the same sentences in each."""
