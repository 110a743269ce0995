#!/bin/sh
# run.sh <command> [arguments]: runs an operator command; builds first where nothing has been built yet.
dist="$(dirname "$0")/dist"
[ -e "$dist/$1.js" ] || npm run -s build >&2 || exit
command="$1"
shift
exec node "$dist/$command.js" "$@"
