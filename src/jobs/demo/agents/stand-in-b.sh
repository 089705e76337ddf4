#!/bin/sh
# A second scripted stand-in of `agentos demo`: it goes on where the first one stopped, from the history in its prompt.
set -eu
prompt=$(cat)

case "$prompt" in
*"Group the digits in price with sed"*) echo "the history says what is left: grouping the digits" ;;
*)
    cat > .agent_result.md <<'RESULT'
STATUS: blocked
BLOCKER_CODE: missing_context
SUMMARY: I am a scripted stand-in and only go on with what the first one left.
NEXT_STEP: Configure a real agent.
RESULT
    exit 0
    ;;
esac

awk '
/^price\(\) \{/ {
    print
    print "    whole=$(printf \"%d\" $(($1 / 100)) | sed -e :again -e \"s/\\(.*[0-9]\\)\\([0-9]\\{3\\}\\)/\\1,\\2/\" -e \"t again\")"
    print "    printf \"%s.%02d\\n\" \"$whole\" $(($1 % 100))"
    skip = 1
    next
}
skip { skip = 0; next }
{ print }
' lib/till.sh > lib/till.new
mv lib/till.new lib/till.sh
sh tests/run.sh

cat > .agent_result.md <<'RESULT'
STATUS: complete
BLOCKER_CODE: none
SUMMARY: Prices show thousands; the tests of the first attempt pass.
DONE:
- Grouped the digits in price
FILES_CHANGED:
- lib/till.sh
TESTS_RUN:
- sh tests/run.sh: passed
DECISIONS:
- Digits are grouped by sed, from the right.
RESULT
