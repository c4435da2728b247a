"""The built-in collectors: one module or folder a source, each a leaf that knows no other."""
