"""Facts about settled traces: what analysis says of each, computed in the background, kept in the store."""
