#!/bin/sh
# Sets Glaux up on a machine without a network, without a Java and with an empty home. Run it in new
# namespaces of network and mounts:
#
# machine.sh <unpacked archive> <home> [<file for a trace of connections>]
#
# Prints the milliseconds until the service is ready, and from there to the first result.
set -eu
folder=$1
home=$2
trace=${3:-}

ip link set lo up
if [ -d /usr/lib/jvm ]; then mount -t tmpfs none /usr/lib/jvm; fi

glaux() { env -i PATH=/usr/bin:/bin HOME="$home" GLAUX_SESSIONS_AT_SIGTERM=end $tracer "$folder/glaux" "$@"; }
now() { date +%s%3N; }

# Whatever happens, no process may go on. (A shell that a signal ends runs no trap of EXIT.)
trap 'exit 1' INT TERM
trap 'tracer=; glaux stop --sessions >/dev/null 2>&1 || kill $! 2>/dev/null || true' EXIT
tracer=
if [ -n "$trace" ]; then tracer="strace -f --seccomp-bpf -qq -e trace=connect,sendto,sendmsg,sendmmsg -e signal=none -o $trace"; fi
began=$(now)
glaux serve >"$home/serve.txt" 2>&1 &
until grep -q 'is ready at' "$home/serve.txt"; do
  kill -0 $! 2>/dev/null || { cat "$home/serve.txt" >&2; exit 1; }
  sleep 0.1
done
ready=$(now)
tracer=
printed=$(glaux run -c 'print(spark.range(1000).count())')
result=$(now)
glaux stop --sessions >/dev/null
wait
trap - EXIT
[ "$printed" = 1000 ] || { echo "the first result is $printed" >&2; exit 1; }
echo "$((ready - began)) $((result - ready))"
