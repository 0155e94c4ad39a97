#!/bin/sh
# Runs the Glaux of this folder on the Node that came with it, if the machine fits. `glaux pack` fills in the
# names between @ signs.
folder=$(dirname -- "$(readlink -f -- "$0")")
node="$folder/app/@node@"

refuse() {
  printf 'glaux: %s\n  → %s\n' "$1" "$2" >&2
  exit 1
}
refuse_machine() {
  refuse "this copy of Glaux is for Linux on @machine@ with glibc @glibc@ or later; this machine has $1" \
    'make one for it, with `glaux pack` on a machine of its kind'
}
refuse_copy() {
  refuse "this copy of Glaux is damaged: $1" 'unpack the archive again, into an empty folder'
}

system=$(uname -s)
machine=$(uname -m)
[ "$system" = Linux ] || refuse_machine "$system"
[ "$machine" = @machine@ ] || refuse_machine "$machine"
command -v getconf >/dev/null || refuse 'the version of glibc cannot be seen: there is no getconf on the PATH' 'install it (Debian: libc-bin)'
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || refuse_machine 'another C library'
glibc=${glibc#glibc }
[ "$(printf '%s\n' @glibc@ "$glibc" | sort -V | head -n 1)" = @glibc@ ] || refuse_machine "glibc $glibc"

case $folder in
*/node_modules/*) refuse "$folder lies below a folder node_modules, where Node does not run it" 'move it elsewhere' ;;
esac
[ -f "$folder/glaux-pack.json" ] || refuse_copy "$folder/glaux-pack.json is missing"
[ -f "$node" ] && [ "$(wc -c <"$node")" -eq @nodeBytes@ ] || refuse_copy "$node does not have @nodeBytes@ bytes"

# The engine of this copy, unless the user asks for another.
: "${GLAUX_DEFAULT_ENGINE:=@engine@}"
export GLAUX_DEFAULT_ENGINE
exec "$node" "$folder/app/@program@" "$@"
