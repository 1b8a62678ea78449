#!/bin/sh
# Makes the certificates of demo.example. They are in git, since the examples hold the CA: made anew at each use, they
# would not fit it. Run this only to change them, and then put the new ones into the examples
# (test/demo/certificates.test.ts says where). The CA's own key is thrown away, so that nobody can sign with it.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
FROM=20200101000000Z
TO=21260101000000Z

cat > "$WORK/ca.conf" <<CONF
[ca]
default_ca = here
[here]
database = $WORK/index
serial = $WORK/serial
new_certs_dir = $WORK
default_md = sha256
policy = any
[any]
commonName = supplied
[req]
distinguished_name = none
[none]
CONF
: > "$WORK/index"
echo 1000 > "$WORK/serial"

sign() { # name, common name, key, signer's options
  openssl req -config "$WORK/ca.conf" -new -key "$3" -subj "/CN=$2" -out "$WORK/request"
  openssl ca -batch -notext -config "$WORK/ca.conf" -extfile "$WORK/extensions" -in "$WORK/request" \
    -out "$1.cert.pem" -startdate $FROM -enddate $TO $4
}
leaf() { # name, common name, usage, subject alternative names
  openssl genrsa -out "$1.key.pem" 2048
  printf 'basicConstraints=critical,CA:false\nextendedKeyUsage=%s\nsubjectAltName=%s\n' "$3" "$4" > "$WORK/extensions"
  sign "$1" "$2" "$1.key.pem" "-cert ca.cert.pem -keyfile $WORK/ca.key.pem"
}

openssl genrsa -out "$WORK/ca.key.pem" 2048
printf 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n' > "$WORK/extensions"
sign ca "Demo CA (not for real use)" "$WORK/ca.key.pem" "-selfsign -keyfile $WORK/ca.key.pem"
leaf server demo.example serverAuth "DNS:demo.example,DNS:localhost,IP:127.0.0.1"
leaf device "Demo device" clientAuth DNS:device.demo.example

constant() { # name, file
  printf 'export const %s = `\\\n' "$1"
  cat "$2"
  printf '`;\n\n'
}
{
  sed '/^ \*\/$/q' "$HERE/certificates.ts"
  echo
  constant CA ca.cert.pem
  constant SERVER server.cert.pem
  constant PUBLIC_SERVER_KEY server.key.pem
  constant DEVICE device.cert.pem
  constant PUBLIC_DEVICE_KEY device.key.pem
} > certificates.ts
mv certificates.ts "$HERE/certificates.ts"
