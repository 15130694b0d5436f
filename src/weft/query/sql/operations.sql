SELECT DISTINCT name, kind FROM spans WHERE service = {service:String} ORDER BY name, kind
