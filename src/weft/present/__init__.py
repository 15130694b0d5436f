"""What the outside sees: the Jaeger API and the terminal."""
