"""Claims to dependencies: one node a real thing, one dependency a way of depending."""
