"""One vocabulary for AI work: what every instrumentation writes in its own keys, as `weft.model.work.Work`.

A file says how one instrumentation writes; `order` says whom to believe where several wrote on one span. The
same table is applied twice: by `columns` to a batch at ingest, by `read` to a single span.
"""
