"""Long-lived workers: each item that they take from a queue brings the context of whoever put it there."""
