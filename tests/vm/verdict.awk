# SPDX-License-Identifier: GPL-2.0-only
#
# Judges what comes through the channel of a test machine; see guest/init for
# its form. Variables: want, the number of tests that must have ended; result,
# the file for the counts; label, what to put before each line; verbose, to
# show every line that a test writes.

function fail(text)
{
	failed++
	print "not ok - " label text
}

function begin(    i)
{
	open = 1
	number = $3
	name = $4
	for (i = 5; i <= NF; i++)
		name = name " " $i
	good = bad = skips = count = 0
	plan = -1
	bail = lines = ""
}

# A line of the test: TAP, or something else that is shown if it failed.
function output(line)
{
	if (verbose) {
		print "    " line
		fflush()
	}
	lines = lines "    " line "\n"
	if (line ~ /^ok( |$)/ || line ~ /^not ok( |$)/) {
		count++
		if (line ~ /^ok .*# SKIP/)
			skips++
		else if (line ~ /^ok( |$)/)
			good++
		else
			bad++
	} else if (line ~ /^1\.\.[0-9]+$/) {
		plan = plan < 0 ? substr(line, 4) + 0 : -2
	} else if (line ~ /^Bail out!/) {
		bail = line
	}
}

function end(status, ms,    why, time)
{
	time = ms > 1000 ? sprintf(", %.0f s", ms / 1000) : ""
	open = 0
	ended++
	if (bail != "")
		why = bail
	else if (status == 137)
		why = "was killed: it ran longer than it may, or crashed"
	else if (plan < 0)
		why = plan == -1 ? "has no plan: it did not come to its end" : "has two plans"
	else if (plan != count)
		why = "made " count " checks of " plan
	else if (bad)
		why = bad " of " count " checks failed"
	else if (status != 0)
		why = "ended with status " status
	else if (count == 0)
		why = "checked nothing"
	passed += good
	skipped += skips
	failed += bad
	if (why == "") {
		print "ok - " label name " (" good (skips ? ", " skips " skipped" : "") time ")"
		return
	}
	# A failed check counts itself; what has none counts as one.
	failed += !bad
	print "not ok - " label name ": " why " (status " status time ")"
	if (!verbose)
		printf "%s", lines
}

/^@ BEGIN / { begin(); next }
/^@ END / { end($4, $5 + 0); next }
/^@ FAIL / { fail(substr($0, 8)); next }
/^@ VERDICT complete$/ { verdict++; next }
/^@ BOOT / { if (verbose) print "# " label "Linux " $3 ", up in " $4 " s"; next }
/^@ HOST-FAIL / { fail(substr($0, 13)); next }
/^\| / { output(substr($0, 3)); next }
/^\|$/ { next }
/^% / { next }
/^! / { if (!logged++) fail("the kernel's log has lines that must not be there"); print "    " substr($0, 3); next }
/^$/ { next }
{ print "# " label "unexpected in the channel: " $0 }

END {
	if (open)
		fail(name ": it did not end")
	if (open && !verbose)
		printf "%s", lines
	if (!verdict)
		fail("the machine gave no verdict")
	else if (verdict > 1)
		fail("the machine gave " verdict " verdicts")
	if (ended != want)
		fail(ended + 0 " of " want " tests came to an end")
	print passed + 0, failed + 0, skipped + 0 >result
}
