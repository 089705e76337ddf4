#!/bin/sh
# For old crontabs that still name it: a running installation does not replace its own program.
set -eu
printf '[%s] autopull: nothing to do\n  hint: update by hand with git pull and cargo build --release, then take this line out of the crontab\n' \
    "$(date +%Y-%m-%dT%H:%M:%S%z)" >&2
