#!/bin/bash
# The story of everything at once, on a real HDFS whose nodes are killed.
exec bash "$(dirname "$0")/../story/78_it_all_runs_on_hdfs.sh"
