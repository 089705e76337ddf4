#!/bin/sh
# For cron: plans the next sprint (every hour; each repository has its own cadence).
set -eu
here=$(CDPATH='' cd -P "$(dirname "$0")" && pwd)
# shellcheck source=bin/lib.sh
. "$here/lib.sh"
run_job "$here" plan "$@"
