"""The port every collector implements, and what collectors share: discovery, files, HTTP."""
