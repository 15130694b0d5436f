    AND (
        attributes[{key_N:String}] IN {values_N:Array(String)}
        OR resource_attributes[{key_N:String}] IN {values_N:Array(String)}
        OR scope_attributes[{key_N:String}] IN {values_N:Array(String)}
        OR arrayExists(event -> event[{key_N:String}] IN {values_N:Array(String)}, event_attributes)
        OR arrayExists(link -> link[{key_N:String}] IN {values_N:Array(String)}, link_attributes)
        OR multiIf(
            {key_N:String} = 'error', toString(status_code = 2),
            {key_N:String} = 'span.kind',
                transform(kind, [1, 2, 3, 4, 5], ['internal', 'server', 'client', 'producer', 'consumer'], ''),
            {key_N:String} = 'otel.status_code', transform(status_code, [1, 2], ['OK', 'ERROR'], ''),
            {key_N:String} = 'otel.status_description', status_message,
            {key_N:String} = 'otel.scope.name', toString(scope_name),
            {key_N:String} = 'otel.scope.version', toString(scope_version),
            ''
        ) IN {meanings_N:Array(String)}
    )
