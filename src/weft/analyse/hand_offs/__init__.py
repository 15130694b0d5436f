"""Work that goes from one agent or process to another, and where its time goes."""
