# SPDX-License-Identifier: GPL-2.0-only
#
# gnuplot -e "csv='DIR'; out='DIR'": the charts of docs/bench.

set terminal svg size 640,400 font "sans-serif,12" background "white" name "bench"
set datafile separator ","
set key top left reverse Left
set grid
set ylabel "instructions"
set yrange [0:*]

curve(name) = sprintf("< sed -n 's/^%s,//p' %s/curves.csv", name, csv)

set output out . "/batch.svg"
set title "One IN in a batch"
set xlabel "operations in the batch"
set logscale x 2
plot curve("batch") using 1:2 with linespoints notitle

set output out . "/edits.svg"
set title "A grant and a revoke of a map that threads share, on all CPUs"
set xlabel "threads attached"
set key bottom right
plot for [n in "4 2 1"] curve("edits-" . n . "-cpu") using 1:2 with linespoints title n . " CPU"

set output out . "/files.svg"
set key top left
set title "A call with so many files open"
set xlabel "files open, each with a port reserved"
set logscale x 10
set logscale y 10
set yrange [100:*]
plot curve("policy") using 1:2 with linespoints title "change of policy, for each file", \
	curve("first-use") using 1:2 with linespoints title "open, first pread, close", \
	curve("open") using 1:2 with linespoints title "open, close", \
	curve("pread") using 1:2 with linespoints title "pread of one byte"
unset logscale
set output
