"""Server mode, as in the official image, which takes any setting from a variable PGADMIN_CONFIG_*: here the one that the role gives."""

import os

SERVER_MODE = True
DATA_DIR = "/var/lib/pgadmin"
LOG_FILE = "/dev/null"
UPGRADE_CHECK_ENABLED = False
ALLOW_SAVE_PASSWORD = os.environ.get("PGADMIN_CONFIG_ALLOW_SAVE_PASSWORD") != "False"
PROXY_X_FOR_COUNT = 1
PROXY_X_PROTO_COUNT = 1
PROXY_X_HOST_COUNT = 1
