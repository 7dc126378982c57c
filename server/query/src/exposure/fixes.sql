-- What feeds say of some CVEs or advisories.
SELECT x.feed, x.system, x.release, x.package, x.fixed_version, x.cve, x.advisory, x.is_complete
FROM feed_fix x
WHERE true {filters}
