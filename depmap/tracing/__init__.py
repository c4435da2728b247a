"""Spans to links: reading trace files, and the rules that turn whole traces into links."""
