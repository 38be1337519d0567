-- Makes the catalog's three nodes one cluster. Runs at every start; a node that is known already is left as it is.
-- The extension is made by the image, in the database that POSTGRES_DB names.
\set ON_ERROR_STOP on
SELECT citus_set_coordinator_host('catalog', 5432)
 WHERE NOT EXISTS (SELECT FROM pg_dist_node WHERE groupid = 0 AND nodename = 'catalog' AND nodeport = 5432);
SELECT citus_add_node('catalog-worker-1', 5432);
SELECT citus_add_node('catalog-worker-2', 5432);
SELECT groupid, nodename, nodeport, isactive FROM pg_dist_node ORDER BY groupid;
