#!/bin/sh
# Runs every test of the till; fails when one of them does.
cd "$(dirname "$0")/.." || exit 1
. lib/till.sh

passed=0
failed=0

# expect NAME WANTED FOUND
expect() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1: wanted '$2', found '$3'"
    fi
}

for test in tests/*.test.sh; do
    . "$test"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
