SELECT * FROM {cached_instance}
    WHERE $1 IS NULL OR contains($1::VARCHAR, chr(31) || customer_id || chr(31))
