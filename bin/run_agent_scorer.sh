#!/bin/sh
# For cron: scores execution and business outcomes (weekly).
set -eu
here=$(CDPATH='' cd -P "$(dirname "$0")" && pwd)
# shellcheck source=bin/lib.sh
. "$here/lib.sh"
run_job "$here" score "$@"
