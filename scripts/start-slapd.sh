#!/bin/bash
# Starts a throwaway slapd with StartTLS for tests, and stops it again.
#
#   start-slapd.sh [--dir DIR] [--ldif FILE]… [--tls-key ecdsa|rsa] [--port N] [--owner PID] [--allow-anonymous-bind]
#   start-slapd.sh --halt DIR       ends the slapd of DIR and keeps everything else
#   start-slapd.sh --restart DIR [--certificate KIND]
#                                   starts it again: same port and data; the log grows
#   start-slapd.sh --stop DIR       ends it and removes DIR
#
# Prints, for `eval`, once slapd answers:
#   LDAP_URL= LDAPI_URL= LDAP_CA_FILE= LDAP_LOG= LDAP_PID= LDAP_DIR=
#
# --dir      a folder that is new or empty (default: a new one in the temp folder)
# --ldif     what the directory holds; several are read in order (default: Fixtures/ldif/users.ldif)
# --owner    slapd ends, and DIR goes, when this process does, however it ends
# --certificate   what StartTLS shows: valid (default), expired, other-host, other-authority (LOGIN-14)
# --allow-anonymous-bind   a bind with a name and no password "succeeds", as in careless directories (LOGIN-11)
#
# The log (slapd's "stats") has one `BIND dn="…" method=128` line per bind that was asked for. Over
# LDAPI_URL with `-Y EXTERNAL` the user who started slapd may change everything.
#
# Exit: 0 · 64 usage · 65 the LDIF was refused · 66 a file cannot be read · 69 slapd is missing or does not start ·
#       73 the folder cannot be used
set -u
umask 077
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

fail() { # STATUS TEXT…
    local status=$1
    shift
    printf 'start-slapd.sh: %s\n' "$*" >&2
    exit "$status"
}

# slapd outlives this script. It must not hold what the caller left open: somebody who reads a
# pipe of the caller's to its end would wait for as long as slapd lives.
for descriptor in /proc/self/fd/*; do
    descriptor=${descriptor##*/}
    if ((descriptor > 2 && descriptor < 255)); then exec {descriptor}>&-; fi
done

