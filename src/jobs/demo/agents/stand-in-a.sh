#!/bin/sh
# A scripted stand-in for a coding agent, shipped with `agentos demo`. It thinks nothing: it knows the demo's issues and makes real
# changes to real files for them, with the mistakes that the demo is about.
set -eu
prompt=$(cat)

# report STATUS CODE SUMMARY DONE NEXT_STEP TESTS
report() {
    cat > .agent_result.md <<RESULT
STATUS: $1
BLOCKER_CODE: $2
SUMMARY: $3
DONE:
- $4
BLOCKERS:
NEXT_STEP: $5
FILES_CHANGED:
- lib/till.sh
TESTS_RUN:
- $6
DECISIONS:
- Prices stay whole cents.
RISKS:
ATTEMPTED_APPROACHES:
MANUAL_STEPS:
RESULT
}

# language CODE WORD: adds a language below the English one
language() {
    awk -v line="    $1) echo \"$2\" ;;" '{ print } /^    en\) /{ print line }' lib/till.sh > lib/till.new
    mv lib/till.new lib/till.sh
    echo "expect \"a welcome in $1\" $2 \"\$(greeting $1)\"" > "tests/greeting-$1.test.sh"
}

if grep -q '^<<<<<<< ' lib/till.sh; then
    echo "conflict markers in lib/till.sh: keeping both sides"
    sed -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' lib/till.sh > lib/till.new
    mv lib/till.new lib/till.sh
    sh tests/run.sh
    report complete none "Kept the languages of both sides." "Solved the conflict in lib/till.sh" "" "sh tests/run.sh: passed"
    exit 0
fi

case "$prompt" in
*"This is a repair"*)
    echo "the checks are red: the comparison is the wrong way round"
    sed 's/if \[ "$1" -gt 0 \]; then/if [ "$1" -lt 0 ]; then/' lib/till.sh > lib/till.new
    mv lib/till.new lib/till.sh
    sh tests/run.sh
    report complete none "Turned the comparison round." "Mended total" "" "sh tests/run.sh: passed"
    ;;
*"Give a discount"*)
    cat >> lib/till.sh <<'CODE'

# discount CENTS PERCENT: prints the price less so many per cent, rounded down.
discount() {
    echo $(($1 * (100 - $2) / 100))
}
CODE
    cat > tests/discount.test.sh <<'TESTS'
expect "ten per cent off" 900 "$(discount 1000 10)"
expect "rounded down" 89 "$(discount 99 10)"
TESTS
    sh tests/run.sh
    report complete none "Added discount." "Added discount with two tests" "" "sh tests/run.sh: passed"
    ;;
*"Show thousands"*)
    echo "the tests come first"
    cat > tests/thousands.test.sh <<'TESTS'
expect "a thousand" 1,000.00 "$(price 100000)"
expect "a million and a bit" 1,234,567.89 "$(price 123456789)"
TESTS
    report partial none "Wrote the tests; price itself does not group digits yet." "Wrote tests/thousands.test.sh" \
        "Group the digits in price with sed, from the right, in threes." "sh tests/run.sh: the new tests fail"
    ;;
*"Refuse negative"*)
    echo "adding the check without running the tests"
    awk '/^total\(\) \{/{ print; print "    if [ \"$1\" -gt 0 ]; then"; print "        echo 0"; print "        return"; print "    fi"; next } { print }' \
        lib/till.sh > lib/till.new
    mv lib/till.new lib/till.sh
    echo 'expect "a negative quantity costs nothing" 0 "$(total -2 150)"' > tests/negative.test.sh
    report complete none "A negative quantity costs nothing." "Checked the quantity in total" "" "none"
    ;;
*"Greet in German"*)
    language de Willkommen
    sh tests/run.sh
    report complete none "Greets in German." "Added a German welcome" "" "sh tests/run.sh: passed"
    ;;
*"Greet in French"*)
    language fr Bienvenue
    sh tests/run.sh
    report complete none "Greets in French." "Added a French welcome" "" "sh tests/run.sh: passed"
    ;;
*)
    report blocked missing_context "I am a scripted stand-in and know only the issues of the demo." "Nothing" \
        "Configure a real agent: see agents in config.yaml." "none"
    ;;
esac
