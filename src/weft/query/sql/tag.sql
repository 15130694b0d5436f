-- A key that is not in a map has an empty value there: only when an empty value is looked for, `filled` is false
-- and the key is looked for too. `rows` is the table whose rows are looked at.
    AND (
        (attributes[{key_N:String}] IN {values_N:Array(String)} AND ({filled_N:Bool} OR mapContains(attributes, {key_N:String})))
        OR resource IN
        (
            SELECT resource
            FROM (SELECT DISTINCT resource FROM /* rows */)
            WHERE arrayExists(
                a -> a.1 = {key_N:String} AND a.2 IN {texts_N:Array(String)},
                JSONExtract(resource, 'attributes', 'Array(Tuple(String, String, String))')
            )
        )
        OR scope IN
        (
            SELECT scope
            FROM (SELECT DISTINCT scope FROM /* rows */)
            WHERE arrayExists(
                a -> a.1 = {key_N:String} AND a.2 IN {texts_N:Array(String)},
                JSONExtract(scope, 'attributes', 'Array(Tuple(String, String, String))')
            )
            OR JSONExtractString(scope, transform({key_N:String}, ['otel.scope.name', 'otel.scope.version'], ['name', 'version'], '-'))
                IN {meanings_N:Array(String)}
        )
        OR multiIf(
            {key_N:String} = 'error', toString(status_code = 2),
            {key_N:String} = 'span.kind',
                transform(kind, [1, 2, 3, 4, 5], ['internal', 'server', 'client', 'producer', 'consumer'], ''),
            {key_N:String} = 'otel.status_code', transform(status_code, [1, 2], ['OK', 'ERROR'], ''),
            {key_N:String} = 'otel.status_description', status_message,
            ''
        ) IN {meanings_N:Array(String)}
        /* more */
    )
