"""The columnar store: connection, schema, the indexer's commits, retention."""