# A zombie that nobody reaps (a container without an init) has ended too.
is_running() { # PID
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    [[ ${stat##*) } != [ZX]* ]]
}

is_slapd_of() { # PID DIR: a process number may have been given to somebody else meanwhile
    is_running "$1" && tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qxF -- "$2/slapd.conf"
}

halt() { # DIR
    local pid=
    [[ -r $1/slapd.pid ]] && read -r pid <"$1/slapd.pid"
    [[ -n $pid ]] && is_slapd_of "$pid" "$1" || return 0
    kill -TERM "$pid" 2>/dev/null
    local turn
    for ((turn = 0; turn < 500; turn++)); do
        is_running "$pid" || return 0
        ((turn == 300)) && kill -KILL "$pid" 2>/dev/null
        sleep 0.01
    done
    return 1
}

stop() { # DIR
    halt "$1"
    local watcher=
    [[ -r $1/watcher.pid ]] && read -r watcher <"$1/watcher.pid"
    rm -rf -- "$1"
    # Last, for this may be the watcher itself. Its pid is that of a process group of its own.
    if [[ -n $watcher && $watcher != "$BASHPID" ]] && is_running "$watcher"; then
        [[ $(<"/proc/$watcher/cmdline") == *start-slapd.sh* ]] 2>/dev/null && kill -TERM -- "-$watcher" 2>/dev/null
    fi
    return 0
}

# Sleeps until the process is gone. A pidfd tells at once, also of a zombie; 434 is pidfd_open on every Linux.
wait_for_end() { # PID
    perl -e '
        my $fd = syscall(434, $ARGV[0] + 0, 0);
        exit($! == 3 ? 0 : 1) if $fd < 0;  # ESRCH: gone already
        my $set = "";
        vec($set, $fd, 1) = 1;
        select($set, undef, undef, undef) > 0 or exit 1;
    ' "$1" 2>/dev/null || tail -s 0.5 --pid="$1" -f /dev/null
}

watch_owner() { # PID DIR
    set -m # a process group of its own: ^C and the end of the owner's group do not reach it
    (
        trap '' HUP INT
        wait_for_end "$1"
        stop "$2"
    ) </dev/null >/dev/null 2>&1 &
    printf '%s\n' "$!" >"$2/watcher.pid"
    set +m
    disown
}

make_certificates() { # DIR KIND
    local dir=$1 key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1)
    [[ $2 == rsa ]] && key=(-newkey rsa:2048)
    mkdir "$dir/tls" && : >"$dir/tls/index.txt" && echo 01 >"$dir/tls/serial" || return
    cat >"$dir/tls/openssl.cnf" <<END
[req]
distinguished_name = name
prompt = no
[name]
CN = 127.0.0.1
[ca]
default_ca = throwaway
[throwaway]
dir = $dir/tls
database = \$dir/index.txt
serial = \$dir/serial
new_certs_dir = \$dir
default_md = sha256
policy = any
unique_subject = no
# Virtual time must not expire them.
default_startdate = 20000101000000Z
default_enddate = 20991231235959Z
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1,DNS:localhost,DNS:ldap.technikum-wien.at,DNS:ldap.technikum.wien.at
END
    local config=$dir/tls/openssl.cnf
    openssl req -config "$config" -new -nodes "${key[@]}" -subj '/CN=Throwaway CA' \
        -keyout "$dir/tls/ca.key" -out "$dir/tls/ca.csr" &&
        openssl req -config "$config" -new -nodes "${key[@]}" \
            -keyout "$dir/tls/server.key" -out "$dir/tls/server.csr" &&
        openssl ca -config "$config" -batch -notext -selfsign -extensions authority \
            -keyfile "$dir/tls/ca.key" -in "$dir/tls/ca.csr" -out "$dir/ca.pem" &&
        openssl ca -config "$config" -batch -notext -extensions server \
            -keyfile "$dir/tls/ca.key" -cert "$dir/ca.pem" -in "$dir/tls/server.csr" -out "$dir/tls/server.pem"
}

# Makes the certificate of that kind, unless it is there, and has slapd show it from its next start on.
show_certificate() { # DIR KIND
    local dir=$1 kind=$2 pem=$1/tls/$2.pem authority=$1/tls/ca days=(-startdate 20000101000000Z -enddate 20991231235959Z)
    local config=$dir/tls/$kind.cnf
    case $kind in
    valid) pem=$dir/tls/server.pem ;;
    expired) days=(-startdate 20000101000000Z -enddate 20010101000000Z) ;;
    other-authority) authority=$dir/tls/other-ca ;;
    esac
    if [[ ! -e $pem ]]; then
        cp "$dir/tls/openssl.cnf" "$config" || return
        if [[ $kind == other-host ]]; then
            sed -i -e 's/^CN = .*/CN = other.example/' -e 's/^subjectAltName = .*/subjectAltName = DNS:other.example/' "$config"
        fi
        if [[ $kind == other-authority ]]; then
            openssl req -config "$config" -new -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 3650 \
                -subj '/CN=Other CA' -extensions authority -keyout "$authority.key" -out "$authority.pem" || return
        else
            cp "$dir/ca.pem" "$authority.pem" || return
        fi
        openssl req -config "$config" -new -key "$dir/tls/server.key" -out "$dir/tls/$kind.csr" &&
            openssl ca -config "$config" -batch -notext -extensions server "${days[@]}" -keyfile "$authority.key" \
                -cert "$authority.pem" -in "$dir/tls/$kind.csr" -out "$pem" || return
    fi
    sed -i "s|^TLSCertificateFile .*|TLSCertificateFile $pem|" "$dir/slapd.conf"
}

write_configuration() { # DIR SCHEMAS ANONYMOUS
    cat <<END
include $2/core.schema
include $2/cosine.schema
include $2/inetorgperson.schema
# Nothing for the machine's own syslog; the log file comes from "-d stats".
loglevel 0
TLSCACertificateFile $1/ca.pem
TLSCertificateFile $1/tls/server.pem
TLSCertificateKeyFile $1/tls/server.key
TLSVerifyClient never
END
    ((!$3)) || echo 'allow bind_anon_dn'
    cat <<END
database ldif
directory $1/data
suffix "dc=technikum-wien,dc=at"
rootdn "gidNumber=$(id -g)+uidNumber=$(id -u),cn=peercred,cn=external,cn=auth"
access to attrs=userPassword by anonymous auth by * none
access to * by * read
END
}

# Where AppArmor confines slapd to the system's own folders it may not read ours. The profile goes
# by the program's path, so a copy is free of it.
program_for() { # DIR
    local confined=N
    { read -r confined </sys/module/apparmor/parameters/enabled; } 2>/dev/null
    if [[ $confined == Y && -e /etc/apparmor.d/usr.sbin.slapd ]]; then
        cp "$slapd" "$1/slapd" && "$1/slapd" -VV >/dev/null 2>&1 ||
            fail 69 "AppArmor confines $slapd and a copy in $1 does not run (mounted noexec?); use --dir"
        slapd=$1/slapd
    fi
}

