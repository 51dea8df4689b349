# SPDX-License-Identifier: GPL-2.0-only
#
# Prints one table of the results (-v table=NAME) in Markdown, aligned to be read as
# it is. A result is a line of fields between tabs, the first being its table's name.

BEGIN {
	FS = "\t"
	title["rows"] = "row\tours\tpeer\tits cost\tratio\ttarget\t"
	row(title[table], 0)
}

function row(line, n,    cells, i, fields)
{
	fields = split(line, cells, "\t")
	if (fields > columns)
		columns = fields
	for (i = 1; i <= fields; i++) {
		cell[n, i] = cells[i]
		if (length(cells[i]) > width[i])
			width[i] = length(cells[i])
		if (n && cells[i] !~ /^[-+0-9.]*$/)
			text[i] = 1
	}
}

$1 == table { row(substr($0, length(table) + 2), ++rows) }

function pad(s, n, left)
{
	return sprintf(left ? "%-" n "s" : "%" n "s", s)
}

function show(n,    i, line)
{
	line = "|"
	for (i = 1; i <= columns; i++)
		line = line " " pad(cell[n, i], width[i], text[i]) " |"
	print line
}

function rule(    i, line)
{
	line = "|"
	for (i = 1; i <= columns; i++) {
		line = line " " pad("", width[i] > 3 ? width[i] - 1 : 2, 1)
		gsub(/ +$/, "", line)
		line = line " " dashes(width[i] > 1 ? width[i] - 1 : 1) (text[i] ? "-" : ":") " |"
	}
	print line
}

function dashes(n,    s)
{
	s = sprintf("%" n "s", "")
	gsub(/ /, "-", s)
	return s
}

END {
	show(0)
	rule()
	for (i = 1; i <= rows; i++)
		show(i)
}
