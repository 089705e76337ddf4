#!/bin/sh
# For cron: works on the tasks in the inbox (every minute).
set -eu
here=$(CDPATH='' cd -P "$(dirname "$0")" && pwd)
# shellcheck source=bin/lib.sh
. "$here/lib.sh"
run_job "$here" queue "$@"