# Starts slapd on a port; 0 when it answers, 98 when the port is taken, 1 when slapd gives up.
launch() { # DIR PORT
    local dir=$1 port=$2 seen=0 pid
    [[ -e $dir/slapd.log ]] && seen=$(stat -c %s "$dir/slapd.log")
    rm -f "$dir/ldapi"
    # The pid is on record before slapd is, so that --stop never misses one.
    setsid bash -c '
        ulimit -n 2048 2>/dev/null # slapd makes a table as long as this limit
        echo "$$" >"$1/slapd.pid" || exit
        exec "$2" -d stats -f "$1/slapd.conf" -h "ldap://127.0.0.1:$3/ ldapi://${1//\//%2F}%2Fldapi/"
    ' start-slapd "$dir" "$slapd" "$port" </dev/null >>"$dir/slapd.log" 2>&1 &
    pid=$!
    disown
    local turn news running
    for ((turn = 0; turn < 1000; turn++)); do
        is_running "$pid" # asked before the log is read: what it said at its end counts
        running=$?
        news=$(tail -c "+$((seen + 1))" "$dir/slapd.log" 2>/dev/null)
        case $news in
        *"failed errno=98"*)
            kill -KILL "$pid" 2>/dev/null
            return 98
            ;;
        esac
        ((!running)) || return 1
        # slapd says "starting" before it listens. It listens in the order of its URLs, ldapi last.
        # 00010000 marks a socket that accepts.
        if awk -v path="$dir/ldapi" '$4 == "00010000" && $NF == path { found = 1 } END { exit !found }' /proc/net/unix; then
            return 0
        fi
        sleep 0.01
    done
    kill -KILL "$pid" 2>/dev/null
    return 1
}

launch_on() { # DIR PORT
    launch "$1" "$2"
    case $? in
    0) ;;
    98) fail 69 "port $2 is in use" ;;
    *) fail 69 "slapd does not start: $(last_words "$1")" ;;
    esac
}

# What slapd said last, without its time stamps and its farewell.
last_words() { # DIR
    grep -Ev 'slapd (starting|stopped|shutdown)|connections_destroy' "$1/slapd.log" | tail -n 1 | sed 's/^[0-9a-f]*\.[0-9a-f]* 0x[0-9a-f]* //'
}

announce() { # DIR PORT
    local dir
    printf -v dir %q "$1"
    printf '%s\n' "LDAP_URL=ldap://127.0.0.1:$2" "LDAPI_URL=ldapi://${dir//\//%2F}%2Fldapi" \
        "LDAP_CA_FILE=$dir/ca.pem" "LDAP_LOG=$dir/slapd.log" "LDAP_PID=$(<"$1/slapd.pid")" "LDAP_DIR=$dir"
}

find_slapd() {
    slapd=$(command -v slapd) || fail 69 "slapd is not installed; run: apt-get install slapd openssl (or scripts/setup)"
    command -v openssl >/dev/null || fail 69 "openssl is not installed; run: apt-get install openssl (or scripts/setup)"
}

known_dir() { # DIR
    [[ -f $1/.start-slapd ]] || fail 64 "$1 was not made by start-slapd.sh"
    dir=$(cd -- "$1" && pwd -P)
}

dir= ldif=() kind=ecdsa certificate=valid port= owner= anonymous=0 verb=start
while (($#)); do
    case $1 in
    --dir | --ldif | --tls-key | --certificate | --port | --owner | --halt | --restart | --stop)
        (($# > 1)) && [[ -n $2 ]] || fail 64 "$1 needs a value"
        ;;&
    --ldif) ldif+=("$2") ;;
    --tls-key)
        [[ $2 == ecdsa || $2 == rsa ]] || fail 64 "--tls-key is ecdsa or rsa, not '$2'"
        kind=$2
        ;;
    --certificate)
        [[ $2 =~ ^(valid|expired|other-host|other-authority)$ ]] ||
            fail 64 "--certificate is valid, expired, other-host or other-authority, not '$2'"
        certificate=$2
        ;;
    --port)
        [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] && (($2 < 65536)) || fail 64 "--port is 1 to 65535, not '$2'"
        port=$2
        ;;
    --owner)
        [[ $2 =~ ^[1-9][0-9]{0,9}$ ]] && is_running "$2" || fail 64 "--owner: there is no process '$2'"
        owner=$2
        ;;
    --dir) dir=$2 ;;
    --halt | --restart | --stop) verb=${1#--} dir=$2 ;;
    --allow-anonymous-bind) anonymous=1 ;;
    -h | --help)
        sed -n '2,/^set -u/{/^#/{s/^# \{0,1\}//;p}}' "$0"
        exit 0
        ;;
    *) fail 64 "unknown option '$1'; --help lists them" ;;
    esac
    if [[ $1 == --allow-anonymous-bind ]]; then shift; else shift 2; fi
