#!/usr/bin/env bash
# An ACME server beside the S3 server, which validates by HTTP-01: run inside of their machine, as root. May be run again.
# It makes a new root on every start, which is printed.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
directory=/etc/ssl/authority
if [[ ! -e $directory ]]; then
  apt-get update -qq >&2
  apt-get install -qq -y --no-install-recommends pebble >/dev/null
  install -d "$directory.new"
  cd "$directory.new"
  openssl req -quiet -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=authority.test' -keyout tls.key -out tls.csr
  openssl x509 -req -in tls.csr -CA /etc/ssl/s3/ca.crt -CAkey /etc/ssl/s3/ca.key -CAcreateserial -days 3650 -out tls.crt \
    -extfile <(echo 'subjectAltName=DNS:authority.test,DNS:localhost') 2>/dev/null
  cat >pebble.json <<JSON
{"pebble": {"listenAddress": "0.0.0.0:14000", "managementListenAddress": "127.0.0.1:15000", "httpPort": 80, "tlsPort": 443,
            "certificate": "$directory/tls.crt", "privateKey": "$directory/tls.key"}}
JSON
  cat >/etc/systemd/system/pebble.service <<UNIT
[Service]
Environment=PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0
ExecStart=/usr/bin/pebble -config $directory/pebble.json
[Install]
WantedBy=multi-user.target
UNIT
  mv "$directory.new" "$directory"
fi
systemctl enable --now --quiet pebble.service
python3 - <<'PYTHON'
import ssl
import time
import urllib.error
import urllib.request

trust = ssl.create_default_context(cafile="/etc/ssl/s3/ca.crt")
for _attempt in range(50):
    try:
        print(urllib.request.urlopen("https://localhost:15000/roots/0", context=trust, timeout=5).read().decode())
        break
    except urllib.error.URLError:
        time.sleep(0.2)
PYTHON
