#!/bin/sh
# For cron: turns the last week's findings into one remediation backlog (weekly).
set -eu
here=$(CDPATH='' cd -P "$(dirname "$0")" && pwd)
# shellcheck source=bin/lib.sh
. "$here/lib.sh"
run_job "$here" analyze "$@"
