# Sourced by ./test: runs rooms of tests one by one, adds up what their runners say, and ends with what failed, by name: whoever sees only the
# end of a long output sees that. Checked by tests/tools/rooms.
. "$(dirname "${BASH_SOURCE[0]}")/failures.sh"

# begin_rooms FOLDER: for their logs
begin_rooms() {
  logs=$1 passed=0 failed=0 skipped=0 broken=""
  mkdir -p "$logs"
  rm -f "$logs"/*.left "$logs"/*.seconds
}

note() { broken+="$(sed 's/^/  /' <<<"$1")"$'\n'; }
fail() { echo "FAILED: $1"; failed=$((failed + 1)); note "$1"; }

# Seconds a room may take: several times what it takes on two quiet cores, and less than makes a whole run late.
limit_of() {
  if [ "${SMARTCITY_LONG:-}" = 1 ]; then echo 7200; return; fi
  case "$1" in
    system|console|hardware) echo 780 ;;
    ingest|package) echo 600 ;;
    chaos) echo 960 ;;
    console-words) echo 60 ;;
    *) echo 360 ;;
  esac
}

# room_of ROOM: runs one room's program, its words into $logs/ROOM.log, its exit code into ROOM.exit. The room is a process group of
# its own and ends with its time. What left the group (a browser, a server that became a session) bears the room's mark and is ended too, by id.
room_of() {
  local room=$1 mark left begun=$SECONDS; shift
  mark="SMARTCITY_TEST_ROOM=$$-$room"
  env "$mark" timeout --kill-after=15 "$(limit_of "$room")" "$@" > "$logs/$room.log" 2>&1
  echo $? > "$logs/$room.exit"
  echo "$room $((SECONDS - begun))" > "$logs/$room.seconds"
  left=$(grep -lzsxF "$mark" /proc/[0-9]*/environ 2>/dev/null | grep -oE '[0-9]+')
  if [ -n "$left" ]; then
    { echo "left running by $room, ended now:"; ps -o pid=,args= -p "$(tr -s '\n' ',' <<<"$left" | sed 's/,$//')" | cut -c 1-160; } >> "$logs/$room.left"
    kill -KILL $left 2>/dev/null
  fi
}
show() {
  grep -avE '^ *(Starting|Discover|Discovered|Finished):' "$logs/$1.log" | tail -n 60
  if [ -f "$logs/$1.left" ]; then cat "$logs/$1.left"; fi
}

# names ROOM: puts the room's failed tests on the list; a number without a name stands there with its log
names() {
  local list
  list=$(failures_of "$logs/$1.log")
  if [ -n "$list" ]; then note "$1:"$'\n'"$(sed 's/^/  /' <<<"$list")"; else note "$1: see $logs/$1.log"; fi
}

# count ROOM: reads the closing lines of xunit ("Total: …"), of node ("ℹ pass …") or of ours ("N passed, N failed").
count() {
  local room=$1 log="$logs/$1.log" status line bad good over hanging list
  status=$(cat "$logs/$room.exit")
  number() { grep -oE "$1" <<<"$line" | grep -oE '[0-9]+' | head -n 1; }
  if line=$(grep -aE 'Total: [0-9]+, Errors' "$log" | tail -n 1) && [ -n "$line" ]; then
    bad=$(( $(number 'Failed: [0-9]+') + $(number 'Errors: [0-9]+') )) over=$(number 'Skipped: [0-9]+')
    good=$(( $(number 'Total: [0-9]+') - $(number 'Failed: [0-9]+') - over - $(number 'Not Run: [0-9]+') ))
  elif line=$(grep -aE '^(ℹ|#) (pass|fail|cancelled|skipped|todo) [0-9]+$' "$log") && grep -qE '^(ℹ|#) pass' <<<"$line"; then
    bad=0 good=0 over=0
    while read -r _ word n; do
      case "$word" in pass) good=$((good + n)) ;; fail|cancelled) bad=$((bad + n)) ;; *) over=$((over + n)) ;; esac
    done <<<"$line"
  elif line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1) && [ -n "$line" ]; then
    good=$(number '[0-9]+ passed') bad=$(number '[0-9]+ failed') over=$(number '[0-9]+ skipped'); over=${over:-0}
  else
    fail "$room did not finish (exit $status$([ "$status" = 124 ] || [ "$status" = 137 ] && echo ", given up after $(limit_of "$room") s")), see $log"
    hanging=$(hung_of "$log") list=$(failures_of "$log")
    if [ -n "$hanging" ]; then echo "slow or hanging in it:"; echo "$hanging"; note "  slow or hanging in it:"$'\n'"$hanging"; fi
    if [ -n "$list" ]; then note "  failed in it before:"$'\n'"$(sed 's/^/  /' <<<"$list")"; fi
    return
  fi
  passed=$((passed + good)); failed=$((failed + bad)); skipped=$((skipped + over))
  if [ "$bad" != 0 ]; then names "$room"; fi
  if [ "$bad" = 0 ] && [ "$status" != 0 ]; then fail "$room ended with exit $status, see $log"; fi
}

# spent WHAT SECONDS: for what is no room
spent() { echo "$1 $2" > "$logs/$1.seconds"; }

# took: where the time went, the longest first; what ran beside something else stands there with its own time
took() { cat "$logs"/*.seconds 2>/dev/null | sort -k 2,2 -rn | awk '{ printf "%s%s %s", (NR > 1 ? ", " : "seconds: "), $1, $2 } END { if (NR) print "" }'; }

# end_rooms: the list and the sums; true when nothing failed
end_rooms() {
  if [ -n "$broken" ]; then echo "failed:"; printf '%s' "$broken"; fi
  if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
  [ "$failed" = 0 ]
}
