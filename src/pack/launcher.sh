#!/bin/sh
# Runs the Glaux of this folder on the Node that came with it, where the machine fits. `glaux pack` has filled in what is between @ signs.
folder=$(dirname -- "$(readlink -f -- "$0")")

refuse() {
  printf 'glaux: this copy of Glaux is for Linux on @machine@ with glibc @glibc@ or later; this machine has %s\n' "$1" >&2
  printf '  → make one for it, with `glaux pack` on a machine of its kind\n' >&2
  exit 1
}

system=$(uname -s)
machine=$(uname -m)
[ "$system" = Linux ] || refuse "$system"
[ "$machine" = @machine@ ] || refuse "$machine"
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || refuse "another C library"
glibc=${glibc#glibc }
[ "$(printf '%s\n' @glibc@ "$glibc" | sort -V | head -n 1)" = @glibc@ ] || refuse "glibc $glibc"

# The engine that is in here, unless the user asks for another.
: "${GLAUX_DEFAULT_ENGINE:=@engine@}"
export GLAUX_DEFAULT_ENGINE
exec "$folder/app/node_modules/node/bin/node" "$folder/app/@package@bin/glaux.mjs" "$@"
