#!/usr/bin/env bash
# What somebody did to the machine before: run inside of it, as root. May be run again.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
[[ -e /etc/as-people-have-it ]] && exit 0

apt-get update -qq
apt-get install -qq -y --no-install-recommends docker.io docker-cli iptables locales ufw >/dev/null

# Language and time zone of Brazil.
echo 'pt_BR.UTF-8 UTF-8' >/etc/locale.gen
locale-gen >/dev/null
echo 'LANG=pt_BR.UTF-8' >/etc/default/locale
ln -sf /usr/share/zoneinfo/America/Sao_Paulo /etc/localtime
echo America/Sao_Paulo >/etc/timezone

# A bridge of something else, with a neighbour behind it, for whom the machine forwards.
cat >/etc/systemd/system/br-lan.service <<'UNIT'
[Service]
Type=oneshot
RemainAfterExit=true
ExecStart=/bin/sh -c 'ip link add br-lan type bridge && ip address add 198.19.0.1/24 dev br-lan && ip link set br-lan up \
  && ip netns add neighbour && ip link add lan-port type veth peer name eth0 netns neighbour && ip link set lan-port master br-lan up \
  && ip -n neighbour address add 198.19.0.2/24 dev eth0 && ip -n neighbour link set eth0 up \
  && ip -n neighbour route add default via 198.19.0.1'
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable --now --quiet br-lan.service
cat >>/etc/ufw/before.rules <<'RULES'
*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 198.19.0.0/24 -o eth0 -j MASQUERADE
COMMIT
RULES
ufw route allow in on br-lan out on eth0 >/dev/null

# An engine whose data are elsewhere.
mkdir -p /etc/docker
echo '{"data-root": "/srv/docker"}' >/etc/docker/daemon.json
systemctl restart docker.service

# SSH on another port, and sudo that asks.
echo 'Port 2222' >/etc/ssh/sshd_config.d/port.conf
echo "ops:that of 'ops'" | chpasswd
echo 'ops ALL=(ALL) ALL' >/etc/sudoers.d/ops
ufw allow 2222/tcp comment 'by hand' >/dev/null
ufw allow from 198.18.0.99 to any port 5432 proto tcp >/dev/null
ufw --force enable >/dev/null
systemctl restart ssh.service
touch /etc/as-people-have-it
