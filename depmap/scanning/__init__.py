"""Joining the facts of code and deployment files, from any number of roots, into evidence."""
