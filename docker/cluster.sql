-- Makes the catalog's first three nodes one cluster. Runs at every start, and leaves a cluster that is there as it
-- is: a worker that was drained and removed stays out, and further ones are `manage.py workers add`'s to join.
-- The extension is made by the image, in the database that POSTGRES_DB names.
\set ON_ERROR_STOP on
SELECT citus_set_coordinator_host('catalog', 5432)
 WHERE NOT EXISTS (SELECT FROM pg_dist_node WHERE groupid = 0 AND nodename = 'catalog' AND nodeport = 5432);
-- One statement, so that a kill leaves both or none.
SELECT citus_add_node(host, 5432) FROM (VALUES ('catalog-worker-1'), ('catalog-worker-2')) AS first (host)
 WHERE NOT EXISTS (SELECT FROM pg_dist_node WHERE groupid <> 0);
SELECT groupid, nodename, nodeport, isactive FROM pg_dist_node ORDER BY groupid;
