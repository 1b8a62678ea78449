# Read by the scripts that make certificates: an authority whose books are thrown away, $WORK, and what it signs with.
FROM=20200101000000Z
TO=21260101000000Z
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

cat > "$WORK/ca.conf" <<CONF
[ca]
default_ca = here
[here]
database = $WORK/index
serial = $WORK/serial
new_certs_dir = $WORK
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
[req]
distinguished_name = none
[none]
CONF
: > "$WORK/index"
echo 1000 > "$WORK/serial"

sign() { # name, common name, key, signer's options, extensions, last day
  openssl req -config "$WORK/ca.conf" -new -key "$3" -subj "/CN=$2" -out "$WORK/request"
  printf '%s\n' $5 > "$WORK/extensions"
  openssl ca -batch -notext -config "$WORK/ca.conf" -extfile "$WORK/extensions" -in "$WORK/request" \
    -out "$1.cert.pem" -startdate $FROM -enddate "${6:-$TO}" $4
}
AUTHORITY="basicConstraints=critical,CA:true keyUsage=critical,keyCertSign,cRLSign"
OWNER="basicConstraints=critical,CA:false"
