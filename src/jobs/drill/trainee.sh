#!/bin/sh
# The scripted agent of `agentos drill`. It thinks nothing: the goal of the issue names what it is to play.
prompt=$(cat)

# report STATUS CODE SUMMARY
report() {
    printf 'STATUS: %s\nBLOCKER_CODE: %s\nSUMMARY: %s\nDONE:\n- it\nNEXT_STEP: go on\nTESTS_RUN:\n- sh test.sh: passed\n' \
        "$1" "$2" "$3" > .agent_result.md
}

case $prompt in
*'drill: half'*)
    echo half >> "half-$AGENTOS_TASK_ID"
    report partial test_failure 'Half of it is done.'
    ;;
*'drill: guarded'*)
    echo work > "guarded-$AGENTOS_TASK_ID"
    report complete none 'Changed a guarded file.'
    ;;
*'drill: slow'*)
    # The first run waits to be stopped; the second finds what the first has left.
    if [ ! -e "begun-$AGENTOS_TASK_ID" ]; then
        echo begun > "begun-$AGENTOS_TASK_ID"
        sleep 300
    fi
    report complete none 'Went on where it had been stopped.'
    ;;
*)
    echo work > "work-$AGENTOS_TASK_ID"
    report complete none 'Did it.'
    ;;
esac
