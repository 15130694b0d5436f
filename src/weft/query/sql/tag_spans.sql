-- Where else a tag may stand of a span that has ended.
        OR (trace_id, start_ns, span_id, kind, service, name) IN
        (
            SELECT trace_id, start_ns, span_id, kind, service, span_name
            FROM events
            WHERE attributes[{key_N:String}] IN {values_N:Array(String)}
                AND ({filled_N:Bool} OR mapContains(attributes, {key_N:String}))
        )
        OR (trace_id, start_ns, span_id, kind, service, name) IN
        (
            SELECT trace_id, start_ns, span_id, kind, service, span_name
            FROM links
            WHERE attributes[{key_N:String}] IN {values_N:Array(String)}
                AND ({filled_N:Bool} OR mapContains(attributes, {key_N:String}))
        )
