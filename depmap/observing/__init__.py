"""Spans of running programs, taken straight to the ledger."""
