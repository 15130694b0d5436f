SELECT DISTINCT service FROM spans ORDER BY service
