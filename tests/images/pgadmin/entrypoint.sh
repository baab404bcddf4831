#!/usr/bin/env bash
# Sets pgAdmin up on the first start and serves it, as the official image does: from the beginning as another user than root.
set -euo pipefail
email=${PGADMIN_DEFAULT_EMAIL:?is not set}
password=${PGADMIN_DEFAULT_PASSWORD:-$(cat "${PGADMIN_DEFAULT_PASSWORD_FILE:?neither PGADMIN_DEFAULT_PASSWORD nor the file is set}")}
cd /venv/lib/python3*/site-packages/pgadmin4

if [[ ! -f /var/lib/pgadmin/pgadmin4.db ]]; then
  PGADMIN_SETUP_EMAIL=$email PGADMIN_SETUP_PASSWORD=$password /venv/bin/python setup.py setup-db
  [[ ! -f /pgadmin4/servers.json ]] ||
    /venv/bin/python setup.py load-servers /pgadmin4/servers.json --user "$email"
fi
unset password PGADMIN_DEFAULT_PASSWORD
exec /venv/bin/gunicorn --bind 0.0.0.0:80 --workers 1 --threads 8 --timeout 120 pgAdmin4:app
