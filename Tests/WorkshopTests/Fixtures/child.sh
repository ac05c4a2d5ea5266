#!/bin/sh
# Plays the limited child: the "model" is a shell script, which finds the task's name in $2.
. "$3"
