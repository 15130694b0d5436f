-- Where else a tag may stand of a span that is still open, and the tags that such a span has in Jaeger's JSON.
        OR arrayExists(
            map -> map[{key_N:String}] IN {values_N:Array(String)} AND ({filled_N:Bool} OR mapContains(map, {key_N:String})),
            arrayConcat(event_attributes, link_attributes)
        )
        OR {key_N:String} = 'weft.pending' AND 'true' IN {meanings_N:Array(String)}
        OR {key_N:String} = 'weft.pending.lost' AND 'true' IN {meanings_N:Array(String)}
            AND toUnixTimestamp(received) < {lost_before_s:Int64}