done

case $verb in
stop)
    [[ -e $dir ]] || exit 0 # the owner's end was quicker
    known_dir "$dir"
    stop "$dir"
    exit
    ;;
halt)
    known_dir "$dir"
    halt "$dir" || fail 69 "slapd of $dir does not end"
    exit
    ;;
restart)
    known_dir "$dir"
    find_slapd
    [[ -x $dir/slapd ]] && slapd=$dir/slapd
    halt "$dir" || fail 69 "slapd of $dir does not end"
    read -r port <"$dir/port"
    errors=$(show_certificate "$dir" "$certificate" 2>&1) || fail 69 "openssl makes no certificate: $(tail -n 1 <<<"$errors")"
    launch_on "$dir" "$port"
    announce "$dir" "$port"
    exit
    ;;
esac

find_slapd
for schemas in /etc/ldap/schema /etc/openldap/schema; do [[ -r $schemas/inetorgperson.schema ]] && break; done
[[ -r $schemas/inetorgperson.schema ]] || fail 69 "slapd's schemas are not in /etc/ldap/schema; run: apt-get install --reinstall slapd"
((${#ldif[@]})) || ldif=("$(dirname -- "${BASH_SOURCE[0]}")/../Fixtures/ldif/users.ldif")
for file in "${ldif[@]}"; do [[ -f $file && -r $file ]] || fail 66 "cannot read $file"; done

if [[ -n $dir ]]; then
    [[ $dir != *[[:space:]\"%?\\]* ]] || fail 64 "--dir must not hold blanks, quotes, %, ? or backslashes"
    mkdir -p -- "$dir" 2>/dev/null && [[ -w $dir ]] || fail 73 "cannot write to $dir"
    [[ -z $(ls -A -- "$dir") ]] || fail 73 "$dir is not empty"
else
    for parent in "${TMPDIR:-/tmp}" /tmp; do
        # A Unix socket's path ends at 107 bytes, and slapd.conf wants no quoting.
        if ((${#parent} < 70)) && [[ $parent != *[[:space:]\"%?\\]* ]]; then break; fi
    done
    dir=$(mktemp -d "$parent/slapd.XXXXXX") || fail 73 "cannot make a folder in $parent"
fi
dir=$(cd -- "$dir" && pwd -P)
((${#dir} <= 100)) || fail 64 "the path of $dir is too long for a Unix socket; use --dir with 100 bytes at most"
: >"$dir/.start-slapd"
# From here on nothing is left behind unless slapd answers.
trap 'stop "$dir"' EXIT
trap 'exit 130' INT TERM HUP
[[ -z $owner ]] || watch_owner "$owner" "$dir"

errors=$(make_certificates "$dir" "$kind" 2>&1) || fail 69 "openssl makes no certificate: $(tail -n 1 <<<"$errors")"
mkdir "$dir/data" || fail 73 "cannot write to $dir"
write_configuration "$dir" "$schemas" "$anonymous" >"$dir/slapd.conf" || fail 73 "cannot write to $dir"
program_for "$dir"
# An LDIF file may begin with a version line, which may stand only once.
for file in "${ldif[@]}"; do
    sed '/^version:/d' -- "$file"
    echo
done >"$dir/seed.ldif"
errors=$("$slapd" -Tadd -q -f "$dir/slapd.conf" -l "$dir/seed.ldif" 2>&1) ||
    fail 65 "slapd refuses ${ldif[*]}: $(grep -v '^ *$' <<<"$errors" | head -n 1)"

if [[ -n $port ]]; then
    launch_on "$dir" "$port"
else
    # Below the ports that the system hands out by itself, so that nobody gets ours by chance.
    for ((try = 1; ; try++)); do
        port=$((20000 + SRANDOM % 12000))
        launch "$dir" "$port"
        case $? in
        0) break ;;
        98) ((try < 50)) || fail 69 "no free port between 20000 and 32000" ;;
        *) fail 69 "slapd does not start: $(last_words "$dir")" ;;
        esac
        : >"$dir/slapd.log"
    done
fi
echo "$port" >"$dir/port"
[[ -z $owner ]] || is_running "$owner" || fail 69 "the owner, process $owner, is gone"
announce "$dir" "$port"
trap - EXIT
