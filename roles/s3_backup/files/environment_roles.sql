-- The roles that belong to this database's environment: its owner and whoever is a member of that, with their own secrets and
-- nobody else's. Who may run this learns these secrets: EXECUTE is for the environment's dump role only.
CREATE OR REPLACE FUNCTION s3_backup.environment_roles() RETURNS SETOF json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE own(oid) AS (
    SELECT datdba FROM pg_database WHERE datname = current_database()
    UNION
    SELECT member FROM pg_auth_members JOIN own ON roleid = own.oid
  )
  SELECT json_build_object(
    'name', r.rolname, 'inherit', r.rolinherit, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb,
    'login', r.rolcanlogin, 'replication', r.rolreplication, 'bypassrls', r.rolbypassrls,
    'connection_limit', r.rolconnlimit, 'secret', r.rolpassword, 'valid_until', r.rolvaliduntil,
    'settings', (SELECT coalesce(json_agg(s.entry), '[]')
                 FROM pg_db_role_setting d, unnest(d.setconfig) AS s(entry) WHERE d.setrole = r.oid AND d.setdatabase = 0),
    'member_of', (SELECT coalesce(json_agg(g.rolname), '[]')
                  FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid))
  FROM pg_authid r JOIN own USING (oid) WHERE NOT r.rolsuper ORDER BY r.rolname
$$;
