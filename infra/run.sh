#!/bin/sh
# run.sh <folder> <program> [arguments]: runs infra/<folder>/dist/<program>.js; builds first where nothing has been built yet.
program="$(dirname "$0")/$1/dist/$2.js"
[ -e "$program" ] || npm run -s build >&2 || exit
shift 2
exec node "$program" "$@"
