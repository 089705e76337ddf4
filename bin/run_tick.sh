#!/bin/sh
# For cron: every job that is due, in order, once: the one-line crontab (every minute).
set -eu
here=$(CDPATH='' cd -P "$(dirname "$0")" && pwd)
# shellcheck source=bin/lib.sh
. "$here/lib.sh"
run_job "$here" tick "$@"
