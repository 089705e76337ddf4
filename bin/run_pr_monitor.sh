#!/bin/sh
# For cron: gives every open pull request of ours its verdict (every five minutes).
set -eu
here=$(CDPATH='' cd -P "$(dirname "$0")" && pwd)
# shellcheck source=bin/lib.sh
. "$here/lib.sh"
run_job "$here" pr-monitor "$@"
