#!/bin/sh
# run.sh <folder> <program> [arguments]: runs infra/<folder>/dist/<program>.js, of what the sources say now.
tsc -b >&2 || exit
program="$(dirname "$0")/$1/dist/$2.js"
shift 2
exec node "$program" "$@"
