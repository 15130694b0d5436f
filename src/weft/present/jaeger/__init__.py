"""The Jaeger query API, version 1, over the read verbs."""

from weft.present.jaeger.routes import routes

__all__ = ["routes"]
