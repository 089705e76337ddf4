//! The agents of a soak: one script that behaves in many ways, chosen by the id of its task, so that every run plays the same day.

/// Their names, in the order of the chain.
pub(super) const NAMES: [&str; 3] = ["ann", "bob", "cat"];

/// What every agent does. The first line of its output says which files it has inherited; a child of its own in another session is
/// left behind now and then.
const SCRIPT: &str = r#"cat > /dev/null
id=$AGENTOS_TASK_ID
LOOK
number=$(printf '%s' "$id" | cksum | cut -d ' ' -f 1)
kind=$((number % 20))
if [ "$kind" = 19 ] && [ $((number / 20 % 2)) = 0 ]; then kind=0; fi
report() {
  printf 'STATUS: %s\nBLOCKER_CODE: %s\nSUMMARY: %s\nDONE:\n- it\nNEXT_STEP: go on\nTESTS_RUN:\n- sh test.sh\n' "$1" "$2" "$3" > .agent_result.md
}
# Whether this is the first time in this worktree.
first() { [ ! -e "half-$id" ] && echo half > "half-$id"; }
work() { echo "$id" > "work-$id.txt"; }
if grep -q '^<<<<<<<' list.txt; then
  sed -i '/^[<=>|]\{7\}/d' list.txt
  report complete none 'Solved the conflict.'
  exit 0
fi
case $kind in
9 | 10) # the same lines as others: conflicts
  grep -q "item $id" list.txt || sed -i "1a item $id" list.txt ;;
11 | 12) # half of it first
  if first; then report partial test_failure 'Half is done.'; exit 0; fi ;;
13) # red at first, mended when it comes back
  if first; then echo no > broken; else rm -f broken; fi ;;
14) # a question first
  if first; then report blocked missing_context 'Which colour is wanted?'; exit 0; fi ;;
15) # no result that can be read at first
  if first; then work; echo 'STATUS: fine' > .agent_result.md; exit 0; fi ;;
16) # the first of the chain is out of quota
  if [ "$NAME" = ann ]; then echo 'error: 429 usage limit reached' >&2; exit 1; fi ;;
17) # a child that does not want to end
  (trap '' TERM; setsid sleep 600 > /dev/null 2>&1 &) ;;
18) # much is said
  head -c 300000 /dev/zero | tr '\0' x | fold -w 100 ;;
19) # red for ever
  echo no > broken ;;
esac
work
report complete none 'Did it.'
"#;

/// The script of an agent.
pub(super) fn script(name: &str) -> String {
    format!("#!/bin/sh\nNAME={name}\n{}", SCRIPT.replacen("LOOK", LOOK, 1))
}

/// Tells in one line which open files a program inherits.
pub(super) const LOOK: &str = r#"echo "inherited:" $(ls /proc/self/fd | sort -n)"#;
