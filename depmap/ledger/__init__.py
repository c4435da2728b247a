"""Evidence on disk: one immutable Parquet file for each source and window."""
