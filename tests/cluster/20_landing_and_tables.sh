#!/bin/bash
# The story of a lake on HDFS, on a real one, with more kills.
AVIARY_HDFS_STEP=${AVIARY_HDFS_STEP:-41} exec bash "$(dirname "$0")/../story/76_a_lake_on_hdfs.sh"
