# Sourced by ./test: which tests of a room failed, by name, with the beginning of what each said.

# failures_of LOG: of what xunit, node's spec reporter, or one of our own checks ("FAILED: what", "BAD what") printed. A name stands alone on a
# line without indentation; below it, indented, at most six lines of its message and three of its stack.
failures_of() {
  sed -E 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    function begin(name) { print name; said = 0; at = 0; stack = 0; open = 1 }
    function say(text) { sub(/^ +/, "", text); if (text != "") print "    " substr(text, 1, 240) }
    # node repeats every failure, with its file, behind this line: what stood before it counts only where the line never came
    /^✖ failing tests:/ { node = 1; n = 0; file = ""; next }
    node && /^(▶|✔|ℹ) / { node = open = 0; next } # another run behind the first
    node && /^test at / { file = substr($0, 9); open = 0; next }
    node && /^✖ / { name = $0; sub(/^✖ /, "", name); sub(/ \([0-9.]+ms\)$/, "", name); begin(name (file == "" ? "" : " (" file ")")); kind = "node"; next }
    /^    [^ ].* \[FAIL\]$/ { name = $0; sub(/^ +/, "", name); sub(/ \[FAIL\]$/, "", name); begin(name); kind = "xunit"; next }
    /^    \[.* Cleanup Failure \(.*\)\]/ { name = $0; sub(/^ +/, "", name); begin(name); kind = "xunit"; next }
    /^(FAILED:|BAD ) *[^ ]/ { name = $0; sub(/^(FAILED:|BAD ) */, "", name); gsub(/  +/, " ", name); begin(name); kind = "ours"; next }
    !node && /^ *✖ / { early[++n] = $0; next }
    !open { next }
    kind == "xunit" {
      if ($0 ~ /^      Stack Trace:$/) { stack = 1; next }
      if ($0 ~ /^      Output:$/ || $0 ~ /^  [^ ]/ || $0 ~ /^=== /) { open = 0; next }
      if ($0 !~ /^      /) { if ($0 ~ /^    [^ ]/) open = 0; next } # what others write to the console meanwhile
    }
    kind != "xunit" {
      if ($0 !~ /^ / && !($0 ~ /^$/ && kind == "node")) { open = 0; next }
      if ($0 ~ /^ +at /) stack = 1
      if ($0 ~ /\{$/ && stack) { if ($0 !~ /\(node:/) say($0); open = 0; next }
    }
    $0 ~ /^ *$/ || stack && /^ +(--- End of|----- Inner)|System\.Reflection\.|System\.Runtime\.|InvokeStub_|Xunit\.|\(node:/ { next } # frames of the runner
    stack ? ++at <= 3 : ++said <= 6 { say($0) }
    END { for (i = 1; i <= n; i++) { name = early[i]; sub(/^ *✖ /, "", name); sub(/ \([0-9.]+ms\)$/, "", name); print name } }'
}

# hung_of LOG: the tests that were running when a room was given up, as xunit last told (-longRunning), the longest first.
hung_of() {
  grep -aoE "\[Long Running Test\] '.*', Elapsed: [0-9:.]+" "$1" | sed -E "s/^\[Long Running Test\] '(.*)', Elapsed: (.*)$/\2\t\1/" |
    awk -F '\t' '{ last[$2] = $1 } END { for (t in last) print "  " t ", for " last[t] " when last looked at" }' | sort
}
