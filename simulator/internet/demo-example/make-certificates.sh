#!/bin/sh
# Makes the certificates of demo.example. They are in git, since the examples hold the CA: made anew at each use, they
# would not fit it. Run this only to change them, and then put the new ones into the examples
# (test/demo/certificates.test.ts says where). The CA's own key is thrown away, so that nobody can sign with it.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../../../scripts/certificates.sh"
cd "$WORK"

leaf() { # name, common name, usage, subject alternative names
  openssl genrsa -out "$1.key.pem" 2048
  sign "$1" "$2" "$1.key.pem" "-cert ca.cert.pem -keyfile ca.key.pem" "$OWNER extendedKeyUsage=$3 subjectAltName=$4"
}

openssl genrsa -out ca.key.pem 2048
sign ca "Demo CA (not for real use)" ca.key.pem "-selfsign -keyfile ca.key.pem" "$AUTHORITY"
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
