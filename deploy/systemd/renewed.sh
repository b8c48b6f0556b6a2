#!/bin/sh
# Hands a renewed certificate to bisik-server. For certbot: copy to /etc/letsencrypt/renewal-hooks/deploy/.
# The key first: should the server start between the two lines, it refuses a pair that does not match.
set -eu
from="${RENEWED_LINEAGE:?the folder with fullchain.pem and privkey.pem}"
to="${BISIK_TLS:-/etc/bisik/tls}"
install -m 0600 -o bisik -g bisik "$from/privkey.pem" "$to/privkey.pem"
install -m 0644 -o bisik -g bisik "$from/fullchain.pem" "$to/fullchain.pem"
systemctl reload bisik-server
