#!/bin/sh
# For cron: ready issues become task files (every minute).
set -eu
here=$(CDPATH='' cd -P "$(dirname "$0")" && pwd)
# shellcheck source=bin/lib.sh
. "$here/lib.sh"
run_job "$here" dispatch "$@"
