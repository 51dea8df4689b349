# SPDX-License-Identifier: GPL-2.0-only
#
# One table (-v table=NAME) of the results, which are lines of fields between tabs, the
# first being the table's name: in Markdown, aligned to be read as it is, or with
# -v csv=1 as comma-separated values.

BEGIN {
	FS = "\t"
	head["rows"] = "row\tours\tpeer\tits cost\tratio\ttarget\t"
	head["rows-cgroup"] = head["rows"]
	head["here"] = "row\tours, ns\tpeer\tits cost\tratio\ttarget\t"
	head["steps"] = "step\tinstructions\tpart"
	head["memory"] = "an open file\tbytes\ttarget\t"
	head["curves"] = "curve\tx\tinstructions"
	head["growth"] = "curve\tof what grows\tinstructions for\tat 1\tmiddle\tend\tbends upward by\t\twhy it goes up"
	head["calls"] = "call\tCPUs\tinstructions of all CPUs"
	head["latency"] = "meanwhile runs\tmedian\t99 %\tmost"
	head["pulse"] = "who else is there\tleast\tmedian\t99 %\tmost"
	row(head[table], 0)
}

function row(line, n,    cells, i, fields)
{
	fields = split(line, cells, "\t")
	if (fields > columns)
		columns = fields
	for (i = 1; i <= fields; i++) {
		cell[n, i] = cells[i]
		if (width[i] < 3)
			width[i] = 3
		if (length(cells[i]) > width[i])
			width[i] = length(cells[i])
		if (n && cells[i] !~ /^[-+0-9.]*( %)?$/)
			text[i] = 1
	}
}

$1 == table { row(substr($0, length(table) + 2), ++rows) }

function repeat(c, n,    s)
{
	s = sprintf("%" n "s", "")
	gsub(/ /, c, s)
	return s
}

function markdown(n,    i, line)
{
	line = "|"
	for (i = 1; i <= columns; i++)
		line = line " " sprintf(text[i] ? "%-" width[i] "s" : "%" width[i] "s", cell[n, i]) " |"
	print line
}

function rule(    i, line)
{
	line = "|"
	for (i = 1; i <= columns; i++)
		line = line " " repeat("-", width[i] - 1) (text[i] ? "-" : ":") " |"
	print line
}

function comma_separated(n,    i, line, value)
{
	for (i = 1; i <= columns; i++) {
		value = cell[n, i]
		if (value ~ /[,"]/)
			value = "\"" value "\""
		line = line (i > 1 ? "," : "") value
	}
	print line
}

END {
	if (csv) {
		for (i = 0; i <= rows; i++)
			comma_separated(i)
	} else {
		markdown(0)
		rule()
		for (i = 1; i <= rows; i++)
			markdown(i)
	}
}
